import { duration, gauge, upDownCounter } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/** What a service that answers graph queries reports about itself. */
export const graphService = defineSampleType("graph-service", {
  activeNodes: upDownCounter("graph.service.active_nodes", "{node}", { description: "Nodes in use." }),
  activeEdges: upDownCounter("graph.service.active_edges", "{edge}", { description: "Edges in use." }),
  queryRate: gauge("graph.service.query.rate", "{query}/s", { description: "Queries answered per second." }),
  cacheHitRatio: gauge("graph.service.cache.hit_ratio", "1", {
    max: 1,
    good: "high",
    description: "Share of lookups answered from the cache.",
  }),
  responseTime: duration("graph.service.response.duration", { good: "low", description: "Duration of a request to the service." }),
  serviceUptime: gauge("graph.service.uptime", "s", { description: "Time since the service started." }),
});
export type GraphService = Values<typeof graphService>;

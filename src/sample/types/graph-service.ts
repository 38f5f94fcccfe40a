import { duration, gauge, upDownCounter } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/** A service that answers graph queries, as it describes itself. */
export const graphService = defineSampleType("graph-service", {
  activeNodes: upDownCounter("graph.service.active_nodes", "{node}", { description: "Nodes in use." }),
  activeEdges: upDownCounter("graph.service.active_edges", "{edge}", { description: "Edges in use." }),
  queryRate: gauge("graph.service.query.rate", "{query}/s", { description: "Queries answered per second." }),
  cacheHitRatio: gauge("graph.service.cache.hit_ratio", "1", {
    max: 1,
    good: "high",
    description: "Share of look-ups answered by the cache.",
  }),
  responseTime: duration("graph.service.response.duration", { good: "low", description: "Time of one answer of the service." }),
  serviceUptime: gauge("graph.service.uptime", "s", { description: "Time since the service started." }),
});
export type GraphService = Values<typeof graphService>;

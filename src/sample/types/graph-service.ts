import { counter, duration, gauge, upDownCounter, upTo } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/** What a service that answers graph queries reports about itself. */
export const graphService = defineSampleType("graph-service", {
  activeNodes: upDownCounter("graph.service.active_nodes", "{node}", { description: "Nodes in use." }),
  activeEdges: upDownCounter("graph.service.active_edges", "{edge}", { description: "Edges in use." }),
  queryRate: gauge("graph.service.query.rate", "{query}/s", { description: "Queries answered per second." }),
  queries: counter("graph.service.queries", "{query}", {
    description: "Queries of all clients since the service started, by the command that ran them.",
    by: [upTo(10, "db.operation.name")],
  }),
  queryErrors: counter("graph.service.query.errors", "{query}", {
    good: "low",
    description: "Queries of all clients that failed since the service started.",
  }),
  // A mean of other clients' queries, so no sample of `responseTime`, whose histogram would have one value for all of them.
  queryMeanDuration: gauge("graph.service.query.duration.mean", "s", {
    good: "low",
    description: "Mean duration of the queries of all clients that ended since the previous reading; absent if none did.",
  }),
  activeQueries: upDownCounter("graph.service.query.active", "{query}", { description: "Queries that are running." }),
  slowQueries: upDownCounter("graph.service.query.slow", "{query}", {
    good: "low",
    description: "Queries that are running and have taken more than a second so far.",
  }),
  cacheHitRatio: gauge("graph.service.cache.hit_ratio", "1", {
    max: 1,
    good: "high",
    description: "Share of lookups answered from the cache.",
  }),
  responseTime: duration("graph.service.response.duration", { good: "low", description: "Duration of a request to the service." }),
  offlineIndexes: upDownCounter("graph.service.index.offline", "{index}", {
    good: "low",
    description: "Indexes that queries cannot use, because they are being built or have failed.",
  }),
  connections: upDownCounter("graph.service.connection.count", "{connection}", { description: "Open connections of clients." }),
  memoryUsage: upDownCounter("graph.service.memory.usage", "By", { description: "Memory that the service has taken." }),
  serviceUptime: gauge("graph.service.uptime", "s", { description: "Time since the service started." }),
});
/** Values of a sample of `graphService`; see docs/metrics.md for the unit of each. */
export type GraphService = Values<typeof graphService>;

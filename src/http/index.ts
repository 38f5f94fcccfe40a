export { createApp, type AppOptions } from "./app.ts";
export { createMetricsApp } from "./metrics.ts";
export { listen, type Listener, type ListenOptions } from "./listen.ts";
export type { AggregatesAnswer, CollectionAnswer, CollectionsAnswer, SamplesAnswer } from "../answer/collection.ts";
export type { StreamEvent, StreamEvents } from "../answer/event.ts";
export type { AlertsAnswer, HealthAnswer, HistoryAnswer } from "../answer/health.ts";
export type { StatsAnswer } from "../answer/stats.ts";
export type { OpenApiDocument } from "./api/openapi.ts";
export type { Problem } from "./api/problem.ts";

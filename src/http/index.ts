export { createApp, type AppOptions } from "./app.ts";
export { createMetricsApp } from "./metrics-app.ts";
export { listen, type Listener, type ListenOptions } from "./listen.ts";
export type { AggregatesAnswer, CollectionAnswer, CollectionsAnswer, SamplesAnswer } from "./answer/collection.ts";
export type { StreamEvent, StreamEvents } from "./answer/event.ts";
export type { AlertsAnswer, HealthAnswer, HistoryAnswer } from "./answer/health.ts";
export type { StatsAnswer } from "./answer/stats.ts";
export type { OpenApiDocument } from "./document/openapi.ts";
export type { Problem } from "./problem.ts";

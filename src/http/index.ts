export { createApp, type AppOptions } from "./app.ts";
export { createHandler, type HandlerOptions, type VitalsHandler } from "./handler.ts";
export {
  serve,
  serveMetrics,
  type Access,
  type CollectorServer,
  type MetricsServeOptions,
  type MetricsServer,
  type ServeOptions,
} from "./serve.ts";
export type { ListenOptions, VitalsServer } from "./listen.ts";
export type { Reload } from "./reload.ts";
export type { ScrapeText } from "./metrics.ts";
export type {
  AggregateReport,
  AggregatesAnswer,
  CollectionAnswer,
  CollectionReport,
  CollectionsAnswer,
  FieldReport,
  PauseReport,
  SampleRow,
  SamplesAnswer,
  StatisticsReport,
  ThresholdReport,
  UnmeasuredReport,
} from "../answer/collection.ts";
export type { Bye, CollectionAggregate, Heartbeat, Hello, Reset, Snapshot, StreamEvent, StreamEvents } from "../answer/event.ts";
export type { AlertsAnswer, HealthAnswer, HealthCheck, HistoryAnswer } from "../answer/health.ts";
export type { ConfigurationProblem, InvalidConfiguration, ReloadAnswer } from "../answer/reload.ts";
export type { CollectorStats, ProcessReport, StatsAnswer, StreamReport } from "../answer/stats.ts";
export type {
  JsonSchema,
  OpenApiDocument,
  OpenApiHeader,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiReference,
  OpenApiResponse,
} from "./api/openapi.ts";
export type { Problem, ProblemKind } from "./api/problem.ts";

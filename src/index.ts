export { createCollector } from "./create-collector.ts";
export { getCollector, initializeCollector } from "./shared.ts";
export type {
  CollectionHandle,
  CollectionReport,
  Collector,
  CollectorSettings,
  CollectorStats,
  Health,
  Lifecycle,
  SelfCheck,
  VitalsEvent,
} from "./collector.ts";
export type { CollectorConfig, CollectorOptions } from "./collector-options.ts";
export { systemClock, type Clock } from "./clock.ts";
export { isVitalsError, VitalsError, type ErrorCode, type VitalsErrorOptions } from "./errors.ts";
export type { Aggregate, Statistics } from "./buffer/window.ts";
export type { UserCheck, UserCheckConfig } from "./health/background-check.ts";
export type { RuleConfig } from "./health/rule-options.ts";
export {
  severityOf,
  type Alert,
  type ComponentReport,
  type Finding,
  type HealthEvent,
  type HealthReport,
  type Transition,
} from "./health/record.ts";
export { Refused, type EventSink, type SinkAnswer, type SinkReport } from "./health/sink/sink.ts";
export { STATUSES, type Severity, type Status, type Trend } from "./health/status.ts";
export { counter, duration, gauge, oneOf, OTHER, total, upTo, type Axis, type Field, type FieldKind } from "./sample/field.ts";
export { OUTCOMES, type Outcome, type OutcomeCounts } from "./sample/outcome.ts";
export { defineSampleType, type Check, type SampleType, type Values, type ValuesOf } from "./sample/sample-type.ts";
export type { Sample, SampleError } from "./sample/sample.ts";
export { agentMemory, type MemoryInsights } from "./sample/agent-memory.ts";
export { graphMetrics, type GraphMetrics } from "./sample/graph-metrics.ts";
export { graphService, type GraphService } from "./sample/graph-service.ts";
export { systemMetrics, type SystemMetrics } from "./sample/system-metrics.ts";
export { defineSource, reading, type AnySourceKind, type Reading, type SourceContext, type SourceKind } from "./source/source.ts";
export type { ExporterReport } from "./telemetry/exporter-report.ts";
export { createTelemetry, type Telemetry, type TelemetrySettings } from "./telemetry/provider.ts";
export type { LoggerProviderConfig } from "./telemetry/logger-options.ts";
export type { MeterProviderConfig } from "./telemetry/provider-options.ts";

export { createCollector } from "./collector/create-collector.ts";
export { getCollector, initializeCollector } from "./collector/shared.ts";
export type { CollectionHandle, Collector, CollectorSettings, Health, SelfCheck, SourceDescription } from "./collector/collector.ts";
export type { VitalsEvent } from "./collector/event.ts";
export type { ConfigurationChange, ReconfigurationReport } from "./answer/reconfiguration.ts";
export type { CollectorStats, Lifecycle, ProcessReport } from "./answer/stats.ts";
export type { CollectionReport, FieldReport, PauseReport, ThresholdReport, UnmeasuredReport } from "./answer/collection.ts";
export type { BuiltInKind } from "./collector/kinds.ts";
export type { CollectionConfig, CollectorConfig, CollectorOptions, OptionsOf, SourceConfig } from "./collector/options.ts";
export { systemClock, type Clock } from "./base/clock.ts";
export type { LogFields, Logger } from "./base/logger.ts";
export type { Pauser } from "./base/pauser.ts";
export { isVitalsError, VitalsError, type ErrorCode, type VitalsErrorOptions } from "./base/errors.ts";
export type { Aggregate } from "./buffer/window.ts";
export type { SampleTable, TableColumn } from "./buffer/table.ts";
export type { Statistics } from "./statistics/moments.ts";
export type { CheckResult, UserCheck, UserCheckConfig } from "./health/check.ts";
export type { HistoryBounds } from "./health/history.ts";
export type { RuleConfig } from "./health/rules/options.ts";
export {
  severityOf,
  type Alert,
  type ComponentReport,
  type Finding,
  type HealthEvent,
  type HealthReport,
  type Transition,
  type TrendReport,
} from "./health/record.ts";
export type { EventLoggerProvider, EventLogRecord } from "./health/log-record.ts";
export { isSinkRefusal, type EventSink, type Pace, type Resend, type Sink, type SinkAnswer, type SinkReport } from "./health/sink/sink.ts";
export { STATUSES, type Severity, type Status, type Trend } from "./health/status.ts";
export {
  counter,
  duration,
  gauge,
  oneOf,
  OTHER,
  total,
  upDownCounter,
  upTo,
  type Axis,
  type Field,
  type FieldKind,
  type FieldOptions,
  type MakeField,
  type NestedRecord,
  type Split,
} from "./sample/field.ts";
export type { ArchivedPage, Archive } from "./collector/archive.ts";
export type { Draft, Fence, Hole, JournalEngine, Limit, Opened, Page, StoredEntry } from "./journal/engine.ts";
export type { Entry as JournalEntry, JournalReader } from "./journal/journal.ts";
export { OUTCOMES, type Outcome, type OutcomeCounts } from "./sample/outcome.ts";
export {
  defineSampleType,
  type AnyValues,
  type Check,
  type Fields,
  type Point,
  type SampleType,
  type Values,
  type ValuesOf,
} from "./sample/sample-type.ts";
export type { Sample, SampleError } from "./sample/sample.ts";
export type { SourceRule } from "./sample/source-rule.ts";
export { agentMemory, type MemoryInsights } from "./sample/types/agent-memory.ts";
export { graphMetrics, type GraphMetrics } from "./sample/types/graph.ts";
export { graphService, type GraphService } from "./sample/types/graph-service.ts";
export { systemMetrics, type SystemMetrics } from "./sample/types/system.ts";
export { incomplete } from "./source/incomplete.ts";
export type { StatefulKind } from "./source/source-state.ts";
export type { ExplainingKind, Unmeasured } from "./source/unmeasured.ts";
export {
  defineSource,
  reading,
  type AnySourceKind,
  type Reading,
  type ReadingLimits,
  type ReadingOptions,
  type SourceContext,
  type SourceKind,
} from "./source/source.ts";
export type { ExporterReport, Scrape, Telemetry } from "./telemetry/telemetry.ts";

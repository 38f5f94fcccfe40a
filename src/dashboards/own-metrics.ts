import { prometheusName } from "../telemetry/names.ts";

/** The collector's metrics about itself, by their names on `/metrics`. */
export const OWN = {
  clock: prometheusName("vitals.clock.time", "s", "gauge"),
  interval: prometheusName("vitals.collection.interval", "s", "gauge"),
  slow: prometheusName("vitals.collection.slow.threshold", "s", "gauge"),
  up: prometheusName("vitals.collection.up", "{state}", "gauge"),
  waiting: prometheusName("vitals.collection.waiting", "{state}", "gauge"),
  lastSuccess: prometheusName("vitals.collection.last_success.time", "s", "gauge"),
  coverage: prometheusName("vitals.collection.coverage", "1", "gauge"),
  ticks: prometheusName("vitals.collection.ticks", "{tick}", "counter"),
  duration: prometheusName("vitals.collection.duration", "s", "histogram"),
  lateness: prometheusName("vitals.collection.lateness", "s", "histogram"),
  samples: prometheusName("vitals.buffer.samples", "{sample}", "gauge"),
  bufferSize: prometheusName("vitals.buffer.size", "By", "gauge"),
  refused: prometheusName("vitals.series.refused", "{point}", "counter"),
  violations: prometheusName("vitals.validation.violations", "{reading}", "counter"),
  skipped: prometheusName("vitals.reading.skipped", "{value}", "counter"),
  breaker: prometheusName("vitals.breaker.status", "{breaker}", "gauge"),
  status: prometheusName("vitals.component.status", "{component}", "gauge"),
  transitions: prometheusName("vitals.component.transitions", "{transition}", "counter"),
  alerts: prometheusName("vitals.alert.active", "{alert}", "gauge"),
  notifications: prometheusName("vitals.alert.notifications", "{notification}", "counter"),
  suppressed: prometheusName("vitals.alert.suppressed", "{notification}", "counter"),
  storeQueries: prometheusName("vitals.store.queries", "{query}", "counter"),
  storeTime: prometheusName("vitals.store.query.time", "s", "counter"),
  storeRows: prometheusName("vitals.store.rows", "{row}", "counter"),
  round: prometheusName("vitals.health.round.duration", "s", "histogram"),
  streamClients: prometheusName("vitals.stream.clients", "{client}", "gauge"),
  streamEvents: prometheusName("vitals.stream.events", "{event}", "counter"),
  reload: prometheusName("vitals.config.reload.success", "{state}", "gauge"),
  lastReload: prometheusName("vitals.config.reload.last_success.time", "s", "gauge"),
  collect: prometheusName("otel.sdk.metric_reader.collection.duration", "s", "histogram"),
  exported: prometheusName("otel.sdk.exporter.metric_data_point.exported", "{data_point}", "counter"),
} as const;

/** Labels of those metrics. */
export const COLLECTION = "vitals_collection_name";
export const SOURCE = "vitals_source_name";
export const COMPONENT = "vitals_component_name";
export const OUTCOME = "vitals_outcome";
/** Labels of a collector, and of a collection in it. */
export const BY_INSTANCE = ["job", "instance"] as const;
export const BY_COLLECTION = [...BY_INSTANCE, COLLECTION] as const;

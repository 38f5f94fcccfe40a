import * as z from "zod";
import { EXPORT_TIMEOUT, notCarried, orDefault, otlpHttpExporter, otlpHttpShape, within } from "./otlp-http-options.ts";

/** Milliseconds from one export to the next: less would be a flood, more than a day no monitoring. */
export const EXPORT_INTERVAL = { least: 100, most: 86_400_000, default: 60_000 };

const READER_TIMEOUT_MS = 30_000;

const metricExporter = otlpHttpExporter(
  z.strictObject({
    ...otlpHttpShape("metrics"),
    temporality_preference: orDefault(z.enum(["cumulative", "delta", "low_memory"]), "cumulative"),
    default_histogram_aggregation: notCarried("default_histogram_aggregation"),
  }),
);
export type OtlpMetricOptions = z.output<typeof metricExporter>["otlp_http"];

const periodicReader = z.strictObject({
  /** Milliseconds from the beginning of one export to that of the next. */
  interval: orDefault(within(EXPORT_INTERVAL, "milliseconds"), EXPORT_INTERVAL.default),
  /** Milliseconds a collect and its export may take; at most the interval. */
  timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), READER_TIMEOUT_MS),
  exporter: metricExporter,
  "max_export_batch_size/development": notCarried("max_export_batch_size"),
  producers: notCarried("producers"),
  cardinality_limits: notCarried("cardinality_limits"),
});

const prometheusOptions = z.strictObject({
  /** With `host` or `port`, `/metrics` also has a listener of its own there. */
  host: z.string().nullish(),
  port: z.int().min(0).max(65_535).nullish(),
  without_scope_info: notCarried("without_scope_info"),
  scope_info_enabled: notCarried("scope_info_enabled"),
  "without_target_info/development": notCarried("without_target_info"),
  "target_info_enabled/development": notCarried("target_info_enabled"),
  with_resource_constant_labels: notCarried("with_resource_constant_labels"),
  resource_constant_labels: notCarried("resource_constant_labels"),
  translation_strategy: notCarried("translation_strategy"),
});

const pullReader = z.strictObject({
  exporter: z.strictObject({ "prometheus/development": prometheusOptions.nullable().transform((options) => options ?? {}) }),
  producers: notCarried("producers"),
  cardinality_limits: notCarried("cardinality_limits"),
});

const reader = z
  .strictObject({ periodic: periodicReader.optional(), pull: pullReader.optional() })
  .refine((each) => (each.periodic === undefined) !== (each.pull === undefined), "expected either periodic or pull");

/** `meter_provider` of OpenTelemetry's declarative configuration, as far as it is carried; everything else is an error that says so. */
export const meterProviderOptions = z.strictObject({
  readers: z.array(reader).max(16).default([]),
  views: notCarried("views"),
  exemplar_filter: notCarried("exemplar_filter"),
  "meter_configurator/development": notCarried("meter_configurator"),
});
export type MeterProviderConfig = z.input<typeof meterProviderOptions>;

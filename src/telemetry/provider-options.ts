import * as z from "zod";

/** Milliseconds from one export to the next: less would be a flood, more than a day no monitoring. */
export const EXPORT_INTERVAL = { least: 100, most: 86_400_000, default: 60_000 };

/** Milliseconds an export may take. Zero would mean no limit, and everything here has one. */
export const EXPORT_TIMEOUT = { least: 1, most: 600_000, default: 10_000 };

const READER_TIMEOUT_MS = 30_000;

const notCarried = (what: string) => z.undefined({ error: `${what} is not carried by this program; remove it` }).optional();

/** The standard lets `null`, such as an unset variable, stand for the default. */
const orDefault = <T extends z.ZodType>(schema: T, value: z.output<T>) => schema.nullish().transform((given) => given ?? value);

const milliseconds = ({ least, most }: { readonly least: number; readonly most: number }) => {
  const error = `expected a whole number of milliseconds from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

const headers = z.array(z.strictObject({ name: z.string(), value: z.string().nullable() }));

/** `otlp_http` of OpenTelemetry's declarative configuration, as far as it is carried. */
export const otlpHttpOptions = z.strictObject({
  endpoint: orDefault(z.url({ protocol: /^https?$/, error: "expected an http or https URL" }), "http://localhost:4318/v1/metrics"),
  headers: headers.nullish(),
  /** Comma-separated `key=value`; entries of `headers` come before. */
  headers_list: z.string().nullish(),
  compression: z.enum(["gzip", "none"]).nullish(),
  /** Milliseconds one export may take, retries included. */
  timeout: orDefault(milliseconds(EXPORT_TIMEOUT), EXPORT_TIMEOUT.default),
  encoding: orDefault(z.enum(["protobuf", "json"]), "protobuf"),
  temporality_preference: orDefault(z.enum(["cumulative", "delta", "low_memory"]), "cumulative"),
  tls: notCarried("tls"),
  default_histogram_aggregation: notCarried("default_histogram_aggregation"),
});
export type OtlpHttpOptions = z.output<typeof otlpHttpOptions>;

const periodicReader = z.strictObject({
  /** Milliseconds from the beginning of one export to that of the next. */
  interval: orDefault(milliseconds(EXPORT_INTERVAL), EXPORT_INTERVAL.default),
  /** Milliseconds a collect and its export may take; at most the interval. */
  timeout: orDefault(milliseconds(EXPORT_TIMEOUT), READER_TIMEOUT_MS),
  exporter: z.strictObject({
    otlp_http: otlpHttpOptions.nullable().transform((options) => options ?? otlpHttpOptions.parse({})),
    otlp_grpc: notCarried("the exporter otlp_grpc"),
    "otlp_file/development": notCarried("the exporter otlp_file"),
    console: notCarried("the exporter console"),
  }),
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
export type ReaderOptions = z.output<typeof reader>;

/** `meter_provider` of OpenTelemetry's declarative configuration, as far as it is carried; everything else is an error that says so. */
export const meterProviderOptions = z.strictObject({
  readers: z.array(reader).max(16).default([]),
  views: notCarried("views"),
  exemplar_filter: notCarried("exemplar_filter"),
  "meter_configurator/development": notCarried("meter_configurator"),
});
export type MeterProviderConfig = z.input<typeof meterProviderOptions>;

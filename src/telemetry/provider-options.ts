import * as z from "zod";

const headers = z.array(z.strictObject({ name: z.string(), value: z.string().nullable() }));

/** `otlp_http` of OpenTelemetry's declarative configuration, as far as it is carried. */
export const otlpHttpOptions = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }).default("http://localhost:4318/v1/metrics"),
  headers: headers.nullish(),
  /** Comma-separated `key=value`; entries of `headers` come before. */
  headers_list: z.string().nullish(),
  compression: z.enum(["gzip", "none"]).nullish(),
  /** Milliseconds one export may take, retries included. */
  timeout: z.int().min(1).max(600_000).default(10_000),
  encoding: z.enum(["protobuf", "json"]).default("protobuf"),
  temporality_preference: z.enum(["cumulative", "delta", "low_memory"]).default("cumulative"),
});
export type OtlpHttpOptions = z.output<typeof otlpHttpOptions>;

const notCarried = (what: string) => z.undefined({ error: `${what} is not carried by this program; remove it` }).optional();

const periodicReader = z.strictObject({
  /** Milliseconds from the beginning of one export to that of the next. */
  interval: z.int().min(100).max(86_400_000).default(60_000),
  /** Milliseconds a collect and its export may take; at most the interval. */
  timeout: z.int().min(1).max(600_000).default(30_000),
  exporter: z.strictObject({
    otlp_http: otlpHttpOptions.nullable().transform((options) => options ?? otlpHttpOptions.parse({})),
    otlp_grpc: notCarried("the exporter otlp_grpc"),
    "otlp_file/development": notCarried("the exporter otlp_file"),
    console: notCarried("the exporter console"),
  }),
  producers: notCarried("producers"),
  cardinality_limits: notCarried("cardinality_limits"),
});

const prometheusOptions = z.strictObject({
  /** With `host` or `port`, `/metrics` also has a listener of its own there. */
  host: z.string().nullish(),
  port: z.int().min(0).max(65_535).nullish(),
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
});
export type MeterProviderConfig = z.input<typeof meterProviderOptions>;

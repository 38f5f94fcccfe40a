import * as z from "zod";
import { isHost } from "../../base/address.ts";
import { EXPECTED_HEADER_NAME, EXPECTED_HEADER_VALUE, isHeaderName, isHeaderValue } from "../../base/header.ts";
import { hasCredentials } from "../../base/url.ts";
import { headerPairs } from "./pairs.ts";

/** Milliseconds an export may take. Zero would mean no limit. */
export const EXPORT_TIMEOUT = { min: 1, max: 600_000, default: 10_000 };

/**
 * A setting that is not supported: accepts only what leaving it out means, which is null, a map or a list without any value, and the values
 * `same`: the standard's default, or what is done in any case.
 */
export const unsupported = <const T = never>(what: string, ...same: readonly T[]) =>
  z
    .custom<T | null>((value) => isNothing(value) || same.some((each) => each === value), { error: `${what} is not supported; remove it` })
    .optional();

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.values(value).every(isNothing);
}

/** A kind of exporter or processor that is not supported. To name it is to use it, also with null for its settings. */
const unsupportedKind = (what: string) => z.undefined({ error: `${what} is not supported; remove it` }).optional();

/** In the standard `null`, such as an unset variable, means the default. */
export const orDefault = <T extends z.ZodType>(schema: T, fallback: z.output<T>) =>
  schema.nullish().transform((value) => value ?? fallback);

/** A whole number within bounds, both included. */
export function within({ min, max }: { readonly min: number; readonly max: number }, unit: string) {
  const error = `expected a whole number of ${unit} from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

const headers = z.array(
  z.strictObject({
    /** Name of an HTTP header. */
    name: z.string().refine(isHeaderName, EXPECTED_HEADER_NAME),
    /** Its value; null for none. */
    value: z.string().refine(isHeaderValue, EXPECTED_HEADER_VALUE).nullable(),
  }),
);

const headersList = z.string().check(({ value, issues }) => {
  const { problems } = headerPairs(value);
  if (problems.length > 0) issues.push({ code: "custom", message: problems.join("; "), input: value });
});

/** URL of a backend. Credentials in it would never be sent. */
export const otlpEndpoint = z
  .url({ protocol: /^https?$/, error: "expected an http or https URL" })
  .refine((url) => !hasCredentials(url), "expected a URL without credentials; set them in headers");

/** The supported part of `otlp_http` of OpenTelemetry's declarative configuration, the same for every signal. */
export const otlpHttpShape = (signal: "metrics" | "logs") => ({
  /** URL of the signal, without credentials. Default: the path of the signal at `http://localhost:4318`. */
  endpoint: orDefault(otlpEndpoint, `http://localhost:4318/v1/${signal}`),
  /** Sent with each request. Default: none. */
  headers: headers.nullish(),
  /** Comma-separated `key=value`, percent-encoded; entries of `headers` take precedence. */
  headers_list: headersList.nullish(),
  /** Default: `none`. */
  compression: z.enum(["gzip", "none"]).nullish(),
  /** Milliseconds one export may take, retries included. Default: 10 000. */
  timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), EXPORT_TIMEOUT.default),
  /** Default: `protobuf`. */
  encoding: orDefault(z.enum(["protobuf", "json"]), "protobuf"),
  tls: unsupported("tls"),
  max_request_size: unsupported("max_request_size", 67_108_864),
  max_response_size: unsupported("max_response_size", 4_194_304),
});
export type OtlpHttpOptions = z.output<z.ZodObject<ReturnType<typeof otlpHttpShape>>>;

/** The exporter of a reader or a processor: `otlp_http` with these options; no other kind is supported. */
export const otlpHttpExporter = <S extends z.core.$ZodLooseShape>(options: z.ZodObject<S>) =>
  z
    .strictObject({
      /** OTLP over HTTP; required, because no other exporter is supported. */
      otlp_http: options
        .nullable()
        .transform((given) => given ?? options.parse({}))
        .optional(),
      otlp_grpc: unsupportedKind("the exporter otlp_grpc"),
      "otlp_file/development": unsupportedKind("the exporter otlp_file"),
      console: unsupportedKind("the exporter console"),
    })
    // Only here, so that an exporter of another or an unknown kind is one problem, not two.
    .transform(({ otlp_http }, context) => {
      if (otlp_http) return { otlp_http };
      if (context.issues.length > 0) return z.NEVER;
      context.addIssue({ code: "custom", path: ["otlp_http"], message: "required, but missing; expected a map" });
      return z.NEVER;
    });

/** Milliseconds between the starts of two exports; at most a day, as for metrics. */
const DELAY = { min: 0, max: 86_400_000, default: 1_000 };

/** Maximum log records that wait, and that are sent together. */
const QUEUE = { min: 1, max: 100_000, default: 2_048 };
const BATCH = { min: 1, max: 100_000, default: 512 };

const BATCH_TIMEOUT_MS = 30_000;

const exporter = otlpHttpExporter(z.strictObject(otlpHttpShape("logs")));

const batch = z.strictObject({
  /** Milliseconds between the starts of two exports; the first does not wait. Default: 1 000. */
  schedule_delay: orDefault(within(DELAY, "milliseconds"), DELAY.default),
  /** Milliseconds an export may take; the exporter's own timeout applies as well. Default: 30 000. */
  export_timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), BATCH_TIMEOUT_MS),
  /** Maximum log records that wait; more are dropped and counted. Default: 2 048. */
  max_queue_size: orDefault(within(QUEUE, "log records"), QUEUE.default),
  /** Maximum log records in one request. Default: 512. */
  max_export_batch_size: orDefault(within(BATCH, "log records"), BATCH.default),
  /** Where the records are sent. */
  exporter,
});

const processor = z
  .strictObject({
    /** Sends several records at once. */
    batch: batch.optional(),
    /** Sends each record at once. */
    simple: z
      .strictObject({
        /** Where the records are sent. */
        exporter,
      })
      .optional(),
    "event_to_span_event_bridge/development": unsupportedKind("the processor event_to_span_event_bridge"),
  })
  .refine((each) => (each.batch === undefined) !== (each.simple === undefined), "expected either batch or simple");

/** How log records are sent. */
export type BatchOptions = z.output<typeof batch>;

/** `simple` as a batch of one: each record is sent at once. */
export const simpleBatch = (exporter: BatchOptions["exporter"]): BatchOptions => ({
  schedule_delay: 0,
  export_timeout: BATCH_TIMEOUT_MS,
  max_queue_size: QUEUE.default,
  max_export_batch_size: 1,
  exporter,
});

const limits = z.strictObject({
  /** Maximum characters of an attribute's text. Default: none. */
  attribute_value_length_limit: z.int().min(0).nullish(),
  /** Maximum number of attributes. Default: 128. */
  attribute_count_limit: z.int().min(0).nullish(),
  attribute_value_depth_limit: unsupported("attribute_value_depth_limit", 64),
});
export type LogLimits = z.output<typeof limits>;

/** The supported part of `logger_provider` of OpenTelemetry's declarative configuration; everything else is an error. */
export const loggerProviderOptions = z.strictObject({
  /** Where log records go: each is `batch` or `simple`. */
  processors: z.array(processor).min(1).max(16),
  /** Limits of a record's attributes. */
  limits: limits.nullish(),
  "logger_configurator/development": unsupported("logger_configurator"),
});
/** `logger_provider` as written: defaults may be left out. Parts of the standard that are not listed here are errors. */
export type LoggerProviderConfig = z.input<typeof loggerProviderOptions>;
/** As parsed: defaults filled in. */
export type LoggerProviderOptions = z.output<typeof loggerProviderOptions>;

/** Milliseconds between the starts of two exports. */
export const EXPORT_INTERVAL = { min: 100, max: 86_400_000, default: 60_000 };

const READER_TIMEOUT_MS = 30_000;

const metricExporter = otlpHttpExporter(
  z.strictObject({
    ...otlpHttpShape("metrics"),
    /** Whether totals or differences are sent. Default: `cumulative`. */
    temporality_preference: orDefault(z.enum(["cumulative", "delta", "low_memory"]), "cumulative"),
    default_histogram_aggregation: unsupported("default_histogram_aggregation", "explicit_bucket_histogram"),
  }),
);
export type OtlpMetricOptions = z.output<typeof metricExporter>["otlp_http"];

const periodicReader = z.strictObject({
  /** Milliseconds between the starts of two exports. Default: 60 000. */
  interval: orDefault(within(EXPORT_INTERVAL, "milliseconds"), EXPORT_INTERVAL.default),
  /** Milliseconds a collect and its export may take; at most the interval. Default: 30 000. */
  timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), READER_TIMEOUT_MS),
  /** Where the metrics are sent. */
  exporter: metricExporter,
  "max_export_batch_size/development": unsupported("max_export_batch_size"),
  producers: unsupported("producers"),
  cardinality_limits: unsupported("cardinality_limits"),
});

const prometheusOptions = z.strictObject({
  /** With `host` or `port`, `/metrics` is also served there. */
  host: z.string().refine(isHost, "expected a host name or an IP address").nullish(),
  /** 0 lets the system choose. Default: 9464 if there is a `host`. */
  port: z.int().min(0).max(65_535).nullish(),
  /** Without effect: `/metrics` never has scope labels. */
  without_scope_info: z.boolean().nullish(),
  /** Without effect: `/metrics` never has scope labels. */
  scope_info_enabled: z.boolean().nullish(),
  "without_target_info/development": unsupported("without_target_info", false),
  "target_info_enabled/development": unsupported("target_info_enabled", true),
  with_resource_constant_labels: unsupported("with_resource_constant_labels"),
  resource_constant_labels: unsupported("resource_constant_labels"),
  translation_strategy: unsupported("translation_strategy", "underscore_escaping_with_suffixes"),
});

const pullReader = z.strictObject({
  /** Only Prometheus is supported. */
  exporter: z.strictObject({
    /** Makes `/metrics` available. */
    "prometheus/development": prometheusOptions.nullable().transform((options) => options ?? {}),
  }),
  producers: unsupported("producers"),
  cardinality_limits: unsupported("cardinality_limits"),
});

const reader = z
  .strictObject({
    /** Pushes at an interval. */
    periodic: periodicReader.optional(),
    /** Serves scrapers, such as Prometheus. */
    pull: pullReader.optional(),
  })
  .refine((each) => (each.periodic === undefined) !== (each.pull === undefined), "expected either periodic or pull");

/** The supported part of `meter_provider` of OpenTelemetry's declarative configuration; everything else is an error. */
export const meterProviderOptions = z.strictObject({
  /** Each is `periodic` or `pull`. Default: none. */
  readers: orDefault(z.array(reader).max(16), []),
  views: unsupported("views"),
  // No sample is measured in a span, so neither of the two selects any.
  exemplar_filter: unsupported("exemplar_filter", "trace_based", "always_off"),
  "meter_configurator/development": unsupported("meter_configurator"),
});
/** `meter_provider` as written: defaults may be left out. Parts of the standard that are not listed here are errors. */
export type MeterProviderConfig = z.input<typeof meterProviderOptions>;
/** As parsed: defaults filled in. */
export type MeterProviderOptions = z.output<typeof meterProviderOptions>;

import type * as z from "zod";
import type { Attributes } from "@opentelemetry/api";
import { defaultResource, resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import { AggregationTemporality, MeterProvider as SdkMeterProvider } from "@opentelemetry/sdk-metrics";
import { keepAlive, systemClock, type Clock } from "../../base/clock.ts";
import { VitalsError } from "../../base/errors.ts";
import { parse, summaryOf } from "../../base/issues.ts";
import { MetricStore } from "../metric-store.ts";
import {
  loggerProviderOptions,
  simpleBatch,
  type LoggerProviderConfig,
  type LoggerProviderOptions,
  meterProviderOptions,
  type MeterProviderConfig,
  type MeterProviderOptions,
} from "./options.ts";
import { OtlpLogExporter, RecordMaker } from "./logs.ts";
import { OtlpExporter, periodicReader } from "./metrics.ts";
import { producerOf } from "./producer.ts";
import { PrometheusReader } from "./prometheus.ts";
import { attachInternals, type Telemetry } from "../telemetry.ts";

/** What `createTelemetry` takes beside the readers. */
export interface TelemetrySettings {
  /** Attributes of the resource, such as `service.name`. */
  readonly resource: Attributes;
  /** Schema URL of the resource. Default: none. */
  readonly schemaUrl?: string | undefined;
  /** `logger_provider` of a declarative configuration. Default: no log records are sent. */
  readonly loggerProvider?: LoggerProviderConfig | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

interface ParsedSettings extends Omit<TelemetrySettings, "loggerProvider"> {
  readonly loggerProvider?: LoggerProviderOptions | undefined;
}

const DISPOSE_MS = 5_000;

/**
 * Makes a meter provider with the readers of a declarative configuration's `meter_provider`, and exporters of log records as its
 * `logger_provider` says. Sets nothing global.
 *
 * @throws VitalsError `config_invalid` if either has a part that this package does not support
 */
export function createTelemetry(config: MeterProviderConfig, settings: TelemetrySettings): Telemetry {
  const { loggerProvider, ...rest } = settings;
  const options = parsed("meter provider", meterProviderOptions, config);
  const logOptions = loggerProvider && parsed("logger provider", loggerProviderOptions, loggerProvider);
  return telemetryOf(options, { ...rest, loggerProvider: logOptions });
}

/** Telemetry of options that have been parsed already. */
export function telemetryOf({ readers }: MeterProviderOptions, settings: ParsedSettings): Telemetry {
  const { clock = systemClock, loggerProvider, schemaUrl } = settings;
  const resource = defaultResource().merge(resourceFromAttributes(settings.resource, schemaUrl === undefined ? {} : { schemaUrl }));
  const store = new MetricStore(clock);
  const cumulative = (): AggregationTemporality => AggregationTemporality.CUMULATIVE;
  const pull = readers.some((reader) => reader.pull) ? new PrometheusReader(producerOf(store, cumulative, resource)) : undefined;
  const periodic = readers.flatMap((reader) => reader.periodic ?? []);
  const exporters = periodic.map(({ exporter }, n) => new OtlpExporter(n === 0 ? "otlp" : `otlp-${n + 1}`, exporter.otlp_http, clock));
  const pushing = exporters.map((exporter, n) => {
    const producer = producerOf(store, (type) => exporter.selectAggregationTemporality(type), resource);
    return periodicReader(exporter, producer, periodic[n] as (typeof periodic)[number]);
  });
  const provider = new SdkMeterProvider({
    resource,
    readers: [...(pull ? [pull] : []), ...pushing],
    sdkMetricsEnabled: true,
  });
  const logExporters = loggerProvider ? logExportersOf(loggerProvider, resource, clock) : [];
  const everyExporter = [...exporters, ...logExporters];
  for (const exporter of everyExporter) exporter.recordOn(provider);
  const within = (timeoutMs: number, work: Promise<unknown>): Promise<void> => settledWithin(clock, timeoutMs, work);
  let ended: Promise<void> | undefined;
  const end = async (timeoutMs: number): Promise<void> => {
    await within(timeoutMs, provider.shutdown({ timeoutMillis: timeoutMs }));
    // A connection that still hangs would keep the process alive.
    for (const exporter of everyExporter) exporter.abandon();
  };
  const telemetry: Telemetry = {
    meterProvider: provider,
    scrape: pull && (() => pull.scrape()),
    logTargets: logExporters.map(({ target }) => target),
    exporters: () => exporters.map((exporter) => exporter.report()),
    // Only the push readers: a collection without a scrape would be lost.
    forceFlush: (timeoutMs) => within(timeoutMs, Promise.allSettled(pushing.map((reader) => reader.forceFlush()))),
    shutdown: (timeoutMs) => (ended ??= end(timeoutMs)),
    [Symbol.asyncDispose]: () => telemetry.shutdown(DISPOSE_MS),
  };
  attachInternals(telemetry, { metrics: store, logExporters });
  return telemetry;
}

function logExportersOf({ processors, limits }: LoggerProviderOptions, resource: Resource, clock: Clock): readonly OtlpLogExporter[] {
  const records = new RecordMaker(resource, limits ?? {});
  return processors
    .flatMap(({ batch, simple }) => batch ?? (simple ? simpleBatch(simple.exporter) : []))
    .map((options, n) => new OtlpLogExporter(n === 0 ? "otlp-logs" : `otlp-logs-${n + 1}`, options, records, clock));
}

function parsed<T>(what: string, schema: z.ZodType<T>, config: unknown): T {
  const result = parse(schema, config);
  if (!result.ok)
    throw new VitalsError("config_invalid", `invalid ${what} configuration: ${summaryOf(result.issues, "the configuration")}`);
  return result.data;
}

/** The SDK's own timeout does not hold against a backend that sends its response byte by byte, so the deadline is ours. */
async function settledWithin(clock: Clock, timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const end = (): void => done.abort();
  work.then(end, end);
  await keepAlive(clock.sleepUntil(clock.monotonicMs() + timeoutMs, done.signal));
}

import type * as z from "zod";
import type { Attributes, MeterProvider } from "@opentelemetry/api";
import { defaultResource, resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import { MeterProvider as SdkMeterProvider } from "@opentelemetry/sdk-metrics";
import { randomUUID } from "node:crypto";
import { arch, hostname, platform } from "node:os";
import { systemClock, type Clock } from "../../base/clock.ts";
import { VitalsError } from "../../base/errors.ts";
import { issuesOf } from "../../sample/sample-type.ts";
import type { ExporterReport } from "./sender.ts";
import { StalenessTracker } from "../staleness.ts";
import {
  loggerProviderOptions,
  simpleBatch,
  type LoggerProviderConfig,
  meterProviderOptions,
  type MeterProviderConfig,
} from "./options.ts";
import { OtlpLogExporter, RecordMaker } from "./logs.ts";
import { OtlpExporter, periodicReader } from "./metrics.ts";
import { PrometheusReader, type Scrape } from "./prometheus.ts";

/** A meter provider of our own, with its readers, and what sends log records. */
export interface Telemetry extends AsyncDisposable {
  readonly meterProvider: MeterProvider;
  /** What our readers leave out; a collector tells it what is fresh. */
  readonly freshness: StalenessTracker;
  /** Collects and answers Prometheus text; undefined when no pull reader is configured. */
  readonly scrape: (() => Promise<Scrape>) | undefined;
  /** What sends log records; a collector tells it transitions and alerts. */
  readonly logExporters: readonly OtlpLogExporter[];
  /** How each exporter that pushes metrics fares. */
  exporters(): readonly ExporterReport[];
  /** Collects and exports once. Never rejects, and ends at the deadline whatever a backend does. */
  forceFlush(timeoutMs: number): Promise<void>;
  /** Exports what is left and closes. Never rejects, ends at the deadline. Idempotent. */
  shutdown(timeoutMs: number): Promise<void>;
}

export interface TelemetrySettings {
  /** Attributes of the resource: which service this is. */
  readonly resource: Attributes;
  /** `logger_provider` of a declarative configuration. Default: log records are not sent. */
  readonly loggerProvider?: LoggerProviderConfig | undefined;
  readonly clock?: Clock;
}

const DISPOSE_MS = 5_000;

/**
 * Makes a meter provider with the readers of a declarative configuration's `meter_provider`, and what its `logger_provider` sends log
 * records with. Sets nothing global.
 *
 * @throws VitalsError `config_invalid` when either has a part that is not carried
 */
export function createTelemetry(config: MeterProviderConfig, settings: TelemetrySettings): Telemetry {
  const { clock = systemClock, loggerProvider } = settings;
  const { readers } = parsed("meter provider", meterProviderOptions, config);
  const resource = defaultResource().merge(resourceFromAttributes(settings.resource));
  const freshness = new StalenessTracker(clock);
  const pull = readers.some((reader) => reader.pull) ? new PrometheusReader(freshness) : undefined;
  const periodic = readers.flatMap((reader) => reader.periodic ?? []);
  const exporters = periodic.map(
    ({ exporter }, n) => new OtlpExporter(n === 0 ? "otlp" : `otlp-${n + 1}`, exporter.otlp_http, freshness, clock),
  );
  const pushing = exporters.map((exporter, n) => periodicReader(exporter, periodic[n] as (typeof periodic)[number]));
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
    freshness,
    scrape: pull && (() => pull.scrape()),
    logExporters,
    exporters: () => exporters.map((exporter) => exporter.report()),
    // Only what pushes: collecting for a scrape that nobody asked for would be lost.
    forceFlush: (timeoutMs) => within(timeoutMs, Promise.allSettled(pushing.map((reader) => reader.forceFlush()))),
    shutdown: (timeoutMs) => (ended ??= end(timeoutMs)),
    [Symbol.asyncDispose]: () => telemetry.shutdown(DISPOSE_MS),
  };
  return telemetry;
}

function logExportersOf(config: LoggerProviderConfig, resource: Resource, clock: Clock): readonly OtlpLogExporter[] {
  const { processors, limits } = parsed("logger provider", loggerProviderOptions, config);
  const records = new RecordMaker(resource, limits ?? {});
  return processors
    .flatMap(({ batch, simple }) => batch ?? (simple ? simpleBatch(simple.exporter) : []))
    .map((options, n) => new OtlpLogExporter(n === 0 ? "otlp-logs" : `otlp-logs-${n + 1}`, options, records, clock));
}

function parsed<T>(what: string, schema: z.ZodType<T>, config: unknown): T {
  const result = schema.safeParse(config);
  if (!result.success) throw new VitalsError("config_invalid", `${what}: ${issuesOf(result.error)}`);
  return result.data;
}

/** The SDK's own timeout does not hold against a backend that drips its answer, so the deadline is ours. */
async function settledWithin(clock: Clock, timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const end = (): void => done.abort();
  work.then(end, end);
  await clock.sleepUntil(clock.monotonicMs() + timeoutMs, done.signal);
}

/** Where the semantic conventions have another word than Node. */
const ARCH: Readonly<Record<string, string>> = { arm: "arm32", ppc: "ppc32", x64: "amd64", ia32: "x86" };
const OS: Readonly<Record<string, string>> = { sunos: "solaris", win32: "windows" };

/** What is known of any process: the host, the process, its runtime, and an instance of its own. Names of the semantic conventions. */
export function processResource(): Attributes {
  return {
    "service.instance.id": randomUUID(),
    "host.name": hostname(),
    "host.arch": ARCH[arch()] ?? arch(),
    "os.type": OS[platform()] ?? platform(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
  };
}

import type { Attributes, MeterProvider } from "@opentelemetry/api";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider as SdkMeterProvider } from "@opentelemetry/sdk-metrics";
import { systemClock, type Clock } from "../clock.ts";
import { VitalsError } from "../errors.ts";
import { issuesOf } from "../sample/sample-type.ts";
import type { ExporterReport } from "./exporter-report.ts";
import { Freshness } from "./freshness.ts";
import { OtlpExporter, periodicReader } from "./otlp.ts";
import { PrometheusReader, type Scrape } from "./prometheus.ts";
import { meterProviderOptions, type MeterProviderConfig, type ReaderOptions } from "./provider-options.ts";

/** A meter provider of our own, with its readers. */
export interface Telemetry extends AsyncDisposable {
  readonly meterProvider: MeterProvider;
  /** What our readers leave out; a collector tells it what is fresh. */
  readonly freshness: Freshness;
  /** Collects and answers Prometheus text; undefined when no pull reader is configured. */
  readonly scrape: (() => Promise<Scrape>) | undefined;
  /** How each exporter that pushes fares. */
  exporters(): readonly ExporterReport[];
  /** Collects and exports once. Never rejects, and ends at the deadline whatever a backend does. */
  forceFlush(timeoutMs: number): Promise<void>;
  /** Exports what is left and closes. Never rejects, ends at the deadline. Idempotent. */
  shutdown(timeoutMs: number): Promise<void>;
}

export interface TelemetrySettings {
  /** Attributes of the resource: which service this is. */
  readonly resource: Attributes;
  readonly clock?: Clock;
}

const DISPOSE_MS = 5_000;

/**
 * Makes a meter provider with the readers of a declarative configuration's `meter_provider`. Sets nothing global.
 *
 * @throws VitalsError `config_invalid` when `config` has a part that is not carried
 */
export function createTelemetry(config: MeterProviderConfig, { resource, clock = systemClock }: TelemetrySettings): Telemetry {
  const readers = readersOf(config);
  const freshness = new Freshness(clock);
  const pull = readers.some((reader) => reader.pull) ? new PrometheusReader(freshness) : undefined;
  const periodic = readers.flatMap((reader) => reader.periodic ?? []);
  const exporters = periodic.map(
    ({ exporter }, n) => new OtlpExporter(n === 0 ? "otlp" : `otlp-${n + 1}`, exporter.otlp_http, freshness, clock),
  );
  const pushing = exporters.map((exporter, n) => periodicReader(exporter, periodic[n] as (typeof periodic)[number]));
  const provider = new SdkMeterProvider({
    resource: defaultResource().merge(resourceFromAttributes(resource)),
    readers: [...(pull ? [pull] : []), ...pushing],
    sdkMetricsEnabled: true,
  });
  for (const exporter of exporters) exporter.recordOn(provider);
  const within = (timeoutMs: number, work: Promise<unknown>): Promise<void> => settledWithin(clock, timeoutMs, work);
  let ended: Promise<void> | undefined;
  const end = async (timeoutMs: number): Promise<void> => {
    await within(timeoutMs, provider.shutdown({ timeoutMillis: timeoutMs }));
    // A connection that still hangs would keep the process alive.
    for (const exporter of exporters) exporter.abandon();
  };
  const telemetry: Telemetry = {
    meterProvider: provider,
    freshness,
    scrape: pull && (() => pull.scrape()),
    exporters: () => exporters.map((exporter) => exporter.report()),
    // Only what pushes: collecting for a scrape that nobody asked for would be lost.
    forceFlush: (timeoutMs) => within(timeoutMs, Promise.allSettled(pushing.map((reader) => reader.forceFlush()))),
    shutdown: (timeoutMs) => (ended ??= end(timeoutMs)),
    [Symbol.asyncDispose]: () => telemetry.shutdown(DISPOSE_MS),
  };
  return telemetry;
}

function readersOf(config: MeterProviderConfig): readonly ReaderOptions[] {
  const parsed = meterProviderOptions.safeParse(config);
  if (!parsed.success) throw new VitalsError("config_invalid", `meter provider: ${issuesOf(parsed.error)}`);
  return parsed.data.readers;
}

/** The SDK's own timeout does not hold against a backend that drips its answer, so the deadline is ours. */
async function settledWithin(clock: Clock, timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const end = (): void => done.abort();
  work.then(end, end);
  await clock.sleepUntil(clock.monotonicMs() + timeoutMs, done.signal);
}

import type { MeterProvider } from "@opentelemetry/api";
import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from "@opentelemetry/exporter-metrics-otlp-http";
import {
  type AggregationTemporality,
  PeriodicExportingMetricReader,
  type InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { ExporterReport } from "./exporter-report.ts";
import { CARDINALITY_LIMIT, type Freshness } from "./freshness.ts";
import { connect, type ExportDone, type ExportResult, type OtlpConnection } from "./otlp-connection.ts";
import type { OtlpHttpOptions } from "./provider-options.ts";

const TEMPORALITY = {
  cumulative: CumulativeTemporalitySelector,
  delta: DeltaTemporalitySelector,
  low_memory: LowMemoryTemporalitySelector,
};

/** Result codes of an export, by the numbers of the SDK's enum, which only its internal package exports. */
const SUCCESS = 0;
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- see above
const FAILED = 1 as ExportResult["code"];

/** Sends what is fresh to an OTLP backend, one export at a time and each within its timeout, and counts what became of it. */
export class OtlpExporter implements PushMetricExporter {
  readonly name: string;
  readonly #connection: OtlpConnection;
  readonly #options: OtlpHttpOptions;
  readonly #freshness: Freshness;
  readonly #clock: Clock;
  #isSending = false;
  #exports = 0;
  #failures = 0;
  #consecutiveFailures = 0;
  #lastSuccess: string | null = null;
  #lastError: string | null = null;

  constructor(name: string, options: OtlpHttpOptions, freshness: Freshness, clock: Clock) {
    this.name = name;
    this.#connection = connect(options);
    this.#options = options;
    this.#freshness = freshness;
    this.#clock = clock;
  }

  export(metrics: ResourceMetrics, done: ExportDone): void {
    const ended = new AbortController();
    const settle = (result: ExportResult): void => {
      if (ended.signal.aborted) return;
      ended.abort();
      this.#count(result);
      done(result);
    };
    const fail = (error: Error): void => settle({ code: FAILED, error });
    if (this.#isSending) {
      fail(new Error("the export before it is still under way"));
      return;
    }
    this.#isSending = true;
    void this.#expire(ended.signal, fail);
    try {
      this.#connection.send(this.#freshness.filter(metrics), (result) => {
        this.#isSending = false;
        settle(result);
      });
    } catch (error) {
      this.#isSending = false;
      fail(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return TEMPORALITY[this.#options.temporality_preference](instrument);
  }

  /** From now on the SDK's own metrics about this exporter are recorded there. */
  recordOn(meterProvider: MeterProvider): void {
    this.#connection.recordOn(meterProvider);
  }

  forceFlush(): Promise<void> {
    return this.#connection.settled();
  }

  async shutdown(): Promise<void> {
    await this.#connection.settled();
    await this.#connection.abandon();
  }

  /** Gives up what is under way, so that nothing keeps the process alive. */
  abandon(): void {
    void this.#connection.abandon();
  }

  report(): ExporterReport {
    return {
      name: this.name,
      exports: this.#exports,
      failures: this.#failures,
      consecutiveFailures: this.#consecutiveFailures,
      lastSuccess: this.#lastSuccess,
      lastError: this.#lastError,
    };
  }

  /** The SDK's timeout is for silence only: a backend that drips its answer would hold an export, and every later one, for ever. */
  async #expire(ended: AbortSignal, fail: (error: Error) => void): Promise<void> {
    const { timeout } = this.#options;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + timeout, ended);
    if (ended.aborted) return;
    fail(new Error(`no complete answer within ${timeout} ms`));
    await this.#connection.abandon();
  }

  #count({ code, error }: ExportResult): void {
    if (code === SUCCESS) {
      this.#exports += 1;
      this.#consecutiveFailures = 0;
      this.#lastSuccess = new Date(this.#clock.wallMs()).toISOString();
    } else {
      this.#failures += 1;
      this.#consecutiveFailures += 1;
      this.#lastError = reasonOf(error);
    }
  }
}

/** A reader that exports at a fixed interval. */
export function periodicReader(
  exporter: OtlpExporter,
  options: { readonly interval: number; readonly timeout: number },
): PeriodicExportingMetricReader {
  const { interval, timeout } = options;
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(timeout, interval),
    cardinalityLimits: { default: CARDINALITY_LIMIT },
  });
}

/** What the SDK says once it has given up on an answer that asks for another try; the answer itself it keeps to itself. */
const GAVE_UP = "Export failed with retryable status";

/** Why an export failed, in one bounded line; never with the body of an answer. */
function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (message === GAVE_UP) return "the backend takes nothing for now (it answered 429, 502, 503 or 504)";
  if (typeof code === "number") return messageOf(`the backend answered ${code} ${String(message)}`);
  // Every address of a name refused: the error that holds them all has a code and no message.
  if (message === "" && typeof code === "string") return code;
  return messageOf(error ?? "refused without a reason");
}

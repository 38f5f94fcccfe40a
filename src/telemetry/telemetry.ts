import type { MeterProvider } from "@opentelemetry/api";
import { VitalsError } from "../base/errors.ts";
import type { MetricStore } from "./metric-store.ts";

/** Statistics of an exporter. */
export interface ExporterReport {
  /** `otlp`, or `otlp-2` for the second of its kind. */
  readonly name: string;
  /** Successful exports. */
  readonly exports: number;
  /** Exports that failed for good, retries included. */
  readonly failures: number;
  /**
   * Exports that failed since the last success, without those that say nothing about the backend: one that was not sent because the
   * previous one had not finished, and one during which this process was suspended.
   */
  readonly consecutiveFailures: number;
  /** ISO 8601; null before the first success. */
  readonly lastSuccess: string | null;
  /** One bounded line without secrets; null before the first failure. */
  readonly lastError: string | null;
}

/** The response to a scrape. */
export interface Scrape {
  /** Prometheus text format 0.0.4. */
  readonly text: string;
  /** Failed callbacks; the text lacks what they would have reported. */
  readonly errors: number;
}

/** A meter provider with its readers, and exporters of log records. Made by `createTelemetry`, and an opaque handle for `createCollector`. */
export interface Telemetry extends AsyncDisposable {
  /** For the program's own instruments. A collector's metrics reach the readers without it, so that the SDK merges nothing of them. */
  readonly meterProvider: MeterProvider;
  /** Collects and returns Prometheus text; undefined if no pull reader is configured. */
  readonly scrape: (() => Promise<Scrape>) | undefined;
  /** Where log records are sent, without credentials or query: one URL for each exporter of the logger provider. */
  readonly logTargets: readonly string[];
  /** Statistics of each exporter that pushes metrics. */
  exporters(): readonly ExporterReport[];
  /** Collects and exports once. Never rejects, and returns after `timeoutMs` milliseconds at the latest, whatever a backend does. */
  forceFlush(timeoutMs: number): Promise<void>;
  /** Exports the remaining data and closes. Never rejects, returns after `timeoutMs` milliseconds at the latest. Idempotent. */
  shutdown(timeoutMs: number): Promise<void>;
}

/** Sends log records, and reports whether they arrived. */
export interface LogRecordExporter {
  readonly name: string;
  /** Where it sends, without credentials or query. */
  readonly target: string;
  /** Maximum records waiting and per export, time between the starts of two exports, and deadline of an export. */
  readonly pace: { readonly queue: number; readonly batch: number; readonly everyMs: number; readonly deadlineMs: number };
  /**
   * Sends records in their order, in one request; without records, an empty one.
   *
   * @param signal abandons the request when it aborts
   * @throws VitalsError `export_failed`; `retryable` unless the backend will never accept them
   */
  send(records: readonly object[], signal: AbortSignal): Promise<void>;
}

/** The parts of a `Telemetry` that only a collector uses. */
export interface TelemetryInternals {
  /** What its readers export of this package's own metrics. */
  readonly metrics: MetricStore;
  readonly logExporters: readonly LogRecordExporter[];
}

const INTERNALS = new WeakMap<Telemetry, TelemetryInternals>();

/** Attaches the internals to a telemetry that has just been made. */
export function attachInternals(telemetry: Telemetry, internals: TelemetryInternals): void {
  INTERNALS.set(telemetry, internals);
}

/** @throws VitalsError `config_invalid` for an object that `createTelemetry` of this copy of the package did not return */
export function internalsOf(telemetry: Telemetry): TelemetryInternals {
  const internals = INTERNALS.get(telemetry);
  if (!internals) {
    const message =
      "telemetry was not made by createTelemetry of this package; expected its return value (is the package installed twice?)";
    throw new VitalsError("config_invalid", message);
  }
  return internals;
}

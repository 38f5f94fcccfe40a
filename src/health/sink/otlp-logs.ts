import { isVitalsError, VitalsError } from "../../base/errors.ts";
import { logRecordOf, type EventLogRecord } from "../log-record.ts";
import type { EventSink, Pace } from "./sink.ts";

/** Sends log records and reports failure by throwing. */
export interface LogExporter {
  readonly name: string;
  readonly target: string;
  readonly pace: Pace & { readonly queue: number };
  /** @throws VitalsError that is `retryable` unless the backend will never accept them */
  send(records: readonly EventLogRecord[], signal: AbortSignal): Promise<void>;
}

/** Sends transitions and alerts as OpenTelemetry log events. */
export function otlpLogSink(exporter: LogExporter): EventSink {
  const { name, target, pace } = exporter;
  return {
    name,
    target,
    pace,
    queue: pace.queue,
    send: async (events, signal) => {
      try {
        await exporter.send(events.map(logRecordOf), signal);
      } catch (error) {
        if (isVitalsError(error) && !error.retryable)
          throw new VitalsError("sink_refused", error.message, { cause: error, errorType: error.errorType });
        throw error;
      }
    },
    check: async (signal) => {
      await exporter.send([], signal);
      return "accepted an export without log records";
    },
  };
}

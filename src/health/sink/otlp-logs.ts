import type { LogRecord } from "@opentelemetry/api";
import { isVitalsError } from "../../base/errors.ts";
import { logRecordOf } from "../log-record.ts";
import { Refused, type EventSink, type Pace } from "./sink.ts";

/** What sends log records and says what became of them. */
export interface LogExporter {
  readonly name: string;
  readonly target: string;
  readonly pace: Pace & { readonly queue: number };
  /** @throws VitalsError that is `retryable` unless they will never be taken */
  send(records: readonly LogRecord[], signal: AbortSignal): Promise<void>;
}

/** Transitions and alerts as OpenTelemetry's log events. */
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
        if (isVitalsError(error) && !error.retryable) throw new Refused(error.message, { cause: error });
        throw error;
      }
    },
    check: async (signal) => {
      await exporter.send([], signal);
      return "took an export without log records";
    },
  };
}

import { ROOT_CONTEXT, type Logger, type LogRecord, type MeterProvider } from "@opentelemetry/api";
import { JsonLogsSerializer, LogsExporterMetricsHelper, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import type { Resource } from "@opentelemetry/resources";
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Clock } from "../../base/clock.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../../base/version.ts";
import type { LogRecordExporter } from "../telemetry.ts";
import type { LogLimits, BatchOptions } from "./options.ts";
import type { OtlpSignal } from "./connection.ts";
import { OtlpSender } from "./sender.ts";

const LOGS: OtlpSignal<ReadableLogRecord[]> = {
  json: JsonLogsSerializer,
  protobuf: ProtobufLogsSerializer,
  component: { json: "otlp_http_json_log_exporter", protobuf: "otlp_http_log_exporter" },
  metrics: LogsExporterMetricsHelper,
};

/**
 * Sends log records to an OTLP backend and reports whether they arrived. The SDK's processors do not report it, and drop records that
 * could not be sent (docs/decisions/0020); here the caller keeps the queue.
 */
export class OtlpLogExporter implements LogRecordExporter {
  readonly name: string;
  /** Where it sends, without credentials or query. */
  readonly target: string;
  /** Maximum records waiting and per export, milliseconds between the starts of two exports, and the deadline of one. */
  readonly pace: { readonly queue: number; readonly batch: number; readonly everyMs: number; readonly deadlineMs: number };
  readonly #sender: OtlpSender<ReadableLogRecord[]>;
  readonly #records: RecordMaker;

  constructor(name: string, options: BatchOptions, records: RecordMaker, clock: Clock) {
    const { otlp_http: otlp } = options.exporter;
    const { origin, pathname } = new URL(otlp.endpoint);
    const deadlineMs = Math.min(options.export_timeout, otlp.timeout);
    this.name = name;
    this.target = `${origin}${pathname}`;
    this.pace = { queue: options.max_queue_size, batch: options.max_export_batch_size, everyMs: options.schedule_delay, deadlineMs };
    this.#sender = new OtlpSender(name, { ...otlp, timeout: deadlineMs }, LOGS, clock);
    this.#records = records;
  }

  /**
   * Sends records in their order, in one request; without records, an empty one.
   *
   * @param signal abandons the request when it aborts
   * @throws VitalsError `export_failed`, `retryable` unless the backend will never accept them
   */
  send(records: readonly LogRecord[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#sender.abandon();
      signal.addEventListener("abort", abort, { once: true });
      this.#sender.send(this.#records.make(records), ({ error }) => {
        signal.removeEventListener("abort", abort);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Records the SDK's own metrics about this exporter on a meter provider. */
  recordOn(meterProvider: MeterProvider): void {
    this.#sender.recordOn(meterProvider);
  }

  /** Abandons the current export, so that nothing keeps the process alive. */
  abandon(): void {
    this.#sender.abandon();
  }
}

/** Has the SDK create its records, with their resource, scope and limits, and collects them. */
export class RecordMaker implements LogRecordProcessor {
  readonly #logger: Logger;
  #made: ReadableLogRecord[] = [];

  constructor(resource: Resource, limits: LogLimits) {
    const { attribute_count_limit: count, attribute_value_length_limit: length } = limits;
    const logRecordLimits = {
      ...(count == null ? {} : { attributeCountLimit: count }),
      ...(length == null ? {} : { attributeValueLengthLimit: length }),
    };
    const provider = new LoggerProvider({ resource, processors: [this], logRecordLimits });
    this.#logger = provider.getLogger(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
  }

  make(records: readonly LogRecord[]): ReadableLogRecord[] {
    this.#made = [];
    // Without an explicit context the record would join the trace that was active when the collector was started.
    for (const record of records) this.#logger.emit({ context: ROOT_CONTEXT, ...record });
    return this.#made;
  }

  onEmit(record: ReadableLogRecord): void {
    this.#made.push(record);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

import { diag, ROOT_CONTEXT, type Attributes, type Context } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { messageOf } from "../base/errors.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../base/version.ts";
import { severityOf, type Alert, type HealthEvent, type Transition } from "./record.ts";
import type { Severity } from "./status.ts";

/** An event as an OpenTelemetry log record. The types of the API are not used, because it has logs only since version 1.10. */
export interface EventLogRecord {
  /** `vitals.alert` or `vitals.component.status_changed`. */
  readonly eventName: string;
  /** When it happened. */
  readonly timestamp: Date;
  /** The same as `timestamp`. */
  readonly observedTimestamp: Date;
  /** Severity number of the log data model: 9, 13, 17 or 21. */
  readonly severityNumber: number;
  /** `INFO`, `WARN`, `ERROR` or `FATAL`. */
  readonly severityText: string;
  /** The reason, one sentence. */
  readonly body: string;
  /** Everything else, under `vitals.alert.*` or `vitals.component.*`. */
  readonly attributes: Attributes;
}

/** The part of an OpenTelemetry `LoggerProvider` that emits events; also satisfied by the one of `@opentelemetry/api-logs`. */
export interface EventLoggerProvider {
  /** The logger of a scope; `emit` is called once for each event. @param name of the scope, `otel-vitals` @param version of the scope, that of this package @param options `schemaUrl` names the version of the semantic conventions */
  getLogger(
    name: string,
    version?: string,
    options?: { schemaUrl?: string },
  ): { emit(record: EventLogRecord & { readonly context: Context }): void };
}

/** Severity numbers and texts of OpenTelemetry's log data model. */
const LEVELS: Readonly<Record<Severity, Pick<EventLogRecord, "severityNumber" | "severityText">>> = {
  info: { severityNumber: 9, severityText: "INFO" },
  warning: { severityNumber: 13, severityText: "WARN" },
  error: { severityNumber: 17, severityText: "ERROR" },
  critical: { severityNumber: 21, severityText: "FATAL" },
};

/** An event as an OpenTelemetry log record: at its own time, its reason as the body, everything else in attributes. */
export function logRecordOf(event: HealthEvent): EventLogRecord {
  const record = event.kind === "alert" ? alertRecord(event.alert) : transitionRecord(event.transition);
  const { timestamp } = record;
  return {
    ...record,
    ...LEVELS[severityOf(event)],
    observedTimestamp: timestamp,
  };
}

type EventRecord = Pick<EventLogRecord, "eventName" | "timestamp" | "body" | "attributes">;

function alertRecord({ fingerprint, state, labels, annotations, startsAt, endsAt, value, reason }: Alert): EventRecord {
  return {
    eventName: "vitals.alert",
    timestamp: new Date(endsAt ?? startsAt),
    body: reason,
    attributes: {
      "vitals.alert.name": labels.alertname,
      "vitals.alert.state": state,
      "vitals.alert.severity": labels.severity,
      "vitals.alert.fingerprint": fingerprint,
      "vitals.alert.summary": annotations.summary,
      "vitals.alert.reason": reason,
      "vitals.alert.starts_at": startsAt,
      ...(endsAt === undefined ? {} : { "vitals.alert.ends_at": endsAt }),
      ...(value === undefined ? {} : { "vitals.alert.value": value }),
      "vitals.component.name": labels.component,
    },
  };
}

function transitionRecord({ component, from, to, reason, time, value, unit }: Transition): EventRecord {
  return {
    eventName: "vitals.component.status_changed",
    timestamp: new Date(time),
    body: reason,
    attributes: {
      "vitals.component.name": component,
      "vitals.component.status": to,
      "vitals.component.previous_status": from,
      "vitals.component.reason": reason,
      ...(value === undefined ? {} : { "vitals.component.value": value }),
      ...(unit === undefined ? {} : { "vitals.component.unit": unit }),
    },
  };
}

/** The program's global logger provider; undefined, with a warning on `diag`, if its API has no logs. */
export function globalLoggerProvider(): EventLoggerProvider | undefined {
  if ("logs" in api) return api.logs.getLoggerProvider();
  diag.warn(
    `${PACKAGE_NAME}: transitions and alerts are not emitted as log records, because this @opentelemetry/api has no logs; ` +
      "upgrade it to 1.10, or pass a loggerProvider",
  );
  return undefined;
}

/** Emits events on a program's own provider, which is responsible for their delivery. */
export function emitOn(provider: EventLoggerProvider): (event: HealthEvent) => void {
  const logger = provider.getLogger(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
  return (event) => {
    try {
      // Without an explicit context the record would join the trace that was active when the collector was started.
      logger.emit({ ...logRecordOf(event), context: ROOT_CONTEXT });
    } catch (error) {
      diag.error(`${PACKAGE_NAME}: a log record could not be emitted: ${messageOf(error)}`);
    }
  };
}

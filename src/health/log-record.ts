import { diag, ROOT_CONTEXT, SeverityNumber, type Attributes, type LoggerProvider, type LogRecord } from "@opentelemetry/api";
import { messageOf } from "../base/errors.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../base/version.ts";
import { severityOf, type Alert, type HealthEvent, type Transition } from "./record.ts";
import type { Severity } from "./status.ts";

/** Severities as OpenTelemetry's logs have them. */
const LEVELS: Readonly<Record<Severity, Pick<LogRecord, "severityNumber" | "severityText">>> = {
  info: { severityNumber: SeverityNumber.INFO, severityText: "INFO" },
  warning: { severityNumber: SeverityNumber.WARN, severityText: "WARN" },
  error: { severityNumber: SeverityNumber.ERROR, severityText: "ERROR" },
  critical: { severityNumber: SeverityNumber.FATAL, severityText: "FATAL" },
};

/** An event as an OpenTelemetry log record: at its own time, its reason as the body, everything else in attributes. */
export function logRecordOf(event: HealthEvent): LogRecord {
  const record = event.kind === "alert" ? alertRecord(event.alert) : transitionRecord(event.transition);
  const { timestamp, attributes } = record;
  return {
    ...record,
    ...LEVELS[severityOf(event)],
    observedTimestamp: timestamp,
    attributes: { ...attributes, "vitals.event.seq": event.seq },
  };
}

interface EventRecord {
  readonly eventName: string;
  readonly timestamp: Date;
  readonly body: string;
  readonly attributes: Attributes;
}

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

/** Emits events on a program's own provider, which is responsible for their delivery. */
export function emitOn(provider: LoggerProvider): (event: HealthEvent) => void {
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

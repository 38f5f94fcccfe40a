import { severityOf, type EventSink, type HealthEvent } from "../collector.ts";
import type { Log } from "./log.ts";

/** Levels of the log by severity; it has none above error. */
const LEVELS = { info: "info", warning: "warn", error: "error", critical: "error" } as const;

/** Transitions and alerts as lines of the command's own log. */
export function logSink(log: Log): EventSink {
  return {
    name: "log",
    target: "standard error",
    send: async (events) => {
      for (const event of events) write(log, event);
      await log.written();
    },
  };
}

function write(log: Log, event: HealthEvent): void {
  const level = LEVELS[severityOf(event)];
  if (event.kind === "transition") {
    const { component, from, to, reason } = event.transition;
    log[level](`${component} is ${to}`, { component, from, to, reason });
    return;
  }
  const { labels, state, fingerprint, reason } = event.alert;
  const { alertname, component, severity } = labels;
  const does = state === "firing" ? "fires" : "is resolved";
  log[level](`${alertname} of ${component} ${does}`, { alertname, component, severity, state, fingerprint, reason });
}

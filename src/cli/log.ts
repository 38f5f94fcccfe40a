import type { LogLevel } from "./usage.ts";
import { severityOf, type EventSink, type HealthEvent } from "../collector/collector.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Codes of a terminal by level. */
const COLORS: Readonly<Record<LogLevel, string>> = { debug: "2", info: "32", warn: "33", error: "31" };
const DIM = "2";

/** Lines for people or for programs, on standard error. */
export class Log {
  readonly #least: number;
  readonly #format: "text" | "json";
  readonly #hasColor: boolean;

  /** @param hasColor whether text is for a terminal that shows colors */
  constructor(level: LogLevel, format: "text" | "json", hasColor = false) {
    this.#least = ORDER.indexOf(level);
    this.#format = format;
    this.#hasColor = hasColor;
    // Whoever read the log has gone; that is no reason to stop. `written` tells.
    process.stderr.on("error", () => {});
  }

  info(message: string, fields: LogFields = {}): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#write("error", message, fields);
  }

  /** Resolves once everything so far has been taken; rejects when it could not be. */
  written(): Promise<void> {
    return new Promise((resolve, reject) => process.stderr.write("", (error) => (error ? reject(error) : resolve())));
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    if (ORDER.indexOf(level) < this.#least) return;
    const time = new Date().toISOString();
    if (this.#format === "json") {
      process.stderr.write(`${JSON.stringify({ time, level, message, ...fields })}\n`);
      return;
    }
    const { reason, ...rest } = fields;
    const styled = (code: string, text: string): string => (this.#hasColor && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text);
    const told = reason === undefined ? message : `${message}: ${String(reason)}`;
    const parts = [
      styled(DIM, time.slice(11, 23)),
      styled(COLORS[level], level.padEnd(5)),
      printable(told),
      styled(DIM, pairsOf(rest, told)),
    ];
    process.stderr.write(`${parts.filter((part) => part !== "").join(" ")}\n`);
  }
}

/** What the message does not say already. */
function pairsOf(fields: LogFields, message: string): string {
  return Object.entries(fields)
    .flatMap(([key, value]) =>
      value === undefined || (typeof value === "string" && message.includes(value)) ? [] : [`${key}=${JSON.stringify(value)}`],
    )
    .join(" ");
}

/** Without what would move a terminal's cursor or change its colors: reasons quote what sources answer. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, "\u{fffd}");

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

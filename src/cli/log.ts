import type { WriteStream } from "node:tty";
import type { LogFields, Logger } from "../base/logger.ts";
import type { LogLevel } from "./usage.ts";
import { severityOf, type EventSink, type HealthEvent } from "../collector/collector.ts";

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Terminal color codes by level. */
const COLORS: Readonly<Record<LogLevel, string>> = { debug: "2", info: "32", warn: "33", error: "31" };
const DIM = "2";

/** Whether a stream shows colors: not in a file, on a terminal that cannot (`TERM=dumb`), or where `NO_COLOR` forbids it. */
export function hasColor(stream: Pick<WriteStream, "isTTY" | "hasColors">, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY && !env["NO_COLOR"] && stream.hasColors(env);
}

/** The command's log on standard error: text for people or JSON for programs. */
export class Log implements Logger {
  readonly #minLevel: number;
  readonly #format: "text" | "json";
  readonly #hasColor: boolean;

  /** @param hasColor whether the terminal shows colors */
  constructor(level: LogLevel, format: "text" | "json", hasColor = false) {
    this.#minLevel = ORDER.indexOf(level);
    this.#format = format;
    this.#hasColor = hasColor;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#write("debug", message, fields);
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

  /** Resolves when all lines so far have been written; rejects if that failed. */
  written(): Promise<void> {
    return new Promise((resolve, reject) => process.stderr.write("", (error) => (error ? reject(error) : resolve())));
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    if (ORDER.indexOf(level) < this.#minLevel) return;
    const time = new Date().toISOString();
    if (this.#format === "json") {
      process.stderr.write(`${JSON.stringify({ time, level, message, ...fields })}\n`);
      return;
    }
    const { reason, ...rest } = fields;
    const styled = (code: string, text: string): string => (this.#hasColor && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text);
    const sentence = reason === undefined ? message : `${message}: ${String(reason)}`;
    const parts = [
      styled(DIM, time.slice(11, 23)),
      styled(COLORS[level], level.padEnd(5)),
      printable(sentence),
      styled(DIM, pairsOf(rest, sentence)),
    ];
    process.stderr.write(`${parts.filter((part) => part !== "").join(" ")}\n`);
  }
}

/** The fields that the message does not contain, as `key=value`. */
function pairsOf(fields: LogFields, message: string): string {
  return Object.entries(fields)
    .flatMap(([key, value]) =>
      value === undefined || (typeof value === "string" && message.includes(value)) ? [] : [`${key}=${JSON.stringify(value)}`],
    )
    .join(" ");
}

/** Without control characters, which could move a terminal's cursor or change its colors: reasons quote responses of sources. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, "\u{fffd}");

/** Log levels by severity. */
const LEVELS = { info: "info", warning: "warn", error: "error", critical: "error" } as const;

/** Logs transitions and alerts. */
export function logSink(log: Log): EventSink {
  return {
    name: "log",
    target: "standard error",
    duringStartup: true,
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
  log[level](`alert ${alertname} of ${component} ${state === "firing" ? "fires" : "is resolved"}`, {
    alertname,
    component,
    severity,
    state,
    fingerprint,
    reason,
  });
}

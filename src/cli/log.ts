import type { LogLevel } from "./usage.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Lines for people or for programs, on standard error. */
export class Log {
  readonly #least: number;
  readonly #format: "text" | "json";

  constructor(level: LogLevel, format: "text" | "json") {
    this.#least = ORDER.indexOf(level);
    this.#format = format;
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

  #write(level: LogLevel, message: string, fields: LogFields): void {
    if (ORDER.indexOf(level) < this.#least) return;
    const time = new Date().toISOString();
    if (this.#format === "json") {
      process.stderr.write(`${JSON.stringify({ time, level, message, ...fields })}\n`);
      return;
    }
    const pairs = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${JSON.stringify(value)}`]));
    process.stderr.write(`${[time.slice(11, 23), level.padEnd(5), message, ...pairs].join(" ")}\n`);
  }
}

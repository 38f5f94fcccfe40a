import { diag, DiagLogLevel } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { diagLogger, withFields, type Logger } from "../../src/base/logger.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

function recorder() {
  const lines: unknown[][] = [];
  const to =
    (level: string) =>
    (...line: unknown[]): void =>
      void lines.push([level, ...line]);
  return { lines, logger: { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error"), verbose: to("verbose") } };
}

afterEach(() => diag.disable());

describe("diagLogger", () => {
  it("diagLogger logs to OpenTelemetry's diag at the same level, with the package's name", () => {
    const { lines, logger } = recorder();
    diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
    lines.length = 0;
    for (const level of LEVELS) diagLogger[level]("is slow", { host: "db" });
    diagLogger.warn("is slow");
    expect(lines).toEqual([...LEVELS.map((level) => [level, "otel-vitals: is slow", { host: "db" }]), ["warn", "otel-vitals: is slow"]]);
  });

  it("diagLogger drops everything until the program sets a logger", () => {
    expect(() => diagLogger.error("is slow", { host: "db" })).not.toThrow();
  });
});

describe("withFields", () => {
  it("withFields adds its fields to every line, and a line's own fields take precedence", () => {
    const { lines, logger } = recorder();
    const child: Logger = withFields(withFields(logger, { source: "db", host: "a" }), { host: "b" });
    for (const level of LEVELS) child[level]("is slow", { ms: 5 });
    child.info("is well", { source: "other" });
    expect(lines).toEqual([
      ...LEVELS.map((level) => [level, "is slow", { source: "db", host: "b", ms: 5 }]),
      ["info", "is well", { source: "other", host: "b" }],
    ]);
  });
});

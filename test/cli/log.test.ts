import { afterEach, describe, expect, it, vi } from "vitest";
import { logSink, Log } from "../../src/cli/log.ts";
import type { HealthEvent } from "../../src/collector/collector.ts";

afterEach(() => void vi.restoreAllMocks());

/** Captures standard error; with `broken`, writing fails as if its reader had closed it. */
function standardError(broken = false) {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text, ...rest) => {
    if (text !== "") lines.push(String(text));
    const done = rest.find((each) => typeof each === "function") as ((error?: Error) => void) | undefined;
    done?.(broken ? new Error("write EPIPE") : undefined);
    return true;
  });
  return lines;
}

const alert: HealthEvent = {
  kind: "alert",
  alert: {
    fingerprint: "0123456789abcdef",
    state: "firing",
    labels: { alertname: "VitalsBreakerOpen", component: "source:jobs", severity: "critical" },
    annotations: { summary: "s", description: "d" },
    startsAt: "2026-01-01T00:00:00.000Z",
    reason: 'it said "no"\u001b[2J',
  },
};
const transition: HealthEvent = {
  kind: "transition",
  transition: {
    time: "2026-01-01T00:00:00.000Z",
    component: "process",
    from: "degraded",
    to: "healthy",
    reason: "event loop delay p99 is 12 ms",
  },
};

const live = (): AbortSignal => new AbortController().signal;

describe("Log", () => {
  it("Log writes lines at its level and above, with their fields", () => {
    const lines = standardError();
    const log = new Log("info", "json");
    log.debug("file removed", { source: "in" });
    log.info("file skipped", { source: "in", bytes: 3 });
    const { time: _, ...line } = JSON.parse(lines[0] ?? "{}") as Record<string, unknown>;
    expect(line).toEqual({ level: "info", message: "file skipped", source: "in", bytes: 3 });
    expect(lines).toHaveLength(1);
    new Log("debug", "text").debug("file removed", { source: "in" });
    expect(lines[1]).toMatch(/debug file removed source="in"\n$/);
  });
});

describe("logSink", () => {
  it("logSink writes sentences without repetition and without control characters", async () => {
    const lines = standardError();
    await logSink(new Log("info", "text")).send([transition, alert], live());
    expect(lines.map((line) => line.replace(/^[\d:.]{12} /, ""))).toEqual([
      'info  process is healthy: event loop delay p99 is 12 ms from="degraded"\n',
      'error alert VitalsBreakerOpen of source:jobs fires: it said "no"\u{fffd}[2J severity="critical" state="firing" fingerprint="0123456789abcdef"\n',
    ]);
  });

  it("logSink colors the level on a terminal", async () => {
    const lines = standardError();
    await logSink(new Log("info", "text", true)).send([transition, alert], live());
    const [line = ""] = lines;
    expect(line.replace(/[\d:.]{12}/, "TIME")).toBe(
      '\u001b[2mTIME\u001b[0m \u001b[32minfo \u001b[0m process is healthy: event loop delay p99 is 12 ms \u001b[2mfrom="degraded"\u001b[0m\n',
    );
    expect(lines[1]).toContain("\u001b[31merror\u001b[0m alert VitalsBreakerOpen");
  });

  it("logSink writes one JSON object per line in the format json", async () => {
    const lines = standardError();
    await logSink(new Log("info", "json")).send([alert], live());
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        level: "error",
        message: "alert VitalsBreakerOpen of source:jobs fires",
        severity: "critical",
        state: "firing",
        reason: 'it said "no"\u001b[2J',
      },
    ]);
  });

  it("logSink leaves out events below the log level", async () => {
    const lines = standardError();
    await logSink(new Log("warn", "text")).send([transition, alert], live());
    expect(lines).toHaveLength(1);
  });

  it("logSink rejects when standard error is closed", async () => {
    standardError(true);
    await expect(logSink(new Log("info", "text")).send([alert], live())).rejects.toThrow("write EPIPE");
  });
});

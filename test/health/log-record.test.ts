import { context, diag, DiagLogLevel, logs, ROOT_CONTEXT, trace, type Context, type ContextManager } from "@opentelemetry/api";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor, type ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { afterEach, describe, expect, it } from "vitest";
import { logRecordOf } from "../../src/health/log-record.ts";
import type { Alert, HealthEvent } from "../../src/health/record.ts";
import type { Severity, Status } from "../../src/health/status.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

function alertEvent(severity: Severity, resolved: boolean): HealthEvent {
  const alert: Alert = {
    fingerprint: "0123456789abcdef",
    state: resolved ? "resolved" : "firing",
    labels: { alertname: "VitalsBreakerOpen", component: "source:jobs", severity, service: "x" },
    annotations: { summary: "source:jobs is unhealthy", description: "it is open" },
    startsAt: "2026-01-01T00:00:00.250Z",
    ...(resolved ? { endsAt: "2026-01-01T00:01:00.500Z" } : {}),
    value: 5,
    reason: "it is open",
  };
  return { kind: "alert", alert };
}

function transitionEvent(from: Status, to: Status, measured: object = {}): HealthEvent {
  const transition = { time: "2026-01-01T00:00:01.125Z", component: "process", from, to, reason: "it is late", ...measured };
  return { kind: "transition", transition };
}

describe("logRecordOf", () => {
  it("logRecordOf a firing alert has the time at which it fired", () => {
    expect(logRecordOf(alertEvent("error", false))).toEqual({
      eventName: "vitals.alert",
      timestamp: new Date("2026-01-01T00:00:00.250Z"),
      observedTimestamp: new Date("2026-01-01T00:00:00.250Z"),
      severityNumber: 17,
      severityText: "ERROR",
      body: "it is open",
      attributes: {
        "vitals.alert.name": "VitalsBreakerOpen",
        "vitals.alert.state": "firing",
        "vitals.alert.severity": "error",
        "vitals.alert.fingerprint": "0123456789abcdef",
        "vitals.alert.summary": "source:jobs is unhealthy",
        "vitals.alert.reason": "it is open",
        "vitals.alert.starts_at": "2026-01-01T00:00:00.250Z",
        "vitals.alert.value": 5,
        "vitals.component.name": "source:jobs",
      },
    });
  });

  it("logRecordOf a resolved alert has the time at which it ended", () => {
    expect(logRecordOf(alertEvent("critical", true))).toMatchObject({
      timestamp: new Date("2026-01-01T00:01:00.500Z"),
      severityNumber: 9,
      severityText: "INFO",
      attributes: {
        "vitals.alert.state": "resolved",
        "vitals.alert.severity": "critical",
        "vitals.alert.ends_at": "2026-01-01T00:01:00.500Z",
      },
    });
  });

  it("logRecordOf a transition has both statuses, and the number where there is one", () => {
    expect(logRecordOf(transitionEvent("healthy", "degraded", { value: 0.3, unit: "s" }))).toEqual({
      eventName: "vitals.component.status_changed",
      timestamp: new Date("2026-01-01T00:00:01.125Z"),
      observedTimestamp: new Date("2026-01-01T00:00:01.125Z"),
      severityNumber: 13,
      severityText: "WARN",
      body: "it is late",
      attributes: {
        "vitals.component.name": "process",
        "vitals.component.status": "degraded",
        "vitals.component.previous_status": "healthy",
        "vitals.component.reason": "it is late",
        "vitals.component.value": 0.3,
        "vitals.component.unit": "s",
      },
    });
    expect(logRecordOf(transitionEvent("healthy", "unknown")).attributes).not.toHaveProperty(["vitals.component.value"]);
  });

  it.each([
    [alertEvent("info", false), 9, "INFO"],
    [alertEvent("warning", false), 13, "WARN"],
    [alertEvent("error", false), 17, "ERROR"],
    [alertEvent("critical", false), 21, "FATAL"],
    [alertEvent("critical", true), 9, "INFO"],
    [transitionEvent("critical", "healthy"), 9, "INFO"],
    [transitionEvent("healthy", "unknown"), 13, "WARN"],
    [transitionEvent("critical", "degraded"), 13, "WARN"],
    [transitionEvent("degraded", "unhealthy"), 17, "ERROR"],
    [transitionEvent("unhealthy", "critical"), 21, "FATAL"],
  ])("logRecordOf has the severity of the alert or the status: %#", (event, severityNumber, severityText) => {
    expect(logRecordOf(event)).toMatchObject({ severityNumber, severityText });
  });
});

/** A logger provider of the program, and the records it received. */
function programProvider() {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  const received = (): string[] =>
    exporter.getFinishedLogRecords().map(({ eventName, attributes, severityText }: ReadableLogRecord) => {
      const { "vitals.alert.name": name, "vitals.alert.state": state, "vitals.component.status": status } = attributes;
      const what = eventName === "vitals.alert" ? `${String(name)} ${String(state)}` : String(status);
      return `${severityText} ${String(attributes["vitals.component.name"])} ${what}`;
    });
  return { provider, exporter, received };
}

/** A collector whose one source fails from its first tick to its tenth. */
async function failAndRecover(settings: Parameters<typeof scriptedCollector>[2]) {
  let isBroken = true;
  const script = {
    a: () => {
      if (isBroken) throw new Error("down");
      return { depth: 1 };
    },
  };
  const { collector, clock } = scriptedCollector(
    script,
    { ...each(["a"]), health: { flapping: 0, for: "0s", startup_grace: "0s", success: { degraded_below: 0.99, degraded_clear: 0.995 } } },
    settings,
  );
  await collector.start();
  await clock.advance(10_000);
  isBroken = false;
  await clock.advance(180_000);
  await collector.shutdown();
  return collector;
}

const FAILED_AND_RECOVERED = [
  "FATAL collection:a critical",
  "FATAL collection:a VitalsCollectionFailing firing",
  "INFO collection:a healthy",
  "INFO collection:a VitalsCollectionFailing resolved",
];

/** Keeps one context active, as if everything happened during a request. */
function within(active: Context): ContextManager {
  const manager: ContextManager = {
    active: () => active,
    with: (_, call, self, ...args) => call.apply(self as never, args),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

afterEach(() => {
  logs.disable();
  context.disable();
  diag.disable();
});

describe("logger provider of the program", () => {
  it("logger provider of the program receives every event as it happens, outside of any trace", async () => {
    const spanContext = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
    context.setGlobalContextManager(within(trace.setSpanContext(ROOT_CONTEXT, spanContext)));
    const { provider, exporter, received } = programProvider();
    await failAndRecover({ loggerProvider: provider });
    expect(received()).toEqual(expect.arrayContaining(FAILED_AND_RECOVERED));
    const records = exporter.getFinishedLogRecords();
    expect(records.map(({ spanContext: its }) => its)).toEqual(records.map(() => undefined));
    expect(records[0]?.instrumentationScope).toMatchObject({
      name: "otel-vitals",
      schemaUrl: expect.stringContaining("schemas") as string,
    });
  });

  it("logger provider is by default the global one, even if it is set after the collector was created", async () => {
    const { provider, received } = programProvider();
    const { collector, clock } = scriptedCollector(
      { a: () => Promise.reject(new Error("down")) },
      { ...each(["a"]), health: { for: "0s", startup_grace: "0s", success: { degraded_below: 0.99, degraded_clear: 0.995 } } },
    );
    logs.setGlobalLoggerProvider(provider);
    await collector.start();
    await clock.advance(10_000);
    await collector.shutdown();
    expect(received()).toContain("FATAL collection:a VitalsCollectionFailing firing");
  });

  it("logger provider that throws is logged and affects nothing else", async () => {
    const logged: string[] = [];
    const log = (message: string): void => void logged.push(message);
    diag.setLogger({ error: log, warn: log, info: log, debug: log, verbose: log }, { logLevel: DiagLogLevel.ERROR });
    const broken = {
      getLogger: () => ({
        emit: () => {
          throw new Error("full");
        },
        enabled: () => true,
      }),
    };
    const collector = await failAndRecover({ loggerProvider: broken });
    expect(collector.alerts("resolved").length).toBeGreaterThan(0);
    expect(logged).toContain("otel-vitals: a log record could not be emitted: full");
  });

  it("muted collector sends nothing to the logger provider or the sinks", async () => {
    const { provider, received } = programProvider();
    const sent: unknown[] = [];
    const sink = { name: "custom", target: "here", send: async (events: readonly unknown[]) => void sent.push(...events) };
    const collector = await failAndRecover({ loggerProvider: provider, sinks: [sink], mute: true });
    expect(collector.alerts("resolved").length).toBeGreaterThan(0);
    expect([received(), sent]).toEqual([[], []]);
  });
});

const timeOf = (event: HealthEvent): number =>
  Date.parse(event.kind === "transition" ? event.transition.time : (event.alert.endsAt ?? event.alert.startsAt));

describe("sink of the program", () => {
  it("sink of the program receives every event and is a component", async () => {
    const sent: HealthEvent[] = [];
    const sink = { name: "custom", target: "here", send: async (events: readonly HealthEvent[]) => void sent.push(...events) };
    const collector = await failAndRecover({ sinks: [sink] });
    expect(sent.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["transition", "alert"]));
    expect(sent).toEqual(sent.toSorted((a, b) => timeOf(a) - timeOf(b)));
    expect(collector.stats().sinks).toMatchObject([{ name: "custom", target: "here", sent: sent.length, pending: 0 }]);
    expect(collector.health.report().components).toContainEqual(expect.objectContaining({ component: "sink:custom", status: "healthy" }));
  });
});

import { createNoopMeter, type Attributes } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { VitalsError } from "../../../src/base/errors.ts";
import { Dispatcher } from "../../../src/health/sink/dispatcher.ts";
import type { Alert, HealthEvent } from "../../../src/health/record.ts";
import type { EventSink } from "../../../src/health/sink/sink.ts";
import type { Status } from "../../../src/health/status.ts";
import { settle, ManualClock } from "../../../src/base/manual-clock.ts";

function transition(component: string, from: Status, to: Status): HealthEvent {
  return { kind: "transition", transition: { time: "2026-01-01T00:00:00.000Z", component, from, to, reason: "because" } };
}

function alert(name: string, state: Alert["state"], inhibitedBy?: string): HealthEvent {
  return {
    kind: "alert",
    alert: {
      fingerprint: name,
      state,
      labels: { alertname: name, component: "c", severity: "warning" },
      annotations: { summary: "s", description: "because" },
      startsAt: "2026-01-01T00:00:00.000Z",
      ...(state === "resolved" ? { endsAt: "2026-01-01T00:01:00.000Z" } : {}),
      reason: "because",
      ...(inhibitedBy === undefined ? {} : { inhibitedBy }),
    },
  };
}

const shown = (event: HealthEvent): string =>
  event.kind === "alert" ? `${event.alert.fingerprint} ${event.alert.state}` : `${event.transition.component} ${event.transition.to}`;

/** A dispatcher with one sink that receives events and responds as `state` says; `sentAt` are the times of its requests, in seconds. */
function makeDispatcher(options: Partial<EventSink> = {}, others: readonly EventSink[] = []) {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const state = { response: "accepts" as "accepts" | "fails" | "refuses" | "hangs" };
  const accepted: string[][] = [];
  const sentAt: number[] = [];
  const sink: EventSink = {
    name: "test",
    target: "nowhere",
    ...options,
    send: async (events, signal) => {
      sentAt.push((clock.monotonicMs() - startMs) / 1_000);
      if (state.response === "fails") throw new Error("connection refused");
      if (state.response === "refuses") throw new VitalsError("sink_refused", "POST returned 400");
      if (state.response === "hangs")
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
      accepted.push(events.map(shown));
    },
  };
  const counted: Record<string, number> = {};
  const meter = createNoopMeter();
  meter.createCounter = () => ({
    add: (count: number, attributes: Attributes = {}) => {
      const key = `${String(attributes["vitals.sink.name"])} ${String(attributes["vitals.outcome"])}`;
      counted[key] = (counted[key] ?? 0) + count;
    },
  });
  const dispatcher = new Dispatcher(
    { alertmanager: { url: "", headers: {}, resend: 60_000 }, webhook: { url: "", headers: {} } },
    { clock, meter, open: () => [], isPending: () => false, intervalMs: () => 1_000, externalUrl: "", sinks: [...others, sink] },
  );
  dispatcher.start();
  return { clock, dispatcher, state, accepted, sentAt, counted, report: () => dispatcher.report()[0] };
}

describe("Dispatcher with a sink of events", () => {
  it("Dispatcher sends every transition, fire and resolve in order, except inhibited alerts", async () => {
    const { dispatcher, accepted, counted } = makeDispatcher();
    dispatcher.dispatch([transition("c", "healthy", "unhealthy")]);
    dispatcher.dispatch([alert("a", "firing"), alert("b", "firing", "a")]);
    dispatcher.dispatch([alert("a", "resolved"), alert("b", "resolved", "a")]);
    await settle();
    expect(accepted.flat()).toEqual(["c unhealthy", "a firing", "a resolved"]);
    expect(counted).toEqual({ "test success": 3 });
  });

  it("Dispatcher sends every event once and in order when a failing sink recovers", async () => {
    const { clock, dispatcher, state, accepted, counted, report } = makeDispatcher();
    state.response = "fails";
    dispatcher.dispatch([transition("c", "healthy", "unhealthy"), alert("a", "firing")]);
    await clock.advance(1_200_000);
    dispatcher.dispatch([transition("c", "unhealthy", "healthy"), alert("a", "resolved")]);
    await clock.advance(1_200_000);
    const { failures = 0 } = report() ?? {};
    expect(accepted).toEqual([]);
    // Between 30 s and 60 s apart, once the waits have reached their maximum.
    expect(failures).toBeGreaterThan(40);
    expect(failures).toBeLessThan(90);
    expect(report()).toMatchObject({ consecutiveFailures: failures, pending: 4, dropped: 0, lastError: "connection refused" });
    state.response = "accepts";
    await clock.advance(60_000);
    expect(accepted).toEqual([["c unhealthy", "a firing", "c healthy", "a resolved"]]);
    expect(report()).toMatchObject({ consecutiveFailures: 0, pending: 0, sent: 4 });
    expect(counted["test success"]).toBe(4);
    await clock.advance(3_600_000);
    expect(accepted).toHaveLength(1);
  });

  it("Dispatcher drops superseded events first when the queue is full, and counts each", async () => {
    const { clock, dispatcher, state, accepted, counted, report } = makeDispatcher({ queue: 4 });
    state.response = "fails";
    dispatcher.dispatch([alert("a", "firing"), alert("b", "firing"), transition("c", "healthy", "degraded")]);
    for (let n = 0; n < 10; n += 1) dispatcher.dispatch([transition("d", "healthy", "degraded"), transition("d", "degraded", "healthy")]);
    dispatcher.dispatch([alert("b", "resolved")]);
    expect(report()).toMatchObject({ pending: 4, dropped: 20 });
    state.response = "accepts";
    await clock.advance(60_000);
    expect(accepted).toEqual([["a firing", "c degraded", "d healthy", "b resolved"]]);
    expect(counted).toMatchObject({ "test dropped": 20, "test success": 4 });
  });

  it("Dispatcher drops the oldest event when none is superseded", async () => {
    const { clock, dispatcher, state, accepted } = makeDispatcher({ queue: 2 });
    state.response = "fails";
    dispatcher.dispatch([alert("a", "firing"), alert("b", "firing"), alert("c", "firing")]);
    state.response = "accepts";
    await clock.advance(60_000);
    expect(accepted).toEqual([["b firing", "c firing"]]);
  });

  it("Dispatcher keeps to the batch, the pace and the deadline of a sink", async () => {
    const { clock, dispatcher, state, accepted, sentAt, report } = makeDispatcher({
      pace: { batch: 2, everyMs: 5_000, deadlineMs: 3_000 },
    });
    dispatcher.dispatch(["a", "b", "c", "d", "e"].map((name) => alert(name, "firing")));
    await clock.advance(60_000);
    expect(accepted).toEqual([["a firing", "b firing"], ["c firing", "d firing"], ["e firing"]]);
    expect(sentAt).toEqual([0, 5, 10]);
    state.response = "hangs";
    dispatcher.dispatch([alert("f", "firing")]);
    await clock.advance(3_000);
    expect(report()).toMatchObject({ failures: 1, pending: 1, lastError: "no response within 3s" });
  });

  it("Dispatcher does not send refused events again", async () => {
    const { clock, dispatcher, state, sentAt, counted, report } = makeDispatcher();
    state.response = "refuses";
    dispatcher.dispatch([alert("a", "firing")]);
    await clock.advance(600_000);
    expect(sentAt).toHaveLength(1);
    expect(report()).toMatchObject({ failures: 1, dropped: 1, pending: 0, lastError: "POST returned 400" });
    expect(counted).toEqual({ "test failed": 1, "test dropped": 1 });
  });

  it("Dispatcher sends pending events at stop, although the sink was failing and its next request is an hour away", async () => {
    const { clock, dispatcher, state, accepted } = makeDispatcher({ pace: { batch: 1, everyMs: 3_600_000 } });
    dispatcher.dispatch([alert("a", "firing")]);
    await settle();
    state.response = "fails";
    dispatcher.dispatch([alert("a", "resolved"), transition("c", "unhealthy", "healthy")]);
    await clock.advance(3_600_000);
    state.response = "accepts";
    await dispatcher.stop(2_000);
    expect(accepted).toEqual([["a firing"], ["a resolved"], ["c healthy"]]);
  });

  it("Dispatcher stops in time when a sink hangs", async () => {
    const { clock, dispatcher, state, report } = makeDispatcher();
    state.response = "hangs";
    dispatcher.dispatch([alert("a", "firing")]);
    await settle();
    const stopped = dispatcher.stop(2_000);
    await clock.advance(2_000);
    await stopped;
    expect(report()).toMatchObject({ pending: 1, failures: 1 });
  });
});

describe("Dispatcher with a sink that throws", () => {
  it("Dispatcher delivers to the other sinks when one throws instead of returning a promise", async () => {
    const broken: EventSink = {
      name: "broken",
      target: "nowhere",
      send: () => {
        throw new TypeError("not a function");
      },
    };
    const { dispatcher, accepted } = makeDispatcher({}, [broken]);
    dispatcher.dispatch([alert("a", "firing")]);
    await settle();
    dispatcher.dispatch([alert("a", "resolved")]);
    await settle();
    expect(accepted).toEqual([["a firing"], ["a resolved"]]);
    expect(dispatcher.report()).toMatchObject([
      { name: "broken", sent: 0, failures: 1, pending: 2, lastError: "not a function" },
      { name: "test", sent: 2, failures: 0, pending: 0 },
    ]);
    await dispatcher.stop(0);
  });

  it("Dispatcher drops what a sink of another copy of the package refuses, by the code of the error", async () => {
    const refusal = Object.assign(new Error("gone"), { name: "VitalsError", code: "sink_refused" });
    const { dispatcher } = makeDispatcher({}, [{ name: "foreign", target: "nowhere", send: () => Promise.reject(refusal) }]);
    dispatcher.dispatch([alert("a", "firing")]);
    await settle();
    expect(dispatcher.report()[0]).toMatchObject({ failures: 1, dropped: 1, pending: 0, lastError: "gone" });
    await dispatcher.stop(0);
  });
});

describe("Dispatcher.check", () => {
  it("Dispatcher reports the result of a sink's check, its failure, or that it has none", async () => {
    const [fine] = await makeDispatcher({ check: async () => "accepted nothing" }).dispatcher.check();
    expect(fine).toEqual({ name: "test", target: "nowhere", ok: true, detail: "accepted nothing" });
    const [bad] = await makeDispatcher({ check: () => Promise.reject(new Error("HEAD returned 401")) }).dispatcher.check();
    expect(bad).toMatchObject({ ok: false, detail: "HEAD returned 401" });
    const [unchecked] = await makeDispatcher().dispatcher.check();
    expect(unchecked).toMatchObject({ ok: true, detail: "not checked: it has no check that sends no alert" });
  });

  it("Dispatcher ends a check at its deadline", async () => {
    const { clock, dispatcher } = makeDispatcher({ check: () => new Promise(() => {}) });
    const checked = dispatcher.check();
    await clock.advance(10_000);
    expect(await checked).toMatchObject([{ ok: false, detail: "no response within 10s" }]);
  });
});

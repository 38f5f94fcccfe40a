import { createNoopMeter, type Attributes } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { Dispatcher } from "../../../src/health/sink/dispatcher.ts";
import type { Alert, HealthEvent } from "../../../src/health/record.ts";
import { Refused, type EventSink } from "../../../src/health/sink/sink.ts";
import type { Status } from "../../../src/health/status.ts";
import { settle, SimulatedClock } from "../../support/simulated-clock.ts";

let seq = 0;

function turned(component: string, from: Status, to: Status): HealthEvent {
  seq += 1;
  return { seq, kind: "transition", transition: { seq, time: "2026-01-01T00:00:00.000Z", component, from, to, reason: "because" } };
}

function alert(name: string, state: Alert["state"], inhibitedBy?: string): HealthEvent {
  seq += 1;
  return {
    seq,
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

/** A dispatcher with one sink that takes events and answers as a test says; `asked` are the moments it was asked, in seconds. */
function dispatched(options: Partial<EventSink> = {}) {
  const clock = new SimulatedClock();
  const startMs = clock.monotonicMs();
  const state = { answer: "takes" as "takes" | "fails" | "refuses" | "hangs" };
  const arrived: string[][] = [];
  const asked: number[] = [];
  const sink: EventSink = {
    name: "test",
    target: "nowhere",
    ...options,
    send: async (events, signal) => {
      asked.push((clock.monotonicMs() - startMs) / 1_000);
      if (state.answer === "fails") throw new Error("connection refused");
      if (state.answer === "refuses") throw new Refused("it answered 400");
      if (state.answer === "hangs") return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
      arrived.push(events.map(shown));
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
    { clock, meter, firing: () => [], sinks: [sink] },
  );
  dispatcher.start();
  return { clock, dispatcher, state, arrived, asked, counted, report: () => dispatcher.report()[0] };
}

describe("a sink that takes events", () => {
  it("is told every transition and every fire and resolve in their order, but nothing that another alert explains", async () => {
    const { dispatcher, arrived, counted } = dispatched();
    dispatcher.tell([turned("c", "healthy", "unhealthy")]);
    dispatcher.tell([alert("a", "firing"), alert("b", "firing", "a")]);
    dispatcher.tell([alert("a", "resolved"), alert("b", "resolved", "a")]);
    await settle();
    expect(arrived.flat()).toEqual(["c unhealthy", "a firing", "a resolved"]);
    expect(counted).toEqual({ "test success": 3 });
  });

  it("that was away gets all of it once, in order, when it is back", async () => {
    const { clock, dispatcher, state, arrived, counted, report } = dispatched();
    state.answer = "fails";
    dispatcher.tell([turned("c", "healthy", "unhealthy"), alert("a", "firing")]);
    await clock.advance(1_200_000);
    dispatcher.tell([turned("c", "unhealthy", "healthy"), alert("a", "resolved")]);
    await clock.advance(1_200_000);
    const { failures = 0 } = report() ?? {};
    expect(arrived).toEqual([]);
    // Between half a minute and a whole one apart, once they are as far apart as they get.
    expect(failures).toBeGreaterThan(40);
    expect(failures).toBeLessThan(90);
    expect(report()).toMatchObject({ consecutiveFailures: failures, pending: 4, dropped: 0, lastError: "connection refused" });
    state.answer = "takes";
    await clock.advance(60_000);
    expect(arrived).toEqual([["c unhealthy", "a firing", "c healthy", "a resolved"]]);
    expect(report()).toMatchObject({ consecutiveFailures: 0, pending: 0, sent: 4 });
    expect(counted["test success"]).toBe(4);
    await clock.advance(3_600_000);
    expect(arrived).toHaveLength(1);
  });

  it("that was away for longer than its queue loses what no longer holds first, each loss counted", async () => {
    const { clock, dispatcher, state, arrived, counted, report } = dispatched({ queue: 4 });
    state.answer = "fails";
    dispatcher.tell([alert("a", "firing"), alert("b", "firing"), turned("c", "healthy", "degraded")]);
    for (let n = 0; n < 10; n += 1) dispatcher.tell([turned("d", "healthy", "degraded"), turned("d", "degraded", "healthy")]);
    dispatcher.tell([alert("b", "resolved")]);
    expect(report()).toMatchObject({ pending: 4, dropped: 20 });
    state.answer = "takes";
    await clock.advance(60_000);
    expect(arrived).toEqual([["a firing", "c degraded", "d healthy", "b resolved"]]);
    expect(counted).toMatchObject({ "test dropped": 20, "test success": 4 });
  });

  it("loses the oldest where all that waits still holds", async () => {
    const { clock, dispatcher, state, arrived } = dispatched({ queue: 2 });
    state.answer = "fails";
    dispatcher.tell([alert("a", "firing"), alert("b", "firing"), alert("c", "firing")]);
    state.answer = "takes";
    await clock.advance(60_000);
    expect(arrived).toEqual([["b firing", "c firing"]]);
  });

  it("gets no more at once, no sooner and for no longer than it says", async () => {
    const { clock, dispatcher, state, arrived, asked, report } = dispatched({ pace: { batch: 2, everyMs: 5_000, deadlineMs: 3_000 } });
    dispatcher.tell(["a", "b", "c", "d", "e"].map((name) => alert(name, "firing")));
    await clock.advance(60_000);
    expect(arrived).toEqual([["a firing", "b firing"], ["c firing", "d firing"], ["e firing"]]);
    expect(asked).toEqual([0, 5, 10]);
    state.answer = "hangs";
    dispatcher.tell([alert("f", "firing")]);
    await clock.advance(3_000);
    expect(report()).toMatchObject({ failures: 1, pending: 1, lastError: "no answer within 3000 ms" });
  });

  it("that refuses is not asked again for the same", async () => {
    const { clock, dispatcher, state, asked, counted, report } = dispatched();
    state.answer = "refuses";
    dispatcher.tell([alert("a", "firing")]);
    await clock.advance(600_000);
    expect(asked).toHaveLength(1);
    expect(report()).toMatchObject({ failures: 1, dropped: 1, pending: 0, lastError: "it answered 400" });
    expect(counted).toEqual({ "test failed": 1, "test dropped": 1 });
  });

  it("is told what waits when the collector stops, although it was failing and its next turn is far off", async () => {
    const { clock, dispatcher, state, arrived } = dispatched({ pace: { batch: 1, everyMs: 3_600_000 } });
    dispatcher.tell([alert("a", "firing")]);
    await settle();
    state.answer = "fails";
    dispatcher.tell([alert("a", "resolved"), turned("c", "unhealthy", "healthy")]);
    await clock.advance(3_600_000);
    state.answer = "takes";
    await dispatcher.stop(2_000);
    expect(arrived).toEqual([["a firing"], ["a resolved"], ["c healthy"]]);
  });

  it("that hangs when the collector stops is waited for no longer than is given", async () => {
    const { clock, dispatcher, state, report } = dispatched();
    state.answer = "hangs";
    dispatcher.tell([alert("a", "firing")]);
    await settle();
    const stopped = dispatcher.stop(2_000);
    await clock.advance(2_000);
    await stopped;
    expect(report()).toMatchObject({ pending: 1, failures: 1 });
  });
});

describe("a sink that is asked whether it would take something", () => {
  it("says so in its own words, or why not, or that it cannot be asked", async () => {
    const [fine] = await dispatched({ check: async () => "took nothing" }).dispatcher.check();
    expect(fine).toEqual({ name: "test", target: "nowhere", ok: true, detail: "took nothing" });
    const [bad] = await dispatched({ check: () => Promise.reject(new Error("it answered 401")) }).dispatcher.check();
    expect(bad).toMatchObject({ ok: false, detail: "it answered 401" });
    const [mute] = await dispatched().dispatcher.check();
    expect(mute).toMatchObject({ ok: true, detail: "has no way to be asked without being told something" });
  });

  it("that does not answer is given up", async () => {
    const { clock, dispatcher } = dispatched({ check: () => new Promise(() => {}) });
    const asked = dispatcher.check();
    await clock.advance(10_000);
    expect(await asked).toMatchObject([{ ok: false, detail: "no answer within 10000 ms" }]);
  });
});

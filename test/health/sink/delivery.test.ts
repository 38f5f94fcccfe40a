import { metrics } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import type { Alert } from "../../../src/health/record.ts";
import { AlertBacklog } from "../../../src/health/sink/backlog.ts";
import { Delivery } from "../../../src/health/sink/delivery.ts";
import { Refused } from "../../../src/health/sink/sink.ts";
import { settle, SimulatedClock } from "../../support/simulated-clock.ts";

type Answer = "takes" | "fails" | "refuses" | "hangs";

function alert(name: string, state: Alert["state"] = "firing", reason = "because"): Alert {
  return {
    fingerprint: name,
    state,
    labels: { alertname: name, component: "c", severity: "warning" },
    annotations: { summary: "s", description: reason },
    startsAt: "2026-01-01T00:00:00.000Z",
    ...(state === "resolved" ? { endsAt: "2026-01-01T00:01:00.000Z" } : {}),
    reason,
  };
}

/** A delivery to a sink that answers as a test says and keeps what arrived; `asked` are the moments it was asked, in seconds. */
function delivered(resendMs?: number) {
  const clock = new SimulatedClock();
  const startMs = clock.monotonicMs();
  const arrived: (readonly Alert[])[] = [];
  const asked: number[] = [];
  const state = { answer: "takes" as Answer, before: async () => {}, firing: [] as readonly Alert[] };
  const sink = {
    name: "test",
    target: "nowhere",
    ...(resendMs === undefined ? {} : { resendMs }),
    send: (alerts: readonly Alert[], signal: AbortSignal): Promise<void> => {
      asked.push((clock.monotonicMs() - startMs) / 1_000);
      if (state.answer === "fails") return Promise.reject(new Error("connection refused"));
      if (state.answer === "refuses") return Promise.reject(new Refused("it answered 400"));
      if (state.answer === "hangs")
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      arrived.push(alerts);
      return state.before();
    },
  };
  const backlog = new AlertBacklog(clock, resendMs !== undefined, () => state.firing);
  const delivery = new Delivery(sink, backlog, clock, metrics.getMeter("test").createCounter("n"));
  delivery.start();
  const names = () => arrived.map((each) => each.map(({ fingerprint, state: its }) => `${fingerprint} ${its}`));
  return { clock, delivery, state, arrived, asked, names };
}

describe("alerts for a sink", () => {
  it("that changed together arrive together, once", async () => {
    const { clock, delivery, names } = delivered();
    delivery.tell([alert("a"), alert("b")]);
    await clock.advance(3_600_000);
    expect(names()).toEqual([["a firing", "b firing"]]);
    expect(delivery.report()).toMatchObject({ sent: 2, failures: 0, pending: 0, lastError: null });
  });

  it("that did not arrive are tried again, less and less often, until they do", async () => {
    const { clock, delivery, state, asked, names } = delivered();
    state.answer = "fails";
    delivery.tell([alert("a")]);
    await clock.advance(600_000);
    const waits = asked.slice(1).map((at, n) => at - (asked[n] as number));
    waits.forEach((wait, n) => {
      const longest = Math.min(60, 2 ** n);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBeLessThanOrEqual(longest);
    });
    expect(waits.length).toBeGreaterThan(10);
    expect(delivery.report()).toMatchObject({ consecutiveFailures: asked.length, lastError: "connection refused", pending: 1 });
    state.answer = "takes";
    await clock.advance(60_000);
    expect(names()).toEqual([["a firing"]]);
    expect(delivery.report()).toMatchObject({ consecutiveFailures: 0, pending: 0, sent: 1 });
  });

  it("that changed while it was away arrive as they are now", async () => {
    const { clock, delivery, state, names } = delivered();
    state.answer = "fails";
    delivery.tell([alert("still fires"), alert("is over")]);
    await clock.advance(5_000);
    delivery.tell([alert("is over", "resolved"), alert("is new")]);
    state.answer = "takes";
    await clock.advance(60_000);
    expect(names()).toEqual([["still fires firing", "is over resolved", "is new firing"]]);
  });

  it("that change while they are on their way go once more", async () => {
    const { clock, delivery, state, names } = delivered();
    state.before = async () => {
      state.before = async () => {};
      delivery.tell([alert("a", "resolved")]);
    };
    delivery.tell([alert("a"), alert("b")]);
    await clock.advance(1_000);
    expect(names()).toEqual([["a firing", "b firing"], ["a resolved"]]);
  });

  it("are not waited for beyond a deadline", async () => {
    const { clock, delivery, state, asked } = delivered();
    state.answer = "hangs";
    delivery.tell([alert("a")]);
    await clock.advance(10_000);
    expect(delivery.report()).toMatchObject({ failures: 1, lastError: "no answer within 10000 ms" });
    await clock.advance(1_000);
    expect(asked).toHaveLength(2);
  });

  it("that it refuses are given up and counted, not tried again", async () => {
    const { clock, delivery, state, asked } = delivered();
    state.answer = "refuses";
    delivery.tell([alert("a"), alert("b")]);
    await clock.advance(600_000);
    expect(asked).toHaveLength(1);
    expect(delivery.report()).toMatchObject({ dropped: 2, failures: 1, pending: 0, lastError: "it answered 400" });
  });

  it("are sent a few hundred at once, and of too many the oldest are dropped and counted", async () => {
    const { clock, delivery, state, arrived } = delivered();
    state.answer = "fails";
    for (let n = 0; n < 10_010; n += 1) delivery.tell([alert(`a${n}`)]);
    expect(delivery.report()).toMatchObject({ pending: 10_000, dropped: 10 });
    await clock.advance(1_000);
    state.answer = "takes";
    await clock.advance(60_000);
    expect(Math.max(...arrived.map(({ length }) => length))).toBe(256);
    expect(arrived.flat().map(({ fingerprint }) => fingerprint)).toEqual(Array.from({ length: 10_000 }, (_, n) => `a${n + 10}`));
  });
});

describe("a sink that has to be told again", () => {
  it("is told what fires, as it is now, also while other alerts keep changing", async () => {
    const { clock, delivery, state, arrived } = delivered(60_000);
    delivery.tell([alert("a")]);
    state.firing = [alert("a", "firing", "for 1 min")];
    for (let n = 0; n < 7; n += 1) {
      await clock.advance(10_000);
      delivery.tell([alert("noise", n % 2 === 0 ? "firing" : "resolved")]);
    }
    await settle();
    const told = arrived.flat().filter(({ fingerprint }) => fingerprint === "a");
    expect(told.map(({ reason }) => reason)).toEqual(["because", "for 1 min"]);
  });

  it("is told what resolved for five minutes more, and no longer", async () => {
    const { clock, delivery, arrived } = delivered(60_000);
    delivery.tell([alert("a")]);
    await clock.advance(1);
    delivery.tell([alert("a", "resolved")]);
    await clock.advance(3_600_000);
    expect(arrived.flat().map(({ state }) => state)).toEqual(["firing", ...Array.from({ length: 6 }, () => "resolved")]);
  });

  it("is not told a resolve again once the alert fires anew", async () => {
    const { clock, delivery, state, arrived } = delivered(60_000);
    delivery.tell([alert("a", "resolved")]);
    await clock.advance(1);
    delivery.tell([alert("a")]);
    state.firing = [alert("a")];
    await clock.advance(300_000);
    expect(arrived.flat().filter(({ state: its }) => its === "resolved")).toHaveLength(1);
  });
});

describe("the end of a delivery", () => {
  it("sends what waits once more, also in the middle of a wait or of a hanging send", async () => {
    for (const answer of ["fails", "hangs"] as const) {
      const { clock, delivery, state, names } = delivered();
      state.answer = answer;
      delivery.tell([alert("a")]);
      await clock.advance(2_000);
      delivery.tell([alert("a", "resolved")]);
      state.answer = "takes";
      const failures = delivery.report().failures;
      await delivery.stop(2_000);
      expect(names()).toEqual([["a resolved"]]);
      expect(delivery.report().failures).toBe(failures);
    }
  });

  it("is not held up by a sink that hangs", async () => {
    const { clock, delivery, state } = delivered();
    state.answer = "hangs";
    delivery.tell([alert("a")]);
    await settle();
    const stopped = delivery.stop(2_000);
    await clock.advance(2_000);
    await stopped;
    expect(delivery.report()).toMatchObject({ pending: 1, failures: 1 });
  });
});

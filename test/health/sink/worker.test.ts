import { metrics } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { VitalsError } from "../../../src/base/errors.ts";
import type { Alert } from "../../../src/health/record.ts";
import { AlertBacklog } from "../../../src/health/sink/alert-backlog.ts";
import { SinkWorker } from "../../../src/health/sink/worker.ts";
import { settle, ManualClock } from "../../../src/base/manual-clock.ts";

type Response = "accepts" | "fails" | "refuses" | "hangs";

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

/** A worker of a sink that responds as `state` says and records what it accepted; `sentAt` are the times of its requests, in seconds. */
function makeWorker(delayMs?: number) {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const accepted: (readonly Alert[])[] = [];
  const sentAt: number[] = [];
  const state = { response: "accepts" as Response, before: async () => {}, open: [] as readonly Alert[] };
  const resend = delayMs === undefined ? undefined : { delayMs, lifetimeMs: () => 4 * delayMs };
  const sink = {
    name: "test",
    target: "nowhere",
    ...(resend === undefined ? {} : { resend }),
    send: (alerts: readonly Alert[], signal: AbortSignal): Promise<void> => {
      sentAt.push((clock.monotonicMs() - startMs) / 1_000);
      if (state.response === "fails") return Promise.reject(new Error("connection refused"));
      if (state.response === "refuses") return Promise.reject(new VitalsError("sink_refused", "POST returned 400"));
      if (state.response === "hangs")
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      accepted.push(alerts);
      return state.before();
    },
  };
  const backlog = new AlertBacklog(
    {
      clock,
      open: (components) => state.open.filter(({ labels }) => components?.includes(labels.component) !== false),
      isPending: () => false,
      intervalMs: () => 1_000,
    },
    () => resend,
  );
  const worker = new SinkWorker(sink, backlog, { clock, notifications: metrics.getMeter("test").createCounter("n") });
  worker.start();
  const names = () => accepted.map((each) => each.map(({ fingerprint, state: its }) => `${fingerprint} ${its}`));
  return { clock, worker, state, accepted, sentAt, names };
}

describe("SinkWorker with alerts", () => {
  it("SinkWorker sends alerts that changed together in one request, once", async () => {
    const { clock, worker, names } = makeWorker();
    worker.enqueue([alert("a"), alert("b")]);
    await clock.advance(3_600_000);
    expect(names()).toEqual([["a firing", "b firing"]]);
    expect(worker.report()).toMatchObject({ sent: 2, failures: 0, pending: 0, lastError: null });
  });

  it("SinkWorker retries a failed request with growing waits until it succeeds", async () => {
    const { clock, worker, state, sentAt, names } = makeWorker();
    state.response = "fails";
    worker.enqueue([alert("a")]);
    await clock.advance(600_000);
    const waits = sentAt.slice(1).map((at, n) => at - (sentAt[n] as number));
    waits.forEach((wait, n) => {
      const longest = Math.min(60, 2 ** n);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBeLessThanOrEqual(longest);
    });
    expect(waits.length).toBeGreaterThan(10);
    expect(worker.report()).toMatchObject({ consecutiveFailures: sentAt.length, lastError: "connection refused", pending: 1 });
    state.response = "accepts";
    await clock.advance(60_000);
    expect(names()).toEqual([["a firing"]]);
    expect(worker.report()).toMatchObject({ consecutiveFailures: 0, pending: 0, sent: 1 });
  });

  it("SinkWorker sends the newest state of alerts that changed while the sink failed", async () => {
    const { clock, worker, state, names } = makeWorker();
    state.response = "fails";
    worker.enqueue([alert("a"), alert("b")]);
    await clock.advance(5_000);
    worker.enqueue([alert("b", "resolved"), alert("c")]);
    state.response = "accepts";
    await clock.advance(60_000);
    expect(names()).toEqual([["a firing", "b resolved", "c firing"]]);
  });

  it("SinkWorker sends an alert again that changed while it was sent", async () => {
    const { clock, worker, state, names } = makeWorker();
    state.before = async () => {
      state.before = async () => {};
      worker.enqueue([alert("a", "resolved")]);
    };
    worker.enqueue([alert("a"), alert("b")]);
    await clock.advance(1_000);
    expect(names()).toEqual([["a firing", "b firing"], ["a resolved"]]);
  });

  it("SinkWorker ends a request at its deadline", async () => {
    const { clock, worker, state, sentAt } = makeWorker();
    state.response = "hangs";
    worker.enqueue([alert("a")]);
    await clock.advance(10_000);
    expect(worker.report()).toMatchObject({ failures: 1, lastError: "no response within 10s" });
    await clock.advance(1_000);
    expect(sentAt).toHaveLength(2);
  });

  it("SinkWorker drops and counts refused alerts without a retry", async () => {
    const { clock, worker, state, sentAt } = makeWorker();
    state.response = "refuses";
    worker.enqueue([alert("a"), alert("b")]);
    await clock.advance(600_000);
    expect(sentAt).toHaveLength(1);
    expect(worker.report()).toMatchObject({ dropped: 2, failures: 1, pending: 0, lastError: "POST returned 400" });
  });

  it("SinkWorker sends at most 256 alerts at once and drops the oldest beyond 10 000", async () => {
    const { clock, worker, state, accepted } = makeWorker();
    state.response = "fails";
    for (let n = 0; n < 10_010; n += 1) worker.enqueue([alert(`a${n}`)]);
    expect(worker.report()).toMatchObject({ pending: 10_000, dropped: 10 });
    await clock.advance(1_000);
    state.response = "accepts";
    await clock.advance(60_000);
    expect(Math.max(...accepted.map(({ length }) => length))).toBe(256);
    expect(accepted.flat().map(({ fingerprint }) => fingerprint)).toEqual(Array.from({ length: 10_000 }, (_, n) => `a${n + 10}`));
  });
});

describe("SinkWorker with resends", () => {
  it("SinkWorker resends firing alerts in their current state while other alerts change", async () => {
    const { clock, worker, state, accepted } = makeWorker(60_000);
    worker.enqueue([alert("a")]);
    state.open = [alert("a", "firing", "for 1 min")];
    for (let n = 0; n < 7; n += 1) {
      await clock.advance(10_000);
      worker.enqueue([alert("noise", n % 2 === 0 ? "firing" : "resolved")]);
      worker.evaluated(undefined);
    }
    await settle();
    const resent = accepted.flat().filter(({ fingerprint }) => fingerprint === "a");
    expect(resent.map(({ reason }) => reason)).toEqual(["because", "for 1 min"]);
  });

  it("SinkWorker resends nothing between evaluations, nor for the evaluation of another component", async () => {
    const { clock, worker, state, sentAt } = makeWorker(60_000);
    worker.enqueue([alert("a")]);
    state.open = [alert("a")];
    await clock.advance(600_000);
    worker.evaluated(["other"]);
    await clock.advance(1_000);
    expect(sentAt).toEqual([0]);
    worker.evaluated(["other", "c"]);
    await settle();
    expect(sentAt).toEqual([0, 601]);
  });

  it("SinkWorker does not resend alerts to a sink that keeps what it received", async () => {
    const { clock, worker, state, sentAt } = makeWorker();
    worker.enqueue([alert("a")]);
    state.open = [alert("a")];
    for (let n = 0; n < 100; n += 1) {
      await clock.advance(60_000);
      worker.evaluated(undefined);
    }
    expect(sentAt).toEqual([0]);
  });

  it("SinkWorker sends what waited during a failure as it is by then, once", async () => {
    const { clock, worker, state, accepted } = makeWorker(60_000);
    state.response = "fails";
    worker.enqueue([alert("a")]);
    for (let n = 0; n < 10; n += 1) {
      await clock.advance(1_000);
      state.open = [alert("a", "firing", `for ${n + 1} s`)];
      worker.evaluated(undefined);
    }
    state.response = "accepts";
    await clock.advance(30_000);
    worker.evaluated(undefined);
    await clock.advance(1_000);
    expect(accepted.flat().map(({ reason }) => reason)).toEqual(["for 10 s"]);
  });

  it("SinkWorker resends a firing alert that was dropped beyond the limit or refused", async () => {
    const { clock, worker, state, accepted } = makeWorker(60_000);
    state.response = "refuses";
    const all = Array.from({ length: 10_001 }, (_, n) => alert(`a${n}`));
    worker.enqueue(all);
    await clock.advance(1_000);
    expect(worker.report()).toMatchObject({ dropped: 10_001, pending: 0 });
    state.response = "accepts";
    state.open = [all[0] as Alert, all.at(-1) as Alert];
    await clock.advance(60_000);
    worker.evaluated(undefined);
    await settle();
    expect(accepted.flat().map(({ fingerprint }) => fingerprint)).toEqual(["a0", "a10000"]);
  });

  it("SinkWorker does not resend a resolved alert that fires again", async () => {
    const { clock, worker, state, accepted } = makeWorker(60_000);
    worker.enqueue([alert("a", "resolved")]);
    await clock.advance(1);
    worker.enqueue([alert("a")]);
    state.open = [alert("a")];
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(60_000);
      worker.evaluated(undefined);
    }
    await settle();
    expect(accepted.flat().map(({ state: its }) => its)).toEqual(["resolved", ...Array.from({ length: 6 }, () => "firing")]);
  });
});

describe("SinkWorker.stop", () => {
  it("SinkWorker sends pending alerts once more when stopped during a wait or a hanging request", async () => {
    for (const response of ["fails", "hangs"] as const) {
      const { clock, worker, state, names } = makeWorker();
      state.response = response;
      worker.enqueue([alert("a")]);
      await clock.advance(2_000);
      worker.enqueue([alert("a", "resolved")]);
      state.response = "accepts";
      const failures = worker.report().failures;
      await worker.stop(2_000);
      expect(names()).toEqual([["a resolved"]]);
      expect(worker.report().failures).toBe(failures);
    }
  });

  it("SinkWorker stops in time when the sink hangs", async () => {
    const { clock, worker, state } = makeWorker();
    state.response = "hangs";
    worker.enqueue([alert("a")]);
    await settle();
    const stopped = worker.stop(2_000);
    await clock.advance(2_000);
    await stopped;
    expect(worker.report()).toMatchObject({ pending: 1, failures: 1 });
  });
});

import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";

const { signal } = new AbortController();

describe("systemClock", () => {
  it("systemClock sleeps until the given time and not a millisecond less", async () => {
    for (const ms of [0.3, 1, 4.7, 20]) {
      const untilMs = systemClock.monotonicMs() + ms;
      await systemClock.sleepUntil(untilMs, signal);
      expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(untilMs);
    }
  });

  it("systemClock ends a sleep as soon as its signal aborts, and does not start one with an aborted signal", async () => {
    const stop = new AbortController();
    const sleep = systemClock.sleepUntil(systemClock.monotonicMs() + 3_600_000, stop.signal);
    stop.abort();
    await sleep;
    await systemClock.sleepUntil(systemClock.monotonicMs() + 3_600_000, stop.signal);
  });

  it("systemClock wakes a late sleeper after the events that arrived meanwhile", async () => {
    const order: string[] = [];
    const sleep = systemClock.sleepUntil(systemClock.monotonicMs() + 5, signal).then(() => order.push("timer"));
    const arrived = new Promise<void>((resolve) => {
      process.once("SIGUSR2", () => {
        order.push("event");
        resolve();
      });
    });
    process.kill(process.pid, "SIGUSR2");
    for (const end = performance.now() + 50; performance.now() < end;);
    await Promise.all([sleep, arrived]);
    expect(order).toEqual(["event", "timer"]);
  });

  it("systemClock counts a block as time, and no suspension", async () => {
    const before = [systemClock.monotonicMs(), systemClock.suspendedMs()] as const;
    const sleep = systemClock.sleepUntil(before[0] + 1, signal);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300);
    await sleep;
    expect(systemClock.monotonicMs() - before[0]).toBeGreaterThan(1_299);
    expect(systemClock.suspendedMs()).toBe(before[1]);
  });
});

import { describe, expect, it } from "vitest";
import { MIN_SUSPENSION_MS, RunningTime } from "../../src/base/suspension.ts";

/** A process whose time a test spends: waiting for events, working, blocked without using CPU, or stopped. */
function scripted() {
  let [nowMs, idleMs, cpuMs] = [5_000, 400, 30];
  let continued = (): void => {};
  let polled: (() => void)[] = [];
  const running = new RunningTime({
    nowMs: () => nowMs,
    idleMs: () => idleMs,
    cpuMs: () => cpuMs,
    onContinued: (listener) => void (continued = listener),
    afterPoll: (act) => void polled.push(act),
  });
  return {
    running,
    /** The loop waits for events, and is stopped in it or not: that makes no difference to its measurements. */
    wait: (ms: number): void => {
      nowMs += ms;
      idleMs += ms;
    },
    work: (ms: number): void => {
      nowMs += ms;
      cpuMs += ms;
    },
    /** Runs code that waits itself, or is stopped while it runs code. */
    standStill: (ms: number): void => {
      nowMs += ms;
    },
    /** The loop polls for events. @param isContinued whether a signal has continued the process since the last poll */
    poll: (isContinued: boolean): void => {
      if (isContinued) continued();
      const due = polled;
      polled = [];
      for (const act of due) act();
    },
  };
}

describe("RunningTime", () => {
  it("RunningTime passes while the loop waits for its earliest timer, works and blocks", () => {
    const { running, wait, work } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 60_000);
    wait(59_000);
    expect(running.nowMs).toBe(startMs + 59_000);
    work(30_000);
    expect(running.nowMs).toBe(startMs + 89_000);
    expect(running.suspendedMs).toBe(0);
  });

  it("RunningTime passes while the loop waits and no timer is set", () => {
    const { running, wait } = scripted();
    const startMs = running.nowMs;
    wait(3_600_000);
    expect(running.nowMs).toBe(startMs + 3_600_000);
  });

  it("RunningTime stands still from the earliest due timer on while the loop waits longer than for that", () => {
    const { running, wait } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 4_000);
    running.expectWake(startMs + 800);
    wait(10_000);
    expect(running.nowMs).toBe(startMs + 800);
    expect(running.suspendedMs).toBe(9_200);
    wait(100);
    expect(running.nowMs).toBe(startMs + 900);
  });

  it("RunningTime stands still in each of several suspensions", () => {
    const { running, wait } = scripted();
    const startMs = running.nowMs;
    for (let n = 1; n <= 5; n += 1) {
      const woken = running.expectWake(startMs + n * 1_000);
      wait(5_000);
      expect(running.nowMs).toBe(startMs + n * 1_000);
      woken();
    }
    expect(running.suspendedMs).toBe(20_000);
  });

  it("RunningTime leaves a timer out that no longer wakes the loop", () => {
    const { running, wait } = scripted();
    const startMs = running.nowMs;
    const woken = running.expectWake(startMs + 10);
    running.expectWake(startMs + 60_000);
    woken();
    wait(30_000);
    expect(running.nowMs).toBe(startMs + 30_000);
  });

  it(`RunningTime counts a timer that is late by ${MIN_SUSPENSION_MS} ms or less as late`, () => {
    const { running, wait } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 500);
    wait(500 + MIN_SUSPENSION_MS);
    expect(running.nowMs).toBe(startMs + 500 + MIN_SUSPENSION_MS);
    expect(running.suspendedMs).toBe(0);
  });

  it("RunningTime separates a block from the suspension that follows it", () => {
    const { running, wait, work } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 1_000);
    wait(1_000);
    work(3_000);
    wait(10_000);
    expect(running.nowMs).toBe(startMs + 4_000);
    expect(running.suspendedMs).toBe(10_000);
  });

  it("RunningTime stands still for a suspension that starts while the loop runs code and ends with a signal", () => {
    const { running, work, standStill, poll } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 800);
    work(5);
    standStill(10_000);
    expect(running.nowMs).toBe(startMs + 805);
    expect(running.isDoubtful).toBe(true);
    expect(running.suspendedMs).toBe(0);
    poll(true);
    expect(running.isDoubtful).toBe(false);
    expect([running.nowMs, running.suspendedMs]).toEqual([startMs + 805, 9_200]);
  });

  it("RunningTime stands still if the signal arrives before time is read again", () => {
    const { running, standStill, poll } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 800);
    standStill(10_000);
    poll(true);
    expect([running.nowMs, running.suspendedMs]).toEqual([startMs + 800, 9_200]);
  });

  it("RunningTime adds a block without CPU time, as by execSync, after the next poll for events", () => {
    const { running, standStill, poll } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 800);
    standStill(3_000);
    expect(running.nowMs).toBe(startMs + 800);
    poll(false);
    expect([running.nowMs, running.suspendedMs, running.isDoubtful]).toEqual([startMs + 3_000, 0, false]);
  });

  it("RunningTime stands still if one suspension hits waiting and the next one running code", () => {
    const { running, wait, standStill, poll } = scripted();
    const startMs = running.nowMs;
    running.expectWake(startMs + 20);
    wait(3_000);
    standStill(3_000);
    expect(running.nowMs).toBe(startMs + 20);
    poll(true);
    expect([running.nowMs, running.suspendedMs]).toEqual([startMs + 20, 5_980]);
  });

  it("RunningTime never steps back", () => {
    const { running, wait, work, standStill, poll } = scripted();
    let [random, beforeMs] = [42, running.nowMs];
    const next = (bound: number): number => {
      random = (random * 48_271) % 2_147_483_647;
      return random % bound;
    };
    for (let n = 0; n < 20_000; n += 1) {
      if (next(3) === 0) running.expectWake(beforeMs + next(3_000));
      else [wait, work, standStill, () => poll(next(2) === 0)][next(4)]?.(next(5_000));
      if (next(2) === 0) continue;
      const nowMs = running.nowMs;
      expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
      beforeMs = nowMs;
    }
  });
});

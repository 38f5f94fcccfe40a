import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/base/manual-clock.ts";

const { signal } = new AbortController();

describe("ManualClock", () => {
  it("ManualClock starts at the given wall and monotonic time", () => {
    const clock = new ManualClock({ wallMs: 5_000, monotonicMs: 70 });
    expect([clock.wallMs(), clock.monotonicMs()]).toEqual([5_000, 70]);
    expect(new Date(new ManualClock().wallMs()).toISOString()).toBe("2026-01-01T00:00:00.000Z");
  });

  it("ManualClock wakes sleepers at their times, earliest first, and lets them sleep again meanwhile", async () => {
    const clock = new ManualClock({ monotonicMs: 0 });
    const woken: string[] = [];
    const loop = async (name: string, everyMs: number): Promise<void> => {
      for (let n = 1; n <= 2; n += 1) {
        await clock.sleepUntil(n * everyMs, signal);
        woken.push(`${name} at ${clock.monotonicMs()}`);
      }
    };
    void loop("slow", 30);
    void loop("fast", 20);
    await clock.advance(45);
    expect(woken).toEqual(["fast at 20", "slow at 30", "fast at 40"]);
    expect(clock.monotonicMs()).toBe(45);
    await clock.advance(15);
    expect(woken.at(-1)).toBe("slow at 60");
  });

  it("ManualClock does not sleep until a time that has passed, nor with an aborted signal", async () => {
    const clock = new ManualClock();
    await clock.sleepUntil(clock.monotonicMs(), signal);
    await clock.sleepUntil(clock.monotonicMs() + 1, AbortSignal.abort());
  });

  it("ManualClock wakes a sleeper whose signal aborts, without advancing time", async () => {
    const clock = new ManualClock({ monotonicMs: 0 });
    const stop = new AbortController();
    const sleep = clock.sleepUntil(1_000, stop.signal);
    stop.abort();
    await sleep;
    expect(clock.monotonicMs()).toBe(0);
  });

  it("ManualClock wakes no sleeper while it is blocked, and all that are due afterwards", async () => {
    const clock = new ManualClock({ monotonicMs: 0 });
    const woken: number[] = [];
    void clock.sleepUntil(10, signal).then(() => woken.push(clock.monotonicMs()));
    clock.block(25);
    expect(woken).toEqual([]);
    await clock.advance(0);
    expect(woken).toEqual([25]);
  });

  it("ManualClock steps the wall clock without touching monotonic time", () => {
    const clock = new ManualClock({ wallMs: 1_000, monotonicMs: 0 });
    clock.stepWall(-400);
    expect([clock.wallMs(), clock.monotonicMs()]).toEqual([600, 0]);
  });

  it("ManualClock in a suspension steps the wall clock, and wakes sleepers after the rest of their time", async () => {
    const clock = new ManualClock({ wallMs: 1_000, monotonicMs: 0 });
    const woken: number[] = [];
    void clock.sleepUntil(10, signal).then(() => woken.push(clock.wallMs()));
    await clock.advance(4);
    clock.suspend(500);
    expect([clock.wallMs(), clock.monotonicMs(), clock.suspendedMs()]).toEqual([1_504, 4, 500]);
    await clock.advance(6);
    expect(woken).toEqual([1_510]);
  });
});

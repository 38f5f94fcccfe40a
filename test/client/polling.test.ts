import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/client/api.ts";
import type { Range } from "../../src/client/columns.ts";
import { Polling } from "../../src/client/polling.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A polling whose requests end when the test says so, and otherwise at once. */
function polling() {
  const calls: string[] = [];
  const ranges: Range[] = [];
  let present: Range = { fromMs: 100_000, toMs: 400_000 };
  let held = async (): Promise<void> => {};
  let signedOut = 0;
  const load = (what: string) => async (): Promise<void> => {
    calls.push(what);
    await held();
  };
  const made = new Polling(
    {
      current: load("current"),
      reports: load("reports"),
      history: load("history"),
      samples: async (range) => {
        ranges.push(range);
        await load("samples")();
      },
    },
    { neededRanges: () => [present], settled: () => {}, signedOut: () => (signedOut += 1) },
  );
  return {
    made,
    calls,
    ranges,
    show: (range: Range) => (present = range),
    hold: (until: () => Promise<void>) => (held = until),
    signedOut: () => signedOut,
  };
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const countOf = (calls: readonly string[], what: string): number => calls.filter((call) => call === what).length;

describe("Polling", () => {
  it("Polling loads history and samples once after each fresh start, current values every 5 s, and reports every third time", async () => {
    const { made, calls } = polling();
    made.pollIn(0);
    await pass(20_000);
    expect(calls).toEqual([]);
    made.reload();
    await pass(0);
    expect(calls).toEqual(["current", "history", "samples"]);
    await pass(10_000);
    expect(calls.slice(3)).toEqual(["current", "current", "reports"]);
    made.reload();
    await pass(0);
    expect(calls.slice(6)).toEqual(["current", "history", "samples"]);
    made.stop();
    await pass(60_000);
    expect(calls).toHaveLength(9);
  });

  it("Polling never starts a poll while one is under way, however slow the collector is", async () => {
    const { made, calls, hold } = polling();
    const { promise, resolve: release } = Promise.withResolvers<void>();
    hold(() => promise);
    made.reload();
    await pass(120_000);
    made.pollIn(1_000);
    made.pollIn(0);
    await pass(120_000);
    expect(calls).toEqual(["current"]);
    release();
    hold(async () => {});
    await pass(0);
    expect(countOf(calls, "current")).toBe(2);
    made.stop();
  });

  it("Polling stays stopped when a poll under way ends", async () => {
    const { made, calls, hold } = polling();
    const { promise, resolve: release } = Promise.withResolvers<void>();
    hold(() => promise);
    made.reload();
    await pass(0);
    made.stop();
    release();
    await pass(60_000);
    expect(countOf(calls, "current")).toBe(1);
  });

  it("Polling requests only the samples that it lacks when a longer window is selected", async () => {
    const { made, ranges, show } = polling();
    made.reload();
    await pass(0);
    show({ fromMs: 50_000, toMs: 420_000 });
    await made.loadSamples();
    show({ fromMs: 90_000, toMs: 430_000 });
    await made.loadSamples();
    expect(ranges).toEqual([
      { fromMs: 100_000, toMs: 460_000 },
      { fromMs: 50_000, toMs: 100_000 },
    ]);
    made.stop();
  });

  it("Polling reports a 401, and leaves every other failure to the stream", async () => {
    const { made, hold, signedOut } = polling();
    hold(() => Promise.reject(new ApiError(503, "stopping")));
    made.reload();
    await pass(6_000);
    expect(signedOut()).toBe(0);
    hold(() => Promise.reject(new ApiError(401, "no token")));
    await pass(5_000);
    expect(signedOut()).toBe(1);
    made.stop();
  });
});

import { describe, expect, it } from "vitest";
import { ManualClock, settle } from "../../../src/base/manual-clock.ts";
import type { ScanJob, ScanResult } from "../../../src/source/graph-store/scan.ts";
import { Scans } from "../../../src/source/graph-store/scans.ts";

const JOB = {} as ScanJob;
const RESULT: ScanResult = { done: [], sizes: new Map(), topologies: [] };

/** Scans of which the test decides when they end. */
function scans(intervalMs = 1_000) {
  const clock = new ManualClock();
  const running: { readonly job: ScanJob; readonly signal: AbortSignal; readonly end: PromiseWithResolvers<ScanResult> }[] = [];
  const run = (job: ScanJob, signal: AbortSignal): Promise<ScanResult> => {
    const end = Promise.withResolvers<ScanResult>();
    signal.addEventListener("abort", () => end.reject(signal.reason));
    running.push({ job, signal, end });
    return end.promise;
  };
  return { clock, running, scans: new Scans(intervalMs, () => clock.monotonicMs(), run) };
}

describe("Scans", () => {
  it("a scan is due at first, and an interval after the previous one started", async () => {
    const { clock, running, scans: it } = scans();
    expect(it.isDue("a")).toBe(true);
    void it.start("a", JOB);
    await settle();
    running[0]?.end.resolve(RESULT);
    await settle();
    expect([it.isDue("a"), it.isDue("b")]).toEqual([false, true]);
    await clock.advance(899);
    expect(it.isDue("a")).toBe(false);
    // The next reading can come a little early.
    await clock.advance(1);
    expect(it.isDue("a")).toBe(true);
  });

  it("a scan that takes longer than the interval is not due again before it ended", async () => {
    const { clock, running, scans: it } = scans();
    const started = it.start("a", JOB);
    await clock.advance(10_000);
    expect(it.isDue("a")).toBe(false);
    running[0]?.end.resolve(RESULT);
    await started;
    expect(it.isDue("a")).toBe(true);
  });

  it("two scans never run at a time", async () => {
    const { running, scans: it } = scans();
    const both = [it.start("a", JOB), it.start("b", JOB)];
    await settle();
    expect(running).toHaveLength(1);
    running[0]?.end.reject(new Error("failed"));
    await settle();
    expect(running).toHaveLength(2);
    running[1]?.end.resolve(RESULT);
    await Promise.all(both);
  });

  it("a result is taken once, by its own type", async () => {
    const { running, scans: it } = scans();
    const started = it.start("a", JOB);
    await settle();
    expect(it.take("a")).toBeUndefined();
    running[0]?.end.resolve(RESULT);
    await started;
    expect([it.take("b"), it.take("a"), it.take("a")]).toEqual([undefined, RESULT, undefined]);
  });

  it("disposing of the scans aborts the one that runs, starts none that waits, and waits for both", async () => {
    const { running, scans: it } = scans();
    const both = [it.start("a", JOB), it.start("b", JOB)];
    await settle();
    await it[Symbol.asyncDispose]();
    await Promise.all(both);
    expect(running.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(it.take("a")).toBeUndefined();
  });
});

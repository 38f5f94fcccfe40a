import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TickLedger, type ReceivedSample } from "../../bench/support/tick-ledger.ts";

const INTERVAL_MS = 1_000;
const START_MS = Date.parse("2026-01-01T12:00:00Z");

const sampleAt = (ms: number, outcome = "success", message?: string): ReceivedSample => ({
  collection: "jobs",
  time: new Date(START_MS + ms).toISOString(),
  outcome,
  ...(message !== undefined && { error: { message } }),
});

const ledgerOf = (samples: readonly ReceivedSample[]): TickLedger => {
  const ledger = new TickLedger(INTERVAL_MS);
  for (const sample of samples) ledger.add(sample);
  return ledger;
};

describe("TickLedger", () => {
  it("Of a process with ticks up to a third of an interval late, exactly the samples that are left out are not accounted for", () => {
    const tick = fc.record({ lateMs: fc.integer({ min: 0, max: 300 }), isLost: fc.boolean() });
    let lostInAll = 0;
    fc.assert(
      fc.property(fc.array(tick, { minLength: 3, maxLength: 200 }), (ticks) => {
        // The first and the last arrive: what is before and behind them, a receiver cannot know. The first is on time.
        const arrived = ticks.map(({ isLost, lateMs }, n) => ({
          lateMs: n === 0 ? 0 : lateMs,
          hasArrived: n === 0 || n === ticks.length - 1 || !isLost,
        }));
        const samples = arrived.flatMap(({ hasArrived, lateMs }, n) => (hasArrived ? [sampleAt(n * INTERVAL_MS + lateMs)] : []));
        const { accounted, due, twice } = ledgerOf(samples).account;
        expect([due, accounted, twice]).toEqual([ticks.length, samples.length, 0]);
        lostInAll += due - accounted;
      }),
    );
    expect(lostInAll).toBeGreaterThan(100);
  });

  it("The missed ticks of an outage and the new grid after it are all accounted for", () => {
    const ledger = ledgerOf([0, 1_000, 2_000].map((ms) => sampleAt(ms)));
    ledger.started(START_MS + 5_300);
    const outage = [3_000, 4_000, 5_000].map((ms) => sampleAt(ms, "missed", "not read: the collector did not run for 3s"));
    for (const sample of [...outage, ...[5_350, 6_350, 7_350].map((ms) => sampleAt(ms))]) ledger.add(sample);
    expect(ledger.account).toMatchObject({ due: 9, accounted: 9, twice: 0, outcomes: { success: 6, missed: 3 } });
  });

  it("An outage that no sample reports is not accounted for", () => {
    const ledger = ledgerOf([0, 1_000].map((ms) => sampleAt(ms)));
    ledger.started(START_MS + 9_200);
    ledger.add(sampleAt(9_250));
    const { accounted, due } = ledger.account;
    expect([accounted, due > 6]).toEqual([3, true]);
  });

  it("A second sample of one tick is counted, and is no tick", () => {
    const { accounted, due, twice } = ledgerOf([0, 1_000, 1_010, 2_000].map((ms) => sampleAt(ms))).account;
    expect([due, accounted, twice]).toEqual([3, 3, 1]);
  });
});

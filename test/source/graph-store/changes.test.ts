import { ManualClock } from "../../../src/base/manual-clock.ts";
import { describe, expect, it } from "vitest";
import { Changes, Repeats, Rise } from "../../../src/source/graph-store/changes.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("Rise", () => {
  it("Rise is measured from the lowest value of the last day", () => {
    const rise = new Rise();
    expect([rise.take(0.3, 0), rise.take(0.1, HOUR), rise.take(0.25, 2 * HOUR)].map((each) => Number(each.toFixed(9)))).toEqual([
      0, 0, 0.15,
    ]);
    expect(rise.take(0.25, 24 * HOUR)).toBeCloseTo(0.15, 9);
    expect(rise.take(0.25, 25 * HOUR + 10 * MINUTE)).toBe(0);
  });

  it("Rise keeps the lowest of many values within ten minutes", () => {
    const rise = new Rise();
    for (let n = 0; n < 100; n += 1) rise.take(n === 50 ? 0.1 : 0.5, n * 5_000);
    expect(rise.take(0.5, HOUR)).toBeCloseTo(0.4, 9);
  });
});

describe("Repeats", () => {
  it("Repeats are the share among the statements that were added, from fifty on", () => {
    const repeats = new Repeats();
    expect(repeats.take({ most: 10, stored: 1_000 }, 0)).toBeUndefined();
    expect(repeats.take({ most: 30, stored: 1_049 }, 10 * MINUTE)).toBeUndefined();
    expect(repeats.take({ most: 30, stored: 1_050 }, 20 * MINUTE)).toBe(0.4);
  });

  it("Repeats are those of the last hour, and of a longer time only where an hour has too few", () => {
    const repeats = new Repeats();
    for (let n = 0; n <= 12; n += 1) repeats.take({ most: 100 * n, stored: 100 * n }, n * 10 * MINUTE);
    // An hour ago there were 700.
    expect(repeats.take({ most: 1_200, stored: 1_300 }, 130 * MINUTE)).toBeCloseTo(500 / 600, 9);
    // Ten were added in the last hour, and 110 since the newest reading before it that has fifty less.
    expect(repeats.take({ most: 1_255, stored: 1_310 }, 30 * HOUR)).toBeCloseTo(55 / 110, 9);
  });

  it("Repeats are absent after a purge", () => {
    const repeats = new Repeats();
    repeats.take({ most: 500, stored: 1_000 }, 0);
    expect(repeats.take({ most: 5, stored: 100 }, HOUR)).toBeUndefined();
  });
});

describe("Changes", () => {
  it("Changes of one graph do not depend on another, and absent values have none", () => {
    const changes = new Changes(new ManualClock());
    expect(changes.take("a", { totalMemories: 100, invalidatedShare: 0.1 }, 0)).toEqual({ invalidatedRise: 0 });
    expect(changes.take("b", {}, 0)).toEqual({});
    changes.take("b", { totalMemories: 7 }, 0);
    expect(changes.take("a", { totalMemories: 150, invalidatedShare: 0.3 }, HOUR)).toEqual({
      memoryGrowthRate: 0.5,
      invalidatedRise: expect.closeTo(0.2, 9) as number,
    });
  });

  it("Changes take the statements that can repeat from the semantic memories", () => {
    const changes = new Changes(new ManualClock());
    changes.take("a", { memories: { semantic: 100, episodic: 900 }, commonestShare: 0.01 }, 0);
    const later = changes.take("a", { memories: { semantic: 200, episodic: 900 }, commonestShare: 0.255 }, HOUR);
    expect(later).toMatchObject({ recentCommonestShare: expect.closeTo(0.5, 9) as number });
  });
});

import { describe, expect, it } from "vitest";
import { Budget } from "../../src/topology/budget.ts";

/** More steps than between two readings of the clock. */
const MANY = 1_000_000;

describe("Budget", () => {
  it("Budget gives each task an equal share of the time that is left", () => {
    let now = 100;
    const budget = new Budget(90, 3, () => now);
    const first = budget.next();
    now = 130;
    expect(first?.isUsedUp(MANY)).toBe(false);
    now = 131;
    expect(first?.isUsedUp(MANY)).toBe(true);
    now = 110;
    // 80 ms are left for two.
    const second = budget.next();
    now = 150;
    expect(second?.isUsedUp(MANY)).toBe(false);
    now = 151;
    expect(second?.isUsedUp(MANY)).toBe(true);
    const third = budget.next();
    now = 190;
    expect(third?.isUsedUp(MANY)).toBe(false);
  });

  it("Budget has no share for a task once it is used up", () => {
    let now = 0;
    const budget = new Budget(10, 2, () => now);
    now = 10;
    expect(budget.next()).toBeUndefined();
  });

  it("Budget reads the clock only after many steps", () => {
    let reads = 0;
    const allowance = new Budget(1_000, 1, () => (reads += 1) && 0).next();
    reads = 0;
    for (let step = 0; step < 200_000; step += 1) allowance?.isUsedUp(1);
    expect(reads).toBe(3);
  });
});

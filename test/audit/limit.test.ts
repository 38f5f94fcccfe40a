import { describe, expect, it } from "vitest";
import { compare, parseLimit, type Limit } from "../../src/audit/limit.ts";

describe("parseLimit", () => {
  it.each([
    ["orphans=10", 10],
    ["duplicate-share=5%", 0.05],
    ["duplicate-share=0.05", 0.05],
    ["duplicate-share=100%", 1],
    ["newest=1d12h", 129_600],
    ["memories=0", 0],
  ])("reads %s in the unit of the number", (text, value) => {
    expect(parseLimit("max", text)).toMatchObject({ value, text: `max ${text}` });
  });

  it.each([
    ["orphans", 'expected NAME=NUMBER, such as orphans=10, found "orphans"'],
    ["=3", 'expected NAME=NUMBER, such as orphans=10, found "=3"'],
    ["orphan=3", 'unknown number "orphan"; did you mean "orphans"?'],
    ["orphans=5%", 'orphans: expected a number, found "5%"'],
    ["orphans=", 'orphans: expected a number, found ""'],
    ["orphans=-1", 'orphans: expected a number, found "-1"'],
    ["orphan-share=5", 'orphan-share: expected a share such as 5% or 0.05, found "5"'],
    ["orphan-share=101%", 'orphan-share: expected a share such as 5% or 0.05, found "101%"'],
    ["newest=2", 'newest: expected a length of time such as 30d, found "2"'],
  ])("refuses %s and says what it expected", (text, problem) => {
    expect(parseLimit("max", text)).toBe(problem);
  });
});

describe("compare", () => {
  const limit = (bound: Limit["bound"], text: string): Limit => parseLimit(bound, text) as Limit;

  it.each([
    ["max", "orphans=2", 2, undefined],
    ["max", "orphans=2", 3, "3, more than 2"],
    ["min", "memories=2", 2, undefined],
    ["min", "memories=2", 1, "1, less than 2"],
    ["max", "orphan-share=5%", 0.051, "5.1 %, more than 5 %"],
    ["max", "newest=1d", 90_000, "1d 1h, more than 1d"],
  ] as const)("%s %s with %d: %s", (bound, text, value, problem) => {
    expect(compare(limit(bound, text), { value })).toMatchObject({ isKept: problem === undefined, ...(problem ? { problem } : {}) });
  });
});

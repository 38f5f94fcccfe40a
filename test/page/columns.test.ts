import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gapsOf, isSilent, linesOf, ratesOf, rowsIn, stackOf, sumOf, valuesOf } from "../../src/page/columns.ts";
import type { Row } from "../../src/page/series.ts";

/** Rows a second apart; a number that is null was not measured, and a whole row that is null is not there. */
const rows = (values: readonly (number | null)[], fromMs = 0): readonly Row[] =>
  values.map((value, n) => ({
    timeMs: fromMs + n * 1_000,
    outcome: value === null ? "failed" : "success",
    durationMs: 1,
    values: value === null ? [] : [value],
  }));

const lines = (all: readonly Row[], toMs: number, most: number) => linesOf(all, [valuesOf(all, 0)], { fromMs: 0, toMs }, 1_000, most);

describe("the rows of a range", () => {
  it("are those in it and the one before, which a rate needs", () => {
    expect(rowsIn(rows([1, 2, 3, 4, 5]), { fromMs: 2_000, toMs: 4_000 }).map(({ timeMs }) => timeMs)).toEqual([1_000, 2_000, 3_000]);
    expect(rowsIn(rows([1, 2]), { fromMs: 0, toMs: 1 }).map(({ timeMs }) => timeMs)).toEqual([0]);
    expect(rowsIn([], { fromMs: 0, toMs: 1 })).toEqual([]);
  });
});

describe("a rate", () => {
  it("is growth per second, from zero again after a reset, and none beside a gap", () => {
    expect(ratesOf(rows([10, 13, 2, null, 5, 6]), 0, 1_000)).toEqual([NaN, 3, 2, NaN, NaN, 1]);
    const late = rows([10, 20]).map((row, n) => ({ ...row, timeMs: n * 10_000 }));
    expect(ratesOf(late, 0, 1_000)).toEqual([NaN, NaN]);
    expect(ratesOf(late, 0, 10_000)).toEqual([NaN, 1]);
  });
});

describe("lines", () => {
  it("are the samples themselves where they are few, with a hole for what was not measured and for what is not there", () => {
    const { times, lines: told } = lines(rows([1, null, 3]), 3_000, 100);
    expect(times).toEqual([0, 1, 2]);
    expect(told[0]?.mean).toEqual([1, null, 3]);
    const holed = [...rows([1]), ...rows([2], 8_000)];
    expect(lines(holed, 9_000, 100)).toMatchObject({ times: [0, 4, 8], lines: [{ mean: [1, null, 2] }] });
  });

  it("are mean, lowest and highest of equal stretches where there are many, and a stretch without values is a gap", () => {
    const { times, lines: told } = lines(rows([1, 3, null, null, 5, 9]), 6_000, 3);
    expect(times).toEqual([1, 3, 5]);
    expect(told[0]).toEqual({ mean: [2, null, 7], min: [1, null, 5], max: [3, null, 9] });
  });

  it("stay where they are as the range moves on: a stretch begins at a multiple of its length", () => {
    const all = rows(Array.from({ length: 60 }, (_, n) => n));
    const at = (fromMs: number) => linesOf(all, [valuesOf(all, 0)], { fromMs, toMs: fromMs + 40_000 }, 1_000, 10);
    const [first, later] = [at(0), at(1_000)];
    const shared = first.times.filter((time) => time > 4 && later.times.includes(time) && time < 38);
    expect(shared.length).toBeGreaterThan(5);
    for (const time of shared)
      expect(later.lines[0]?.mean[later.times.indexOf(time)]).toBe(first.lines[0]?.mean[first.times.indexOf(time)]);
  });

  it("keep every extreme, whatever the values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: -1_000, max: 1_000 })), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (values, most) => {
          const measured = values.filter((value) => value !== null);
          const [line] = lines(rows(values), values.length * 1_000, most).lines;
          const told = (pick: "min" | "max") => line?.[pick].filter((value) => value !== null) ?? [];
          expect([Math.min(...told("min")), Math.max(...told("max"))]).toEqual([Math.min(...measured), Math.max(...measured)]);
        },
      ),
    );
  });
});

describe("gaps", () => {
  const gaps = (all: readonly Row[], toMs: number) => gapsOf(all, (n) => all[n]?.values.length !== 0, { fromMs: 0, toMs }, 1_000);

  it("are ticks without values, holes between ticks, and silence at the end; never the time before the first", () => {
    expect(gaps(rows([1, 2, 3], 5_000), 8_000)).toEqual([]);
    expect(gaps(rows([1, null, null, 4]), 4_000)).toEqual([{ fromMs: 0, toMs: 3_000 }]);
    expect(gaps([...rows([1, 2]), ...rows([3], 9_000)], 10_000)).toEqual([{ fromMs: 1_000, toMs: 9_000 }]);
    expect(gaps(rows([1, 2]), 9_000)).toEqual([{ fromMs: 1_000, toMs: 9_000 }]);
  });

  it("are not there for a tick that is a little late", () => {
    expect(
      gaps(
        rows([1, 2]).map((row, n) => ({ ...row, timeMs: n * 1_400 })),
        3_000,
      ),
    ).toEqual([]);
    expect(isSilent(2_900, 200)).toBe(false);
    expect(isSilent(3_100, 200)).toBe(true);
    expect(isSilent(14_000, 5_000)).toBe(false);
  });
});

describe("breakdowns", () => {
  it("stack, where a part that is missing adds nothing and a moment without any part is a gap", () => {
    const line = (mean: readonly (number | null)[]) => ({ mean, min: mean, max: mean });
    expect(stackOf([line([1, 2, null]), line([10, null, null])])).toEqual([
      [1, 2, null],
      [11, 2, null],
    ]);
  });

  it("add up what is folded away", () => {
    expect(
      sumOf([
        [1, NaN, NaN],
        [2, 3, NaN],
      ]),
    ).toEqual([3, 3, NaN]);
    expect(sumOf([[1, NaN]])).toEqual([1, NaN]);
  });
});

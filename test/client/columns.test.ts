import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cadenceOf, gapsOf, isStale, linesOf, ratesOf, rowsIn, stackOf, addColumns, valuesOf } from "../../src/client/columns.ts";
import type { Row } from "../../src/client/series.ts";

/** Rows one second apart; null is a failed sample. */
const rows = (values: readonly (number | null)[], fromMs = 0): readonly Row[] =>
  values.map((value, n) => ({
    timeMs: fromMs + n * 1_000,
    outcome: value === null ? "failed" : "success",
    durationMs: 1,
    values: value === null ? [] : [value],
  }));

const lines = (all: readonly Row[], toMs: number, maxPoints: number) =>
  linesOf(all, [valuesOf(all, 0)], { fromMs: 0, toMs }, cadenceOf(1_000, 1_000), maxPoints);

describe("rowsIn", () => {
  it("rowsIn returns the rows of the range and the one before, which a rate needs", () => {
    expect(rowsIn(rows([1, 2, 3, 4, 5]), { fromMs: 2_000, toMs: 4_000 }).map(({ timeMs }) => timeMs)).toEqual([1_000, 2_000, 3_000]);
    expect(rowsIn(rows([1, 2]), { fromMs: 0, toMs: 1 }).map(({ timeMs }) => timeMs)).toEqual([0]);
    expect(rowsIn([], { fromMs: 0, toMs: 1 })).toEqual([]);
  });
});

describe("ratesOf", () => {
  it("ratesOf is the change per second, counts from zero after a reset, and is missing after a gap", () => {
    expect(ratesOf(rows([10, 13, 2, null, 5, 6]), 0, cadenceOf(1_000, 1_000))).toEqual([NaN, 3, 2, NaN, NaN, 1]);
    const late = rows([10, 20]).map((row, n) => ({ ...row, timeMs: n * 10_000 }));
    expect(ratesOf(late, 0, cadenceOf(1_000, 1_000))).toEqual([NaN, NaN]);
    expect(ratesOf(late, 0, cadenceOf(10_000, 10_000))).toEqual([NaN, 1]);
  });
});

describe("linesOf", () => {
  it("linesOf draws every sample where they are few, with a gap for a missing value and for a missing sample", () => {
    const { times, lines: shown } = lines(rows([1, null, 3]), 3_000, 100);
    expect(times).toEqual([0, 1, 2]);
    expect(shown[0]?.mean).toEqual([1, null, 3]);
    const holed = [...rows([1]), ...rows([2], 8_000)];
    expect(lines(holed, 9_000, 100)).toMatchObject({ times: [0, 4, 8], lines: [{ mean: [1, null, 2] }] });
  });

  it("linesOf draws mean, minimum and maximum of equal buckets where samples are many; a bucket without values is a gap", () => {
    const { times, lines: shown } = lines(rows([1, 3, null, null, 5, 9]), 6_000, 3);
    expect(times).toEqual([1, 3, 5]);
    expect(shown[0]).toEqual({ mean: [2, null, 7], min: [1, null, 5], max: [3, null, 9] });
  });

  it("linesOf keeps its points as the range moves, because buckets start at multiples of their length", () => {
    const all = rows(Array.from({ length: 60 }, (_, n) => n));
    const at = (fromMs: number) => linesOf(all, [valuesOf(all, 0)], { fromMs, toMs: fromMs + 40_000 }, cadenceOf(1_000, 1_000), 10);
    const [first, later] = [at(0), at(1_000)];
    const shared = first.times.filter((time) => time > 4 && later.times.includes(time) && time < 38);
    expect(shared.length).toBeGreaterThan(5);
    for (const time of shared)
      expect(later.lines[0]?.mean[later.times.indexOf(time)]).toBe(first.lines[0]?.mean[first.times.indexOf(time)]);
  });

  it("linesOf keeps the extremes of any values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: -1_000, max: 1_000 })), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (values, maxPoints) => {
          const measured = values.filter((value) => value !== null);
          const [line] = lines(rows(values), values.length * 1_000, maxPoints).lines;
          const shown = (pick: "min" | "max") => line?.[pick].filter((value) => value !== null) ?? [];
          expect([Math.min(...shown("min")), Math.max(...shown("max"))]).toEqual([Math.min(...measured), Math.max(...measured)]);
        },
      ),
    );
  });
});

describe("gapsOf", () => {
  const gaps = (all: readonly Row[], toMs: number) =>
    gapsOf(all, (n) => all[n]?.values.length !== 0, { fromMs: 0, toMs }, cadenceOf(1_000, 1_000));

  it("gapsOf finds failed ticks, missing samples and stale data at the end, never the time before the first sample", () => {
    expect(gaps(rows([1, 2, 3], 5_000), 8_000)).toEqual([]);
    expect(gaps(rows([1, null, null, 4]), 4_000)).toEqual([{ fromMs: 0, toMs: 3_000 }]);
    expect(gaps([...rows([1, 2]), ...rows([3], 9_000)], 10_000)).toEqual([{ fromMs: 1_000, toMs: 9_000 }]);
    expect(gaps(rows([1, 2]), 9_000)).toEqual([{ fromMs: 1_000, toMs: 9_000 }]);
  });

  it("gapsOf tolerates a tick that is slightly late", () => {
    expect(
      gaps(
        rows([1, 2]).map((row, n) => ({ ...row, timeMs: n * 1_400 })),
        3_000,
      ),
    ).toEqual([]);
    expect(isStale(2_900, 200)).toBe(false);
    expect(isStale(3_100, 200)).toBe(true);
    expect(isStale(14_000, 5_000)).toBe(false);
  });
});

describe("stackOf and addColumns", () => {
  it("stackOf adds nothing for a missing part, and has a gap where all parts are missing", () => {
    const line = (mean: readonly (number | null)[]) => ({ mean, min: mean, max: mean });
    expect(stackOf([line([1, 2, null]), line([10, null, null])])).toEqual([
      [1, 2, null],
      [11, 2, null],
    ]);
  });

  it("addColumns ignores missing values unless all are missing", () => {
    expect(
      addColumns([
        [1, NaN, NaN],
        [2, 3, NaN],
      ]),
    ).toEqual([3, 3, NaN]);
    expect(addColumns([[1, NaN]])).toEqual([1, NaN]);
  });
});

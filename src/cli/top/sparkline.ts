import type { Cadence, Range } from "../../client/columns.ts";

const LEVELS = "▁▂▃▄▅▆▇█";

/** A number at a time. */
export interface Dot {
  readonly timeMs: number;
  readonly value: number;
}

/**
 * Numbers over time as blocks of eight heights, from the smallest to the largest of them; a blank for a cell without data. Each cell is the
 * mean of its part of the range. A number fills the cells until the next one is due.
 *
 * @param dots oldest first, without NaN
 */
export function sparkline(dots: readonly Dot[], { fromMs, toMs }: Range, cells: number, { gapMs }: Pick<Cadence, "gapMs">): string {
  const values = cellsOf(dots, { fromMs, toMs }, cells, gapMs);
  const known = values.filter((value) => value !== undefined);
  const [min, max] = [Math.min(...known), Math.max(...known)];
  return values.map((value) => (value === undefined ? " " : LEVELS[levelOf(value, min, max)])).join("");
}

/** Numbers that do not differ are a line at the bottom. */
const levelOf = (value: number, min: number, max: number): number =>
  max > min ? Math.round(((value - min) / (max - min)) * (LEVELS.length - 1)) : 0;

function cellsOf(dots: readonly Dot[], { fromMs, toMs }: Range, cells: number, gapMs: number): readonly (number | undefined)[] {
  const lengthMs = (toMs - fromMs) / cells;
  let next = 0;
  let last: Dot | undefined;
  return Array.from({ length: cells }, (_, n) => {
    const startMs = fromMs + n * lengthMs;
    let [sum, count] = [0, 0];
    for (let dot = dots[next]; dot && dot.timeMs < startMs + lengthMs; dot = dots[(next += 1)]) {
      last = dot;
      if (dot.timeMs < startMs) continue;
      sum += dot.value;
      count += 1;
    }
    if (count > 0) return sum / count;
    return last && startMs - last.timeMs < gapMs ? last.value : undefined;
  });
}

import { quantity } from "../../base/quantity.ts";
import { cadenceOf, isStale, ratesOf, valuesOf, type Cadence } from "../../client/columns.ts";
import type { CollectionReport, FieldReport } from "../../client/api.ts";
import type { Row, Series } from "../../client/series.ts";
import type { Dot } from "./sparkline.ts";

/** A number of a collection: its newest value, and the values of the last minutes. */
export interface NumberRow {
  readonly title: string;
  /** The newest value with its unit; undefined where none is current. */
  readonly value: string | undefined;
  readonly dots: readonly Dot[];
  readonly cadence: Cadence;
}

/** A field that attributes split: its current parts, the largest first. */
export interface Breakdown {
  readonly title: string;
  readonly parts: readonly { readonly name: string; readonly value: string }[];
}

export interface Numbers {
  readonly single: readonly NumberRow[];
  readonly breakdowns: readonly Breakdown[];
}

interface Part {
  readonly name: string;
  readonly dots: readonly Dot[];
  readonly last: Dot;
}

/**
 * The numbers of a collection, in the order of its sample type; of a counter its growth per second.
 *
 * @param fromMs the time since which values are returned
 */
export function numbersOf({ fields, intervalMs }: CollectionReport, series: Series, fromMs: number, nowMs: number): Numbers {
  const rows = since(series.rows, fromMs);
  const all = Object.entries(fields).flatMap(([key, field]) => {
    // A flag qualifies another field, and is none that changes.
    if (field.unit === "{flag}") return [];
    const cadence = cadenceOf(field.intervalMs, intervalMs);
    const isCurrent = ({ last }: Part): boolean => !isStale(nowMs - last.timeMs, Math.max(field.intervalMs, intervalMs));
    return [{ key, field, cadence, isCurrent, parts: partsOf(series, rows, key, field, cadence, fromMs) }];
  });
  const isSummed = (key: string): boolean => Object.values(fields).some(({ sums }) => sums === key);
  return {
    single: all.flatMap(({ field, cadence, isCurrent, parts }) =>
      field.by.length > 0
        ? []
        : parts.map((part) => ({
            title: field.title,
            value: isCurrent(part) ? valueOf(field, part.last.value) : undefined,
            dots: part.dots,
            cadence,
          })),
    ),
    breakdowns: all.flatMap(({ key, field, isCurrent, parts }) => {
      if (field.by.length === 0) return [];
      const current = parts.filter(isCurrent).toSorted((a, b) => b.last.value - a.last.value);
      const some = current.filter(({ last }) => last.value !== 0);
      // Zeros are in the total.
      const shown = some.length > 0 || isSummed(key) ? some : current;
      if (shown.length === 0) return [];
      return [{ title: field.title, parts: shown.map(({ name, last }) => ({ name, value: valueOf(field, last.value) })) }];
    }),
  };
}

function partsOf(
  { points }: Series,
  rows: readonly Row[],
  key: string,
  { kind }: FieldReport,
  cadence: Cadence,
  fromMs: number,
): readonly Part[] {
  return points.flatMap(({ field, path }, column) => {
    if (field !== key) return [];
    const values = kind === "counter" ? ratesOf(rows, column, cadence) : valuesOf(rows, column);
    const dots = rows.flatMap(({ timeMs }, n) => {
      const value = values[n] as number;
      return Number.isNaN(value) || timeMs < fromMs ? [] : [{ timeMs, value }];
    });
    const last = dots.at(-1);
    return last ? [{ name: path.join(" "), dots, last }] : [];
  });
}

/** The rows since a time, and one before it: a rate needs two. */
function since(rows: readonly Row[], fromMs: number): readonly Row[] {
  const first = rows.findIndex(({ timeMs }) => timeMs >= fromMs);
  return first === -1 ? [] : rows.slice(Math.max(0, first - 1));
}

const valueOf = ({ unit, max, kind }: FieldReport, value: number): string =>
  quantity(value, kind === "counter" ? `${unit}/s` : unit, { max });

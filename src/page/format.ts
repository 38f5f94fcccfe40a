import { quantity, scaleOf, UNIT_MS, withName, type Format, type Scale } from "../base/quantity.ts";

/** The unit of a number. */
export interface Unit {
  readonly unit: string;
  /** Largest value there can be; a number without a unit that ends at 1 is a share. */
  readonly max?: number;
  /** Whether the number is the change per second. */
  readonly isRate?: boolean;
}

/** Shown instead of a missing number. */
export const NONE = "–";

/** A number with its unit, as `quantity` shows it; a dash where there is none. */
export function formatValue(value: number | null | undefined, { unit, max, isRate = false }: Unit, format?: Format): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  return quantity(value, isRate ? `${unit}/s` : unit, { ...format, max });
}

/** Numbers beside an axis: all in one unit, with enough digits to distinguish them. */
export function formatTicks(values: readonly number[], unit: Unit): readonly string[] {
  const largest = Math.max(...values.map(Math.abs));
  const { size, name } = tickScale(largest, unit);
  const step = Math.abs((values[1] ?? largest) - (values[0] ?? 0)) / size;
  const decimals = step === 0 ? 0 : Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return values.map((value) => withName((value / size).toFixed(decimals), name));
}

/** Units of long times on an axis, in seconds. */
const LONG: readonly Scale[] = [
  { size: UNIT_MS.d / UNIT_MS.s, name: "d" },
  { size: UNIT_MS.h / UNIT_MS.s, name: "h" },
  { size: UNIT_MS.m / UNIT_MS.s, name: "min" },
];
/** An axis has no room for long numbers: thousands and millions. */
const THOUSANDS: readonly Scale[] = [
  { size: 1e9, name: "G" },
  { size: 1e6, name: "M" },
  { size: 1e3, name: "k" },
];

/** The unit of the numbers beside an axis whose largest is this one. */
export function tickScale(largest: number, { unit, max, isRate = false }: Unit): Scale {
  const long = unit === "s" && !isRate ? LONG.find(({ size }) => largest >= 2 * size) : undefined;
  if (long) return long;
  const scale = scaleOf(largest, isRate ? `${unit}/s` : unit, max);
  const thousands = scale.size === 1 && largest >= 10_000 ? THOUSANDS.find(({ size }) => largest >= size) : undefined;
  return thousands ? { size: thousands.size, name: thousands.name + scale.name } : scale;
}

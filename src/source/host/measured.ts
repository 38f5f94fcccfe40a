import type { SystemMetrics } from "../../sample/types/system.ts";

/** Fields of a reading; undefined if not measured. */
type Measurements = { readonly [K in keyof SystemMetrics]?: SystemMetrics[K] | undefined };

/** The fields that were measured: the others are absent instead of undefined. */
export function measured(reading: Measurements): SystemMetrics {
  const values: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(reading)) if (value !== undefined) values[field] = value;
  return values;
}

/** The number, or undefined instead of NaN. */
export const known = (value: number | undefined): number | undefined => (value === undefined || Number.isNaN(value) ? undefined : value);

/** A record without a prototype, which takes any name that a machine may use. */
export const emptyRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

/** Whether a name can be a key of a reading. Empty names cannot, nor can `__proto__`, for which a sample type refuses the reading. */
export const isKey = (name: string): boolean => name !== "" && name !== "__proto__";

import type { SystemMetrics } from "../../sample/types/system.ts";

/** Fields of a reading, of which some could perhaps not be measured. */
type Perhaps = { readonly [K in keyof SystemMetrics]?: SystemMetrics[K] | undefined };

/** What was measured of it: a field that was not is absent, it does not stand there undefined. */
export function measured(reading: Perhaps): SystemMetrics {
  const values: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(reading)) if (value !== undefined) values[field] = value;
  return values;
}

/** A number that was read, or undefined where there was none to read. */
export const known = (value: number | undefined): number | undefined => (value === undefined || Number.isNaN(value) ? undefined : value);

/** A record that takes any name a machine may use. */
export const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

/** Whether a name can be a key of a reading: empty ones cannot, and `__proto__`, which a sample type refuses as a whole. */
export const isName = (name: string): boolean => name !== "" && name !== "__proto__";

import type { Missing } from "../sample/sample.ts";

/** Under this key a reading carries what is missing of it. From the global registry, so that two copies of this package agree. */
const KEY = Symbol.for("otel-vitals.incomplete.v1");

/**
 * Marks values as those of a reading of which a part could not be understood. The sample is a success; from a tenth missing on, the
 * collection is degraded, with `text` as the reason.
 *
 * @param share of what was read that is missing, from 0 to 1
 * @param text what is missing and why, in one line; undefined if nothing is
 * @param count number of values that are missing, added to `vitals.reading.skipped`; default: not counted
 * @returns the same values
 */
export function incomplete<V extends object>(values: V, share: number, text: string | undefined, count?: number): V {
  if (text === undefined) return values;
  const missing: Missing = { share, text, ...(count === undefined ? {} : { count }) };
  return Object.defineProperty(values, KEY, { value: missing, configurable: true });
}

/** What is missing of a reading, if its source said so. */
export const missingOf = (values: unknown): Missing | undefined =>
  typeof values === "object" && values !== null ? (values as { readonly [KEY]?: Missing })[KEY] : undefined;

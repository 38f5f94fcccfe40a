import type * as z from "zod";

type Path = readonly PropertyKey[];

/** Another way to read the value at a path: the text of a number, or the number in a text. */
export interface Interpretation {
  readonly path: Path;
  readonly value: unknown;
}

/** All that is known at a path or below it; empty where nothing is. */
export type Interpretations = (path: Path) => readonly Interpretation[];

/** Issues that another reading can fix: a value of another type was wanted. */
const OF_TYPE: ReadonlySet<string> = new Set(["invalid_type", "invalid_union"]);

/** Limit on values that are tried one by one. */
const MAX_ALONE = 16;

/**
 * Data in which each value that can be read in two ways is read as the schema wants it: as it is where that fits, otherwise the other way
 * where that fits. Where neither fits, it stays as it is. The data itself is not changed.
 *
 * @param issues of the data
 */
export function interpreted(
  schema: z.ZodType,
  data: unknown,
  issues: readonly z.core.$ZodIssue[],
  interpretations: Interpretations,
): unknown {
  let best = data;
  const tried = new Set<string>();
  for (const { path } of issues) {
    const others = interpretations(path).filter(({ path: place }) => !tried.has(place.join("\0")));
    for (const { path: place } of others) tried.add(place.join("\0"));
    // One alone before all together: in a map that fits no alternative of a union, only one of the values may be wrong.
    const attempts = others.length > 1 ? [...others.slice(0, MAX_ALONE).map((each) => [each]), others] : others.map((each) => [each]);
    for (const attempt of attempts) {
      const candidate = attempt.reduce((at, { path: place, value }) => withValue(at, place, value), best);
      if (hasTypeIssue(schema, candidate, path)) continue;
      best = candidate;
      break;
    }
  }
  return best;
}

const hasTypeIssue = (schema: z.ZodType, data: unknown, path: Path): boolean =>
  (schema.safeParse(data).error?.issues ?? []).some(({ code, path: place }) => OF_TYPE.has(code) && startsWith(place, path));

const startsWith = (path: Path, start: Path): boolean => start.every((step, n) => String(path[n]) === String(step));

/** A copy of data with another value at a path that exists. */
function withValue(data: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  const inner = withValue((data as Readonly<Record<PropertyKey, unknown>>)[step], rest, value);
  if (Array.isArray(data)) return data.with(Number(step), inner);
  return { ...(data as object), [step]: inner };
}

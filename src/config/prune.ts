import type * as z from "zod";

/** Rounds after which what is left is given up: each takes out what the one before uncovered. */
const ROUNDS = 8;

/**
 * What a schema accepts of `data` once everything it objects to has been taken out, so that the rest can still be checked and one
 * run tells all problems. Undefined when nothing usable is left.
 */
export function accepted<T>(schema: z.ZodType<T>, data: unknown): T | undefined {
  const rest: unknown = structuredClone(data);
  for (let round = 0; round < ROUNDS; round += 1) {
    const parsed = schema.safeParse(rest);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      if (issue.code === "unrecognized_keys") for (const key of issue.keys) remove(rest, [...issue.path, key]);
      else remove(rest, issue.path);
    }
  }
  return undefined;
}

/** Takes out what stands at a path; where nothing stands there, something is missing, and what lacks it goes instead. */
function remove(data: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], data);
  if (key === undefined || typeof parent !== "object" || parent === null) return;
  if (!(key in parent)) remove(data, path.slice(0, -1));
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as Record<PropertyKey, unknown>)[key];
}

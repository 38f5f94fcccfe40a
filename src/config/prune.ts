import type * as z from "zod";

/** Limit on attempts: each removes what the one before uncovered. */
const MAX_ROUNDS = 8;

/**
 * The part of `data` that a schema accepts once everything it refuses is removed, so that one run can report all problems. Undefined
 * when nothing usable is left.
 */
export function accepted<T>(schema: z.ZodType<T>, data: unknown): T | undefined {
  const rest: unknown = structuredClone(data);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const parsed = schema.safeParse(rest);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      if (issue.code === "unrecognized_keys") for (const key of issue.keys) remove(rest, [...issue.path, key]);
      else remove(rest, issue.path);
    }
  }
  return undefined;
}

/** Removes the value at a path; where there is none, a required value is missing, and the map that lacks it is removed. */
function remove(data: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], data);
  if (key === undefined || typeof parent !== "object" || parent === null) return;
  if (!(key in parent)) remove(data, path.slice(0, -1));
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as Record<PropertyKey, unknown>)[key];
}

import type * as z from "zod";
import { valueAt, type Path } from "../base/issues.ts";

/** Limit on attempts: each removes what the one before uncovered. */
const MAX_ROUNDS = 8;

/** What a schema accepts of some data. */
export interface Accepted<T> {
  readonly data: T;
  /** Paths of what was removed, in the original data. */
  readonly removed: readonly Path[];
  /** Where the value at a path of `data` is in the original: items of a list move up when others are removed. */
  originalPath(path: Path): Path;
}

/**
 * The part of `data` that a schema accepts once everything it refuses is removed, and nothing else, so that one run can report all
 * problems. Undefined when nothing usable is left.
 */
export function accepted<T>(schema: z.ZodType<T>, data: unknown): Accepted<T> | undefined {
  const rest = new Remainder(data);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const parsed = schema.safeParse(rest.data);
    if (parsed.success) return { data: parsed.data, removed: rest.removed, originalPath: (path) => rest.originalPath(path) };
    rest.remove(
      parsed.error.issues.flatMap(({ path, ...issue }): readonly Path[] =>
        issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path],
      ),
    );
  }
  return undefined;
}

/** Data of which parts are removed. */
class Remainder {
  readonly data: unknown;
  readonly removed: Path[] = [];
  /** For each list that lost items: the original index of each that is left. */
  readonly #indices = new Map<object, readonly number[]>();

  constructor(data: unknown) {
    this.data = structuredClone(data);
  }

  /** Removes what is at these paths of `data`, all at once, so that no removal changes what another path means. */
  remove(paths: readonly Path[]): void {
    const places = paths.map((path) => this.#placeOf(path)).filter((place) => place !== undefined);
    const original = places.map(({ at }) => this.originalPath(at));
    const dropped = new Map<unknown[], Set<number>>();
    for (const { parent, key } of places) {
      if (!Array.isArray(parent)) delete (parent as Record<PropertyKey, unknown>)[key];
      else dropped.set(parent, (dropped.get(parent) ?? new Set()).add(Number(key)));
    }
    for (const [list, gone] of dropped) this.#drop(list, gone);
    this.removed.push(...original);
  }

  /** Where the value at a path of `data` was in the original. */
  originalPath(path: Path): Path {
    let at = this.data;
    return path.map((step) => {
      const indices = typeof at === "object" && at !== null ? this.#indices.get(at) : undefined;
      at = valueAt(at, [step]);
      return indices?.[Number(step)] ?? step;
    });
  }

  /** The value at a path; where there is none, a required one is missing, and what lacks it is meant. */
  #placeOf(path: Path): { readonly parent: object; readonly key: PropertyKey; readonly at: Path } | undefined {
    for (let length = path.length; length > 0; length -= 1) {
      const at = path.slice(0, length);
      const key = at.at(-1) as PropertyKey;
      const parent = valueAt(this.data, at.slice(0, -1));
      if (typeof parent === "object" && parent !== null && key in parent) return { parent, key, at };
    }
    return undefined;
  }

  #drop(list: unknown[], gone: ReadonlySet<number>): void {
    const before = this.#indices.get(list) ?? list.map((_, n) => n);
    this.#indices.set(
      list,
      before.filter((_, n) => !gone.has(n)),
    );
    const kept = list.filter((_, n) => !gone.has(n));
    list.splice(0, list.length, ...kept);
  }
}

import { isAdditive, OTHER, type Field } from "../sample/field.ts";
import { pointsOfField, type AnyValues, type Point, type SampleType } from "../sample/sample-type.ts";
import { Breakdown } from "./breakdown.ts";
import { FoldedCounter } from "./folded-counter.ts";

/** Bounds the number of series of a collection: each open axis admits a limited number of values, whatever a source returns. */
export class CardinalityLimiter {
  readonly #fields = new Map<string, LimitedField>();
  readonly #type: SampleType;

  constructor(type: SampleType) {
    this.#type = type;
    for (const [key, field] of Object.entries(type.fields))
      if (field.by.some((axis) => !axis.values)) this.#fields.set(key, new LimitedField(key, field));
  }

  /** Data points over the limit since the start, counted at every reading. */
  get overLimit(): number {
    let sum = 0;
    for (const field of this.#fields.values()) sum += field.overLimit;
    return sum;
  }

  /** `values` with everything over an axis's limit counted, and folded into `_OTHER`, or dropped if the field is not additive. */
  admit(values: AnyValues): AnyValues {
    const admitted: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined || !Object.hasOwn(this.#type.fields, key)) continue;
      const limited = this.#fields.get(key);
      admitted[key] = limited ? limited.admit(value) : value;
    }
    return admitted as AnyValues;
  }
}

/** A field with at least one open axis. */
class LimitedField {
  readonly #key: string;
  readonly #field: Field;
  /** By axis, outermost first; undefined for a closed one. */
  readonly #places: readonly (Places | undefined)[];
  readonly #counter: FoldedCounter | undefined;
  #overLimit = 0;

  constructor(key: string, field: Field) {
    this.#key = key;
    this.#field = field;
    this.#places = field.by.map(({ limit, values }) => (values ? undefined : new Places(limit)));
    this.#counter = field.kind === "counter" ? new FoldedCounter() : undefined;
  }

  get overLimit(): number {
    return this.#overLimit;
  }

  admit(value: unknown): unknown {
    const points = pointsOfField(this.#key, this.#field, value);
    for (const [depth, places] of this.#places.entries()) places?.assign(sizesOf(points, depth));
    this.#counter?.begin();
    const shown = new Breakdown();
    for (const point of points) this.#show(point, shown);
    return shown.root;
  }

  #show({ path, value }: Point, shown: Breakdown): void {
    if (this.#hasPlaces(path)) {
      if (this.#counter) this.#counter.own(path, value, shown);
      else shown.put(path, value);
      return;
    }
    this.#overLimit += 1;
    if (!isAdditive(this.#field)) return;
    const other = path.map((name, depth) => (this.#places[depth]?.has(name) === false ? OTHER : name));
    if (this.#counter) this.#counter.fold(path, other, value, shown);
    else shown.add(other, value);
  }

  #hasPlaces(path: readonly string[]): boolean {
    for (let depth = 0; depth < path.length; depth += 1) if (this.#places[depth]?.has(path[depth] as string) === false) return false;
    return true;
  }
}

/** Sums of the points by their value on one axis: the sizes of the axis's values. */
function sizesOf(points: readonly Point[], depth: number): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { path, value } of points) sizes.set(path[depth] as string, (sizes.get(path[depth] as string) ?? 0) + value);
  return sizes;
}

/** The values of one open axis that have series of their own. */
class Places {
  readonly #limit: number;
  /** Values with a place, and the newest reading that had each. */
  readonly #admitted = new Map<string, number>();
  /** Present values without a place, and the reading since which each has been present. */
  #waiting: ReadonlyMap<string, number> = new Map();
  #reading = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(name: string): boolean {
    return this.#admitted.has(name);
  }

  /**
   * Gives free places, and those of values that are absent from this reading, to values that are present and have none: first to those
   * that have waited for longest, then to the largest. Of the absent values those lose their places first that have been absent for
   * longest. A present value never loses its place.
   */
  assign(sizes: ReadonlyMap<string, number>): void {
    this.#reading += 1;
    const waiting: string[] = [];
    for (const name of sizes.keys()) {
      if (this.#admitted.has(name)) this.#admitted.set(name, this.#reading);
      else if (name !== OTHER) waiting.push(name);
    }
    const before = this.#waiting;
    const sinceOf = (name: string): number => before.get(name) ?? this.#reading;
    if (waiting.length > 0) {
      const free = this.#limit - this.#admitted.size;
      const absent = [...this.#admitted].filter(([, seen]) => seen < this.#reading).sort(([, a], [, b]) => a - b);
      if (free + absent.length > 0) waiting.sort((a, b) => sinceOf(a) - sinceOf(b) || (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
      const chosen = waiting.splice(0, free + absent.length);
      for (const [name] of absent.slice(0, Math.max(0, chosen.length - free))) this.#admitted.delete(name);
      for (const name of chosen) this.#admitted.set(name, this.#reading);
    }
    this.#waiting = new Map(waiting.map((name) => [name, sinceOf(name)]));
  }
}

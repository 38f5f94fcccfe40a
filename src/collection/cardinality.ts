import { isAdditive, OTHER, type Axis, type Field } from "../sample/field.ts";
import { sumOf, type AnyValues, type SampleType } from "../sample/sample-type.ts";

/** The values of one axis of a field, by name: numbers, or breakdowns by the next axis. */
type Breakdown = Readonly<Record<string, unknown>>;

/** Bounds the number of series of a collection: each open axis admits a limited number of values, whatever a source returns. */
export class CardinalityLimiter {
  readonly #type: SampleType;
  readonly #retainMs: number;
  /** Admitted values by field and depth of an open axis, each with the time it was last seen. */
  readonly #admitted = new Map<string, Map<string, number>>();
  #overLimit = 0;

  /** @param retainMs milliseconds that an absent value stays admitted */
  constructor(type: SampleType, retainMs: number) {
    this.#type = type;
    this.#retainMs = retainMs;
  }

  /** Data points over the limit since the start, counted at every reading. */
  get overLimit(): number {
    return this.#overLimit;
  }

  /** `values` with everything over an axis's limit counted, and added up as `_OTHER`, or dropped if the field is not additive. */
  admit(values: AnyValues, nowMs: number): AnyValues {
    const admitted: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(values)) {
      const field = this.#type.fields[key];
      if (field === undefined || value === undefined) continue;
      admitted[key] = field.by.some((axis) => !axis.values) ? this.#fold(key, field, field.by, value, nowMs) : value;
    }
    return admitted as AnyValues;
  }

  #fold(key: string, field: Field, [axis, ...inner]: readonly Axis[], value: unknown, nowMs: number): unknown {
    if (!axis || typeof value !== "object" || value === null) return value;
    const parts = value as Breakdown;
    const admitted = axis.values ? undefined : this.#admit(`${key}\0${inner.length}`, axis, parts, nowMs);
    const kept: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    const rest: unknown[] = [];
    for (const [name, part] of Object.entries(parts)) {
      if (part === undefined) continue;
      const folded = this.#fold(key, field, inner, part, nowMs);
      if (!admitted || admitted.has(name)) kept[name] = folded;
      else rest.push(folded);
    }
    this.#overLimit += rest.reduce((count: number, part) => count + leaves(part), 0);
    if (rest.length > 0 && isAdditive(field)) kept[OTHER] = rest.reduce(added);
    return kept;
  }

  /** Removes values that were absent for too long, then admits new values up to the limit, largest first. */
  #admit(key: string, axis: Axis, parts: Breakdown, nowMs: number): ReadonlyMap<string, number> {
    const admitted = this.#admitted.get(key) ?? new Map<string, number>();
    this.#admitted.set(key, admitted);
    for (const name of Object.keys(parts)) if (admitted.has(name)) admitted.set(name, nowMs);
    for (const [name, seenMs] of admitted) if (nowMs - seenMs >= this.#retainMs) admitted.delete(name);
    if (admitted.size >= axis.limit) return admitted;
    const waiting = Object.keys(parts).filter((name) => !admitted.has(name) && name !== OTHER);
    waiting.sort((a, b) => sumOf(parts[b]) - sumOf(parts[a]));
    for (const name of waiting.slice(0, axis.limit - admitted.size)) admitted.set(name, nowMs);
    return admitted;
  }
}

function leaves(value: unknown): number {
  if (typeof value === "number") return 1;
  return Object.values(value as Breakdown).reduce((count: number, part) => count + leaves(part), 0);
}

/** The sum of two breakdowns of the same depth, value by value. */
function added(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a + b;
  const sum: Record<string, unknown> = Object.assign(Object.create(null), a) as Record<string, unknown>;
  for (const [name, part] of Object.entries(b as Breakdown)) sum[name] = name in sum ? added(sum[name], part) : part;
  return sum;
}

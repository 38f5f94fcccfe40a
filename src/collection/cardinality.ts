import { isAdditive, OTHER, type Axis, type Field } from "../sample/field.ts";
import { sumOf, type AnyValues, type SampleType } from "../sample/sample-type.ts";

/** Values of an open axis by name, at one depth of a field. */
type Breakdown = Readonly<Record<string, unknown>>;

/** Which values of each open axis have a series of their own. Keeps the number of series bounded, whatever a source says. */
export class CardinalityLimiter {
  readonly #type: SampleType;
  readonly #keepMs: number;
  /** For each field and depth with an open axis: the admitted values, and when each was last seen. */
  readonly #admitted = new Map<string, Map<string, number>>();
  #refused = 0;

  /** @param keepMs how long an absent value keeps its place */
  constructor(type: SampleType, keepMs: number) {
    this.#type = type;
    this.#keepMs = keepMs;
  }

  /** Numbers that got no series of their own so far, each counted every time it was read. */
  get refused(): number {
    return this.#refused;
  }

  /** `values` with everything over an axis's limit folded into `_OTHER`; dropped and counted where the field is not additive. */
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
    const seats = axis.values ? undefined : this.#seat(`${key}\0${inner.length}`, axis, parts, nowMs);
    const kept: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    const rest: unknown[] = [];
    for (const [name, part] of Object.entries(parts)) {
      if (part === undefined) continue;
      const folded = this.#fold(key, field, inner, part, nowMs);
      if (!seats || seats.has(name)) kept[name] = folded;
      else rest.push(folded);
    }
    this.#refused += rest.reduce((count: number, part) => count + leaves(part), 0);
    if (rest.length > 0 && isAdditive(field)) kept[OTHER] = rest.reduce(added);
    return kept;
  }

  /** Gives free places to new values, largest first, after taking those of values absent for too long. */
  #seat(place: string, axis: Axis, parts: Breakdown, nowMs: number): ReadonlyMap<string, number> {
    const seats = this.#admitted.get(place) ?? new Map<string, number>();
    this.#admitted.set(place, seats);
    for (const name of Object.keys(parts)) if (seats.has(name)) seats.set(name, nowMs);
    for (const [name, seenMs] of seats) if (nowMs - seenMs >= this.#keepMs) seats.delete(name);
    if (seats.size >= axis.limit) return seats;
    const waiting = Object.keys(parts).filter((name) => !seats.has(name) && name !== OTHER);
    waiting.sort((a, b) => sumOf(parts[b]) - sumOf(parts[a]));
    for (const name of waiting.slice(0, axis.limit - seats.size)) seats.set(name, nowMs);
    return seats;
  }
}

function leaves(value: unknown): number {
  if (typeof value === "number") return 1;
  return Object.values(value as Breakdown).reduce((count: number, part) => count + leaves(part), 0);
}

/** Two breakdowns of the same depth, number by number. */
function added(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a + b;
  const sum: Record<string, unknown> = Object.assign(Object.create(null), a) as Record<string, unknown>;
  for (const [name, part] of Object.entries(b as Breakdown)) sum[name] = name in sum ? added(sum[name], part) : part;
  return sum;
}

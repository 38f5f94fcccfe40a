import type { Field } from "./field.ts";
import type { AnyValues, SampleType } from "./sample-type.ts";

/** One point of a collection: one object for as long as it is measured, so that no reader has to find it by name. */
export interface SeriesPoint {
  /** Small, and used again after the point has ended: an index into the arrays of those that follow points. */
  readonly id: number;
  readonly key: string;
  readonly field: Field;
  /** Values of the field's axes, outermost first. */
  readonly path: readonly string[];
}

/** The numbers of one sample with their points, side by side; valid until the next sample is resolved. */
export interface ResolvedPoints {
  readonly count: number;
  readonly points: readonly SeriesPoint[];
  readonly values: readonly number[];
}

interface Leaf extends SeriesPoint {
  /** Number of the newest sample that measured it. */
  seen: number;
}

/** The points below one value of an axis, or all of them. */
type Branch = Map<string, Branch | Leaf>;

/** Samples between two sweeps of points that have ended. */
const SWEEP = 64;

/** Finds the points of a collection's samples: each sample is walked once, and no key is made for a point that is known. */
export class PointTable {
  readonly #type: SampleType;
  readonly #keep: number;
  readonly #root: Branch = new Map();
  /** Where the walk is: a field, then a value of each of its axes. */
  readonly #trail: string[] = [];
  readonly #free: number[] = [];
  readonly #resolved: { count: number; points: Leaf[]; values: number[] } = { count: 0, points: [], values: [] };
  #ids = 0;
  #samples = 0;

  /** @param keep a point that this many samples in a row did not measure has ended */
  constructor(type: SampleType, keep: number) {
    this.#type = type;
    this.#keep = keep;
  }

  /** The points of a sample's values, in the order of the type's fields; none for a sample without values. */
  resolve(values: AnyValues | undefined): ResolvedPoints {
    this.#samples += 1;
    if (this.#samples % SWEEP === 0) this.#sweep(this.#root);
    this.#resolved.count = 0;
    if (values) for (const field in this.#type.fields) this.#walk(this.#root, field, values[field]);
    return this.#resolved;
  }

  #walk(branch: Branch, step: string, value: unknown): void {
    if (value === undefined) return;
    this.#trail.push(step);
    if (typeof value === "number") this.#found((branch.get(step) as Leaf | undefined) ?? this.#add(branch, step), value);
    else {
      let inner = branch.get(step) as Branch | undefined;
      if (!inner) branch.set(step, (inner = new Map()));
      const split = value as Readonly<Record<string, unknown>>;
      // Object.entries would make a pair of each number of each sample.
      for (const next in split) this.#walk(inner, next, split[next]);
    }
    this.#trail.pop();
  }

  #found(leaf: Leaf, value: number): void {
    leaf.seen = this.#samples;
    const resolved = this.#resolved;
    resolved.points[resolved.count] = leaf;
    resolved.values[resolved.count] = value;
    resolved.count += 1;
  }

  #add(branch: Branch, step: string): Leaf {
    const [key, ...path] = this.#trail as [string, ...string[]];
    const leaf: Leaf = { id: this.#free.pop() ?? this.#ids++, key, field: this.#type.fields[key] as Field, path, seen: this.#samples };
    branch.set(step, leaf);
    return leaf;
  }

  #sweep(branch: Branch): void {
    for (const [step, inner] of branch) {
      if (inner instanceof Map) {
        this.#sweep(inner);
        if (inner.size === 0) branch.delete(step);
      } else if (this.#samples - inner.seen > this.#keep) {
        branch.delete(step);
        this.#free.push(inner.id);
      }
    }
  }
}

import type { Field } from "./field.ts";
import type { AnyValues, SampleType } from "./sample-type.ts";

/** One point of a collection. The same object as long as the point is measured, so that readers need not look it up by name. */
export interface SeriesPoint {
  /** A small index into the arrays of readers; reused after the point has ended. */
  readonly id: number;
  readonly key: string;
  readonly field: Field;
  /** Values of the field's axes, outermost first. */
  readonly path: readonly string[];
}

/**
 * The values of one sample and their points, in parallel arrays of which the first `count` are used; valid until the next sample is
 * resolved.
 */
export interface ResolvedPoints {
  readonly count: number;
  readonly points: readonly SeriesPoint[];
  readonly values: readonly number[];
}

interface Leaf extends SeriesPoint {
  /** Index of the newest sample that measured it. */
  seen: number;
}

/** The points of one value of an axis, or of all fields. */
type Branch = Map<string, Branch | Leaf>;

/** Number of samples between two sweeps for points that have ended. */
const SWEEP = 64;

/** Resolves the points of a collection's samples: walks each sample once and creates no key for a known point. */
export class PointTable {
  readonly #type: SampleType;
  #retain: number;
  readonly #root: Branch = new Map();
  /** Path of the walk: a field, then a value of each of its axes. */
  readonly #path: string[] = [];
  readonly #free: number[] = [];
  readonly #resolved: { count: number; points: Leaf[]; values: number[] } = { count: 0, points: [], values: [] };
  #ids = 0;
  #samples = 0;

  /** @param retain number of consecutive samples without a point after which it has ended */
  constructor(type: SampleType, retain: number) {
    this.#type = type;
    this.#retain = retain;
  }

  /** From now on a point has ended after this many samples without it. */
  retain(samples: number): void {
    this.#retain = samples;
  }

  /** Resolves the values of a sample, in the order of the type's fields; no points for a sample without values. */
  resolve(values: AnyValues | undefined): ResolvedPoints {
    this.#samples += 1;
    if (this.#samples % SWEEP === 0) this.#sweep(this.#root);
    this.#resolved.count = 0;
    if (values) for (const field in this.#type.fields) this.#walk(this.#root, field, values[field]);
    return this.#resolved;
  }

  #walk(branch: Branch, step: string, value: unknown): void {
    if (value === undefined) return;
    this.#path.push(step);
    if (typeof value === "number") this.#found((branch.get(step) as Leaf | undefined) ?? this.#add(branch, step), value);
    else {
      let inner = branch.get(step) as Branch | undefined;
      if (!inner) branch.set(step, (inner = new Map()));
      const split = value as Readonly<Record<string, unknown>>;
      // Not Object.entries, which would allocate a pair for each value of each sample.
      for (const next in split) this.#walk(inner, next, split[next]);
    }
    this.#path.pop();
  }

  #found(leaf: Leaf, value: number): void {
    leaf.seen = this.#samples;
    const resolved = this.#resolved;
    resolved.points[resolved.count] = leaf;
    resolved.values[resolved.count] = value;
    resolved.count += 1;
  }

  #add(branch: Branch, step: string): Leaf {
    const [key, ...path] = this.#path as [string, ...string[]];
    const leaf: Leaf = { id: this.#free.pop() ?? this.#ids++, key, field: this.#type.fields[key] as Field, path, seen: this.#samples };
    branch.set(step, leaf);
    return leaf;
  }

  #sweep(branch: Branch): void {
    for (const [step, inner] of branch) {
      if (inner instanceof Map) {
        this.#sweep(inner);
        if (inner.size === 0) branch.delete(step);
      } else if (this.#samples - inner.seen > this.#retain) {
        branch.delete(step);
        this.#free.push(inner.id);
      }
    }
  }
}

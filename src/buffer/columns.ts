import type { Field, FieldKind } from "../sample/field.ts";
import type { AnyValues, Point, SampleType } from "../sample/sample-type.ts";
import { Column, TILE, type Shape } from "./column.ts";
import { LARGEST } from "../statistics/moments.ts";

/** A point of a sample type with the column of its numbers. */
export interface PointColumn extends Pick<Point, "field" | "path"> {
  readonly kind: FieldKind;
  readonly column: Column;
}

/** The columns below one value of an axis, or all of them. */
type Branch = Map<string, Branch | PointColumn>;

/** The columns of a buffer: one for each point seen, found by walking a sample's values, so that a push makes no keys. */
export class Columns {
  readonly #type: SampleType;
  readonly #shape: Shape;
  readonly #root: Branch = new Map();
  /** Where the walk is: a field, then a value of each of its axes. */
  readonly #place: string[] = [];
  #all: readonly PointColumn[] = [];
  #refused = 0;

  constructor(type: SampleType, shape: Shape) {
    this.#type = type;
    this.#shape = shape;
  }

  /** In the order their points were first seen. */
  get all(): readonly PointColumn[] {
    return this.#all;
  }

  /** Numbers that were not finite, or too large to add up, and so were not kept. */
  get refused(): number {
    return this.#refused;
  }

  /** Undefined for a point that is not retained. */
  find(field: string, path: readonly string[]): PointColumn | undefined {
    let place: Branch | PointColumn | undefined = this.#root.get(field);
    for (const step of path) place = place instanceof Map ? place.get(step) : undefined;
    return place instanceof Map ? undefined : place;
  }

  /** Takes push `n`: the numbers of `values` into their columns. The others were not measured. */
  put(n: number, values: AnyValues | undefined): void {
    if (n % TILE === 0) this.#beginTile(n);
    if (values) for (const field in this.#type.fields) this.#put(n, this.#root, field, values[field]);
  }

  /** A point that is absent from everything retained goes now, with its memory; the others make place. */
  #beginTile(n: number): void {
    for (const each of this.#all) {
      if (n - each.column.measured > this.#shape.retain) this.#remove(each);
      else each.column.beginTile(n);
    }
  }

  #remove(gone: PointColumn): void {
    this.#all = this.#all.filter((each) => each !== gone);
    this.#prune(this.#root, [gone.field, ...gone.path]);
  }

  #put(n: number, branch: Branch, key: string, value: unknown): void {
    if (value === undefined) return;
    this.#place.push(key);
    if (typeof value === "number") this.#putNumber(n, branch, value);
    else {
      let inner = branch.get(key) as Branch | undefined;
      if (!inner) branch.set(key, (inner = new Map()));
      const split = value as Readonly<Record<string, unknown>>;
      // Object.entries would make a pair of each number of each sample.
      for (const step in split) this.#put(n, inner, step, split[step]);
    }
    this.#place.pop();
  }

  #putNumber(n: number, branch: Branch, value: number): void {
    if (!(Math.abs(value) <= LARGEST)) {
      this.#refused += 1;
      return;
    }
    const known = branch.get(this.#place.at(-1) as string) as PointColumn | undefined;
    (known ?? this.#add(n, branch)).column.put(n, value);
  }

  #add(n: number, branch: Branch): PointColumn {
    const [field, ...path] = this.#place as [string, ...string[]];
    const { kind } = this.#type.fields[field] as Field;
    const added: PointColumn = { field, path, kind, column: new Column(this.#shape, n) };
    branch.set(this.#place.at(-1) as string, added);
    this.#all = [...this.#all, added];
    return added;
  }

  #prune(branch: Branch, [key, ...rest]: readonly string[]): void {
    if (key === undefined) return;
    const inner = branch.get(key);
    if (inner instanceof Map) this.#prune(inner, rest);
    if (!(inner instanceof Map) || inner.size === 0) branch.delete(key);
  }
}

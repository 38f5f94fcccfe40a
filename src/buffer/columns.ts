import type { FieldKind } from "../sample/field.ts";
import type { ResolvedPoints, SeriesPoint } from "../sample/points.ts";
import type { Point } from "../sample/sample-type.ts";
import { Column, TILE, type Shape } from "./column.ts";
import { LARGEST } from "../statistics/moments.ts";

/** A point of a sample type with the column of its numbers. */
export interface PointColumn extends Pick<Point, "field" | "path"> {
  readonly kind: FieldKind;
  readonly column: Column;
}

interface HeldPoint extends PointColumn {
  readonly point: SeriesPoint;
}

/** The columns below one value of an axis, or all of them. */
type Branch = Map<string, Branch | HeldPoint>;

/** The columns of a buffer, one for each point that it holds. */
export class Columns {
  readonly #shape: Shape;
  /** By field and path, for those who ask for a point. */
  readonly #root: Branch = new Map();
  /** By the id of the point, for each sample. */
  readonly #byId: (HeldPoint | undefined)[] = [];
  #all: readonly HeldPoint[] = [];
  #refused = 0;

  constructor(shape: Shape) {
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

  /** Takes push `n`: its numbers into the columns of their points. The other points were not measured. */
  put(n: number, { count, points, values }: ResolvedPoints): void {
    if (n % TILE === 0) this.#beginTile(n);
    for (let at = 0; at < count; at += 1) {
      const value = values[at] as number;
      if (Math.abs(value) <= LARGEST) this.#columnOf(points[at] as SeriesPoint, n).put(n, value);
      else this.#refused += 1;
    }
  }

  /** A point that is absent from everything retained goes now, with its memory; the others make place. */
  #beginTile(n: number): void {
    for (const each of this.#all) {
      if (n - each.column.measured > this.#shape.retain) this.#remove(each);
      else each.column.beginTile(n);
    }
  }

  #columnOf(point: SeriesPoint, n: number): Column {
    const held = this.#byId[point.id];
    return held?.point === point ? held.column : this.#hold(point, n);
  }

  #hold(point: SeriesPoint, n: number): Column {
    const { id, field, key, path } = point;
    // A point that ended and came back while its numbers are still retained goes on in its column.
    const column = this.find(key, path)?.column ?? new Column(this.#shape, n);
    const held: HeldPoint = { field: key, path, kind: field.kind, column, point };
    this.#all = [...this.#all.filter((each) => each.column !== column), held];
    this.#byId[id] = held;
    let branch = this.#root;
    const steps = [key, ...path];
    for (const step of steps.slice(0, -1)) {
      let inner = branch.get(step);
      if (!(inner instanceof Map)) branch.set(step, (inner = new Map()));
      branch = inner;
    }
    branch.set(steps.at(-1) as string, held);
    return column;
  }

  #remove(ended: HeldPoint): void {
    this.#all = this.#all.filter((each) => each !== ended);
    if (this.#byId[ended.point.id] === ended) this.#byId[ended.point.id] = undefined;
    this.#prune(this.#root, [ended.field, ...ended.path]);
  }

  #prune(branch: Branch, [key, ...rest]: readonly string[]): void {
    if (key === undefined) return;
    const inner = branch.get(key);
    if (inner instanceof Map) this.#prune(inner, rest);
    if (!(inner instanceof Map) || inner.size === 0) branch.delete(key);
  }
}

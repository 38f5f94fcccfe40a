import type { ResolvedPoints, SeriesPoint } from "../sample/points.ts";
import type { Point } from "../sample/sample-type.ts";
import { Column, TILE, type Shape } from "./column.ts";
import { LARGEST } from "../statistics/moments.ts";

/** A point of a sample type with the column of its values. */
export interface PointColumn extends Pick<Point, "field" | "path"> {
  readonly column: Column;
}

interface HeldPoint extends PointColumn {
  readonly point: SeriesPoint;
}

/** The columns of one value of an axis, or of all fields. */
type Branch = Map<string, Branch | HeldPoint>;

/** The columns of a buffer, one for each retained point. */
export class Columns {
  readonly #shape: Shape;
  /** By field and path, for lookups by name. */
  readonly #root: Branch = new Map();
  /** By the id of the point, for adding samples. */
  readonly #byId: (HeldPoint | undefined)[] = [];
  #all: readonly HeldPoint[] = [];
  #notRetained = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  /** All columns, in the order in which their points were first measured. */
  get all(): readonly PointColumn[] {
    return this.#all;
  }

  /** Number of values that were not retained because they are not finite or too large to sum. */
  get notRetained(): number {
    return this.#notRetained;
  }

  /** The column of a point; undefined if it is not retained. */
  find(field: string, path: readonly string[]): PointColumn | undefined {
    let found: Branch | PointColumn | undefined = this.#root.get(field);
    for (const step of path) found = found instanceof Map ? found.get(step) : undefined;
    return found instanceof Map ? undefined : found;
  }

  /** Stores the values of push `n` in the columns of their points. @param isReplayed whether many pushes follow before the next read */
  put(n: number, { count, points, values }: ResolvedPoints, isReplayed: boolean): void {
    if (n % TILE === 0) this.#beginTile(n, isReplayed);
    for (let at = 0; at < count; at += 1) {
      const value = values[at] as number;
      if (Math.abs(value) <= LARGEST) this.#columnOf(points[at] as SeriesPoint, n).put(n, value);
      else this.#notRetained += 1;
    }
  }

  /** Removes points that are absent from all retained samples; starts a tile in the columns of the others. */
  #beginTile(n: number, isReplayed: boolean): void {
    for (const each of this.#all) {
      if (n - each.column.measured > this.#shape.retain) this.#remove(each);
      else each.column.beginTile(n, isReplayed);
    }
  }

  #columnOf(point: SeriesPoint, n: number): Column {
    const held = this.#byId[point.id];
    return held?.point === point ? held.column : this.#hold(point, n);
  }

  #hold(point: SeriesPoint, n: number): Column {
    const { id, key, path } = point;
    // A point that ended and returned while its values are still retained continues in its column.
    const column = this.find(key, path)?.column ?? new Column(this.#shape, n);
    const held: HeldPoint = { field: key, path, column, point };
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

/** Numbers by the values of the axes that split a field, as samples contain them. */
export class Breakdown {
  /** A number by the values of the innermost axis, in records by those of the others. No names are inherited. */
  readonly root = record();

  /** Sets the number at a path of one value for each axis, outermost first. */
  put(path: readonly string[], value: number): void {
    this.#leaves(path)[path.at(-1) as string] = value;
  }

  /** Adds to the number at a path. */
  add(path: readonly string[], value: number): void {
    const leaves = this.#leaves(path);
    const name = path.at(-1) as string;
    leaves[name] = ((leaves[name] as number | undefined) ?? 0) + value;
  }

  #leaves(path: readonly string[]): Record<string, unknown> {
    let inner = this.root;
    for (let depth = 0; depth < path.length - 1; depth += 1) inner = (inner[path[depth] as string] ??= record()) as Record<string, unknown>;
    return inner;
  }
}

const record = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

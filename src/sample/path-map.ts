type Branch<V> = Map<string, Branch<V> | Leaf<V>>;

interface Leaf<V> {
  readonly path: readonly string[];
  value: V;
}

/**
 * A map whose keys are lists of names of one length, outermost first: a branch for each name, so that no two lists share a key, whatever
 * characters their names contain.
 */
export class PathMap<V> {
  readonly #root: Branch<V> = new Map();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(path: readonly string[]): V | undefined {
    let found: Branch<V> | Leaf<V> | undefined = this.#root;
    for (const step of path) found = found instanceof Map ? found.get(step) : undefined;
    return found instanceof Map ? undefined : found?.value;
  }

  set(path: readonly string[], value: V): void {
    const last = path.length - 1;
    let branch = this.#root;
    for (let n = 0; n < last; n += 1) {
      let inner = branch.get(path[n] as string);
      if (!(inner instanceof Map)) branch.set(path[n] as string, (inner = new Map()));
      branch = inner;
    }
    const leaf = branch.get(path[last] as string);
    if (leaf && !(leaf instanceof Map)) leaf.value = value;
    else {
      branch.set(path[last] as string, { path, value });
      this.#size += 1;
    }
  }

  delete(path: readonly string[]): void {
    const before = this.get(path);
    if (before === undefined) return;
    this.#prune(this.#root, path, 0);
    this.#size -= 1;
  }

  /** Every path with its value, grouped by the outermost name. */
  *entries(): Generator<readonly [path: readonly string[], value: V]> {
    yield* walk(this.#root);
  }

  #prune(branch: Branch<V>, path: readonly string[], depth: number): void {
    const step = path[depth] as string;
    const inner = branch.get(step);
    if (inner instanceof Map) this.#prune(inner, path, depth + 1);
    if (!(inner instanceof Map) || inner.size === 0) branch.delete(step);
  }
}

function* walk<V>(branch: Branch<V>): Generator<readonly [readonly string[], V]> {
  for (const inner of branch.values()) {
    if (inner instanceof Map) yield* walk(inner);
    else yield [inner.path, inner.value];
  }
}

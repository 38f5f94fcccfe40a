import type { Problem } from "./problem.ts";

/** The open problems by key, oldest first, and by component. */
export class OpenProblems {
  readonly #problems = new Map<string, Problem>();
  /** Keys of a component's problems. */
  readonly #keys = new Map<string, Set<string>>();

  get(key: string): Problem | undefined {
    return this.#problems.get(key);
  }

  /** A known key keeps its place. */
  set(key: string, problem: Problem): void {
    this.#problems.set(key, problem);
    const keys = this.#keys.get(problem.component) ?? new Set<string>();
    this.#keys.set(problem.component, keys.add(key));
  }

  delete(key: string): void {
    const component = this.#problems.get(key)?.component ?? "";
    this.#problems.delete(key);
    const keys = this.#keys.get(component);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(component);
  }

  /** Keys of a component's problems, oldest first. */
  keysOf(component: string): readonly string[] {
    return [...(this.#keys.get(component) ?? [])];
  }

  values(): Iterable<Problem> {
    return this.#problems.values();
  }

  [Symbol.iterator](): IterableIterator<[string, Problem]> {
    return this.#problems.entries();
  }
}

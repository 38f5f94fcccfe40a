import type { Transition } from "./record.ts";

/** The newest transitions of each component, bounded. */
export class History {
  readonly #limit: number;
  readonly #transitions = new Map<string, Transition[]>();

  /** @param limit transitions kept of each component */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(transition: Transition): void {
    const kept = this.#transitions.get(transition.component) ?? [];
    this.#transitions.set(transition.component, kept);
    kept.push(transition);
    if (kept.length > this.#limit) kept.shift();
  }

  /** Oldest first. @param filter.since only transitions at or after this moment */
  list({ component, since }: { readonly component?: string; readonly since?: Date } = {}): readonly Transition[] {
    const kept = component === undefined ? [...this.#transitions.values()].flat() : (this.#transitions.get(component) ?? []);
    const wanted = since === undefined ? kept : kept.filter(({ time }) => Date.parse(time) >= since.getTime());
    return wanted.toSorted((a, b) => a.seq - b.seq);
  }
}

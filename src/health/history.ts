import type { Transition } from "./record.ts";

/** The newest transitions, oldest first, bounded. */
export class History {
  readonly #limit: number;
  #transitions: Transition[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(transition: Transition): void {
    this.#transitions.push(transition);
    if (this.#transitions.length > this.#limit) this.#transitions.shift();
  }

  /** @param filter.since only transitions at or after this moment */
  list(filter: { readonly component?: string; readonly since?: Date } = {}): readonly Transition[] {
    const { component, since } = filter;
    return this.#transitions.filter(
      (each) =>
        (component === undefined || each.component === component) && (since === undefined || Date.parse(each.time) >= since.getTime()),
    );
  }
}

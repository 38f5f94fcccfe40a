import type { Transition } from "./record.ts";

/** What a list of transitions is complete within. */
export interface HistoryBounds {
  /** When the first could have been, ISO 8601. */
  readonly since: string;
  /** By component, the moment of the newest transition that was forgotten; a component that lost none is not in it. */
  readonly forgotten: Readonly<Record<string, string>>;
}

/** The newest transitions of each component, bounded. */
export class History {
  readonly #limit: number;
  readonly #transitions = new Map<string, Transition[]>();
  readonly #forgotten = new Map<string, string>();

  /** @param limit transitions kept of each component */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get forgotten(): HistoryBounds["forgotten"] {
    return Object.fromEntries(this.#forgotten);
  }

  add(transition: Transition): void {
    const kept = this.#transitions.get(transition.component) ?? [];
    this.#transitions.set(transition.component, kept);
    kept.push(transition);
    const gone = kept.length > this.#limit ? kept.shift() : undefined;
    if (gone) this.#forgotten.set(gone.component, gone.time);
  }

  /** Oldest first. @param filter.since only transitions at or after this moment */
  list({ component, since }: { readonly component?: string; readonly since?: Date } = {}): readonly Transition[] {
    const kept = component === undefined ? [...this.#transitions.values()].flat() : (this.#transitions.get(component) ?? []);
    const wanted = since === undefined ? kept : kept.filter(({ time }) => Date.parse(time) >= since.getTime());
    return wanted.toSorted((a, b) => a.seq - b.seq);
  }
}

import type { Transition } from "./record.ts";
import type { SavedHistory } from "./saved.ts";

/** From when a list of transitions is complete. */
export interface HistoryBounds {
  /** When recording began, ISO 8601. */
  readonly since: string;
  /** By component, the time of the newest transition that was dropped; a component that lost none has no entry. */
  readonly forgotten: Readonly<Record<string, string>>;
}

/** Removed components whose transitions are kept; beyond, those of the component removed first are dropped. */
const REMOVED_LIMIT = 100;

interface Recorded {
  /** Position among the transitions of all components: their times may step back with the wall clock. */
  readonly order: number;
  readonly transition: Transition;
}

/** The newest transitions of each component, bounded. */
export class History {
  #limit: number;
  readonly #transitions = new Map<string, Recorded[]>();
  readonly #forgotten = new Map<string, string>();
  /** Names of removed components, the one removed first in front. */
  readonly #removed = new Set<string>();
  #added = 0;

  /** @param limit transitions kept per component */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get forgotten(): HistoryBounds["forgotten"] {
    return Object.fromEntries(this.#forgotten);
  }

  add(transition: Transition): void {
    const kept = this.#transitions.get(transition.component) ?? [];
    this.#transitions.set(transition.component, kept);
    kept.push({ order: (this.#added += 1), transition });
    this.#trim(kept);
  }

  /** From now on so many transitions are kept per component. */
  limit(limit: number): void {
    this.#limit = limit;
    for (const kept of this.#transitions.values()) this.#trim(kept);
  }

  /** A component of this name exists (again): its transitions are kept for as long as it does. */
  retain(component: string): void {
    this.#removed.delete(component);
  }

  /** The component was removed. Its transitions stay, for the latest hundred of removed components. */
  release(component: string): void {
    this.#removed.delete(component);
    this.#removed.add(component);
    for (const oldest of this.#removed) {
      if (this.#removed.size <= REMOVED_LIMIT) return;
      this.#removed.delete(oldest);
      this.#transitions.delete(oldest);
      this.#forgotten.delete(oldest);
    }
  }

  save(): Pick<SavedHistory, "transitions" | "forgotten" | "removed"> {
    return { transitions: [...this.list()], forgotten: this.forgotten, removed: [...this.#removed] };
  }

  /** Continues from what was saved. Components that do not exist any more count as removed. */
  restore({ transitions, forgotten, removed }: Pick<SavedHistory, "transitions" | "forgotten" | "removed">): void {
    for (const [component, time] of Object.entries(forgotten)) this.#forgotten.set(component, time);
    for (const transition of transitions) this.add(transition);
    for (const component of removed) if (this.#transitions.has(component)) this.release(component);
  }

  /** Oldest first. @param filter.since only transitions at or after this time */
  list({ component, since }: { readonly component?: string; readonly since?: Date } = {}): readonly Transition[] {
    const kept = component === undefined ? [...this.#transitions.values()].flat() : (this.#transitions.get(component) ?? []);
    const wanted = since === undefined ? kept : kept.filter(({ transition }) => Date.parse(transition.time) >= since.getTime());
    return wanted.toSorted((a, b) => a.order - b.order).map(({ transition }) => transition);
  }

  #trim(kept: Recorded[]): void {
    const dropped = kept.splice(0, Math.max(0, kept.length - this.#limit)).at(-1)?.transition;
    if (dropped) this.#forgotten.set(dropped.component, dropped.time);
  }
}

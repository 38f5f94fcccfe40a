import type { VitalsEvent } from "../../collector.ts";

/** What a client wants to see. */
export interface Filter {
  /** Kinds of events; undefined for all. */
  readonly types?: ReadonlySet<string> | undefined;
  /** Collections whose samples and aggregates; undefined for all. */
  readonly collections?: ReadonlySet<string> | undefined;
  /** Samples a second, at most. */
  readonly maxRate?: number | undefined;
}

/** Whether an event passes a filter. */
export function passes(filter: Filter, event: VitalsEvent): boolean {
  if (filter.types && !filter.types.has(event.kind)) return false;
  return event.kind !== "sample" || wantsCollection(filter, event.sample.collection);
}

export const wantsAggregates = ({ types }: Filter): boolean => types?.has("aggregate") ?? true;

export const wantsCollection = ({ collections }: Filter, name: string): boolean => collections?.has(name) ?? true;

/** Most filters that are kept to be shared. */
const MOST_FILTERS = 256;

/** Filters that are the same are one: ten thousand clients that ask for the same have it once. */
export class Filters {
  readonly #known = new Map<string, Filter>();

  of(types: readonly string[] | undefined, collections: readonly string[] | undefined, maxRate: number | undefined): Filter {
    const key = JSON.stringify([types, collections, maxRate]);
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= MOST_FILTERS) this.#known.clear();
    const filter = { types: types && new Set(types), collections: collections && new Set(collections), maxRate };
    this.#known.set(key, filter);
    return filter;
  }
}

/** The same for filters that want the same collections: what is made for one of them serves all. */
export const collectionsKey = ({ collections }: Filter): string => (collections ? [...collections].toSorted().join(",") : "*");

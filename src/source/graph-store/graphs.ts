import { isVitalsError, VitalsError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../base/clock.ts";
import type { SampleType } from "../../sample/sample-type.ts";
import { MISSING_GRAPH } from "../../store/falkordb.ts";
import type { Store } from "../../store/store.ts";
import { CATALOG_QUERIES, catalogOf, type Catalog } from "./catalog.ts";
import type { Costs } from "./costs.ts";
import { lacking, type Layout, type Measure } from "./layout.ts";
import { isFallback, LAYOUTS, recognise } from "./layouts/index.ts";

/** Which graphs of a store are read, and as what. */
export interface GraphsSettings {
  /** Names of graphs, or the start of names followed by `*`. */
  readonly graphs: readonly string[];
  readonly maxGraphs: number;
  /** Name of a layout, or `auto`. */
  readonly layout: string;
  /** Measures of the configuration itself. */
  readonly custom: readonly Measure[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly costs: Costs;
}

/** What is known of one graph. */
export interface GraphState {
  readonly graph: string;
  readonly catalog: Catalog;
  readonly layout: Layout;
}

/** A catalog serves the readings of one tick. Milliseconds. */
const CATALOG_LIVES_MS = 500;

const isPattern = (name: string): boolean => name.endsWith("*");

/** The graphs of a store, each with its counts and its layout. */
export class Graphs {
  readonly #settings: GraphsSettings;
  readonly #warnOnce: (message: string) => void;
  readonly #states = new Map<string, GraphState & { readonly atMs: number }>();
  #hasRead = false;

  constructor(settings: GraphsSettings, warnOnce: (message: string) => void) {
    this.#settings = settings;
    this.#warnOnce = warnOnce;
  }

  /**
   * The graphs that exist.
   *
   * @throws VitalsError of the connection; `source_waiting` while there is none, `source_failed` when there is none any more
   */
  async examine(store: Store, timeoutMs: () => number, signal: AbortSignal): Promise<readonly GraphState[]> {
    const states: GraphState[] = [];
    const graphs = await this.#names(store, signal);
    for (const graph of this.#states.keys()) if (!graphs.includes(graph)) this.#states.delete(graph);
    for (const graph of graphs) {
      const state = await this.#examineGraph(store, graph, timeoutMs, signal);
      if (state) states.push(state);
    }
    const names = this.#settings.graphs.join(", ");
    if (states.length > 0) this.#hasRead = true;
    else if (this.#hasRead) throw new VitalsError("source_failed", `no graph is there any more: ${names}`, { retryable: true });
    else {
      const reason = `waiting for the first write: graph ${names} is not there yet, or empty; correct its name if it should be`;
      throw new VitalsError("source_waiting", reason);
    }
    return states;
  }

  /** The measures of a type in a graph that has what they need. Of the others, one warning. */
  measuresOf({ catalog, layout, graph }: GraphState, type: SampleType, cost: Measure["cost"]): readonly Measure[] {
    const measures = [...layout.measures, ...this.#settings.custom].filter((each) => each.type === type.name && each.cost === cost);
    return measures.filter((measure) => {
      const missing = lacking(catalog, measure.needs);
      if (missing.length > 0) this.#warnOnce(`graph ${graph}: ${measure.fields.join(", ")} cannot be measured: no ${missing.join(", ")}`);
      return missing.length === 0;
    });
  }

  async #names(store: Store, signal: AbortSignal): Promise<readonly string[]> {
    const { graphs, maxGraphs } = this.#settings;
    if (!graphs.some(isPattern)) return graphs;
    const present = await store.graphs(signal);
    const matching = graphs.flatMap((name) => (isPattern(name) ? present.filter((each) => each.startsWith(name.slice(0, -1))) : [name]));
    const chosen = [...new Set(matching)].toSorted();
    if (chosen.length > maxGraphs) this.#warnOnce(`${chosen.length} graphs match; the first ${maxGraphs} by name are read (max_graphs)`);
    return chosen.slice(0, maxGraphs);
  }

  /** Undefined for a graph that does not exist, or is empty and has no layout yet. */
  async #examineGraph(store: Store, graph: string, timeoutMs: () => number, signal: AbortSignal): Promise<GraphState | undefined> {
    const { clock, costs } = this.#settings;
    const known = this.#states.get(graph);
    if (known && clock.monotonicMs() - known.atMs < CATALOG_LIVES_MS) return known;
    try {
      const startMs = clock.monotonicMs();
      const rows = await store.query({ text: CATALOG_QUERIES[store.dialect], graph, maxRows: 10_000, timeoutMs: timeoutMs() }, signal);
      costs.record("catalog", { seconds: (clock.monotonicMs() - startMs) / 1_000, rows });
      const catalog = catalogOf(store.dialect, rows);
      const layout = this.#layoutOf(catalog, known);
      if (!layout) return this.#forget(graph);
      if (layout !== known?.layout) this.#settings.logger.info(foundLayout(graph, layout, store));
      const state = { graph, catalog, layout, atMs: clock.monotonicMs() };
      this.#states.set(graph, state);
      return state;
    } catch (error) {
      if (isVitalsError(error) && error.errorType === MISSING_GRAPH) return this.#forget(graph);
      throw error;
    }
  }

  /** A graph that is deleted and written anew may be another's. */
  #forget(graph: string): undefined {
    this.#states.delete(graph);
  }

  /** A layout that was recognised stays, except that of a graph of which nothing or only a part was written when it was last read. */
  #layoutOf(catalog: Catalog, known: GraphState | undefined): Layout | undefined {
    const { layout: chosen } = this.#settings;
    if (chosen !== "auto") return LAYOUTS.find(({ name }) => name === chosen);
    const isCertain = known !== undefined && known.catalog.nodes > 0 && !isFallback(known.layout);
    return isCertain ? known.layout : (recognise(catalog) ?? known?.layout);
  }
}

const foundLayout = (graph: string, { name, title }: Layout, { engine }: Store): string =>
  `graph ${graph}: layout ${name} (${title}), on ${engine.name} ${engine.version}`;

import type { AnyValues } from "../../sample/sample-type.ts";
import type { Dialect, Store } from "../../store/store.ts";
import type { Costs } from "./costs.ts";
import { defined, type Layout } from "./layout.ts";
import { runTasks, type Task } from "./task.ts";

/** The sample type that a retrieval belongs to, and the fields that it fills. */
export const PROBE_TYPE = "agent-memory";
export const PROBE_FIELDS = ["retrievalDuration", "retrievals", "failedRetrievals"] as const;

/** Name of the probe among the measures. */
const PROBE = "probe";

/** A retrieval that is really made. */
export interface ProbeSettings {
  /** What a full-text query searches for. Default: a stored embedding is the query. */
  readonly text: string | undefined;
  /** Name of the full-text index; in FalkorDB a label. Default: that of the layout. */
  readonly index: string | undefined;
  /** Minimum time between two retrievals. Milliseconds. */
  readonly intervalMs: number;
}

/** Full-text queries, which count what they find. */
const TEXT: Readonly<Record<Dialect, string>> = {
  falkordb: "CALL db.idx.fulltext.queryNodes($index, $text) YIELD node RETURN count(node) AS found",
  neo4j: "CALL db.index.fulltext.queryNodes($index, $text, { limit: 10 }) YIELD node RETURN count(node) AS found",
  memgraph: "CALL text_search.search_all($index, $text) YIELD node RETURN count(node) AS found",
};

interface Counts {
  success: number;
  empty: number;
  failure: number;
}

/** Retrieves from each graph, as an agent would, and counts how it went. */
export class Probe {
  readonly #settings: ProbeSettings;
  readonly #costs: Costs;
  readonly #monotonicMs: () => number;
  readonly #warn: (message: string) => void;
  readonly #counts = new Map<string, Counts>();
  /** By graph, retrievals in a row that did not find anything. */
  readonly #failed = new Map<string, number>();
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param warn called for what keeps a retrieval from being made; the same message may be repeated */
  constructor(settings: ProbeSettings, costs: Costs, monotonicMs: () => number, warn: (message: string) => void) {
    this.#settings = settings;
    this.#costs = costs;
    this.#monotonicMs = monotonicMs;
    this.#warn = warn;
  }

  /** Retrieves once from each graph, if it is time. @returns values of `agent-memory` by graph */
  async run(
    store: Store,
    graphs: readonly { readonly graph: string; readonly layout: Layout }[],
    timeoutMs: () => number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, AnyValues>> {
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#lastMs < this.#settings.intervalMs) return new Map();
    this.#lastMs = nowMs;
    const tasks = graphs.flatMap(({ graph, layout }) => this.#task(store.dialect, graph, layout));
    const done = await runTasks(store, tasks, { timeoutMs, monotonicMs: this.#monotonicMs }, signal);
    return new Map(
      done.map((each) => {
        const { graph } = each.task;
        this.#costs.record(PROBE, each);
        const counts = this.#counts.get(graph) ?? { success: 0, empty: 0, failure: 0 };
        this.#counts.set(graph, counts);
        const found = Number(each.rows?.rows[0]?.[0] ?? 0);
        counts[each.rows ? (found > 0 ? "success" : "empty") : "failure"] += 1;
        if (!each.rows) this.#warn(`the probe of graph ${graph} failed: ${each.absent ?? each.error ?? "no result"}`);
        const failedRetrievals = found > 0 ? 0 : (this.#failed.get(graph) ?? 0) + 1;
        this.#failed.set(graph, failedRetrievals);
        const values = { retrievalDuration: each.rows ? each.seconds : undefined, failedRetrievals };
        return [graph, { ...defined(values), retrievals: { ...counts } }];
      }),
    );
  }

  #task(dialect: Dialect, graph: string, { name, probe = {} }: Layout): readonly Task[] {
    const { text, index = probe.index?.[dialect] } = this.#settings;
    if (text === undefined) {
      const query = probe.vector?.[dialect];
      if (query !== undefined) return [{ measure: PROBE, graph, text: query }];
      this.#warn(`graph ${graph} has the layout ${name}, which has no embedding to retrieve by; set probe.text`);
      return [];
    }
    if (index !== undefined) return [{ measure: PROBE, graph, text: TEXT[dialect], parameters: { index, text } }];
    this.#warn(`graph ${graph} has the layout ${name}, which has no full-text index of its own; set probe.index`);
    return [];
  }
}

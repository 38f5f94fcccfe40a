import { VitalsError } from "../../base/errors.ts";
import type { AnyValues } from "../../sample/sample-type.ts";
import { measureGraph } from "../../topology/measure.ts";
import type { Dialect, Statement, Store } from "../../store/store.ts";

/** What is measured of the edges of one graph. Plain data, so that a thread can be given it. */
export interface TopologyTask {
  readonly graph: string;
  /** Milliseconds for reading the edges. */
  readonly timeoutMs: number;
  /** Milliseconds for the measures that take long. */
  readonly budgetMs: number;
  /** A graph with more nodes and edges is not read. */
  readonly maxItems: number;
}

/** The sample type that topology belongs to. */
export const TOPOLOGY_TYPE = "graph";

/** Fields of the sample type `graph` that come from the edges. */
export const TOPOLOGY_FIELDS = [
  "orphanNodes",
  "orphanShare",
  "leafNodes",
  "maxDegree",
  "connectedComponents",
  "largestComponentSize",
  "diameter",
  "density",
  "clusteringCoefficient",
  "averageCentrality",
  "modularity",
  "exact",
] as const;

/** Ranges of internal node numbers that one query covers: large enough to be few, and small enough for one answer. */
const PAGE = 5_000;

/** Numbers that a server may have used, as a multiple of `maxItems`: deleted nodes leave gaps. */
const MAX_GAPS = 20;

/** Rows of one answer: one for each node with edges. */
const MAX_ROWS = PAGE;

/** A page of nodes with many edges is large; the limit on the heap of the thread bounds it as well. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The edges that start at a range of nodes, as a row for each node. Parameters keep the plan in the server's cache. */
const PAGES: Readonly<Record<Dialect, string>> = {
  falkordb: "MATCH (a)-[r]->(b) WHERE id(a) >= $from AND id(a) < $until RETURN id(a) AS source, collect(id(b)) AS targets",
  neo4j: "MATCH (a)-->(b) WHERE id(a) >= $from AND id(a) < $until RETURN id(a) AS source, collect(id(b)) AS targets",
  memgraph: "MATCH (a)-->(b) WHERE id(a) >= $from AND id(a) < $until RETURN id(a) AS source, collect(id(b)) AS targets",
};

const BOUNDS: Readonly<Record<Dialect, string>> = {
  falkordb: "MATCH (n) RETURN count(n) AS nodes, max(id(n)) AS last",
  neo4j: "MATCH (n) RETURN count(n) AS nodes, max(id(n)) AS last",
  memgraph: "MATCH (n) RETURN count(n) AS nodes, max(id(n)) AS last",
};

/** A list of 32-bit numbers that grows. */
class Numbers {
  #items = new Uint32Array(1_024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  done(): Uint32Array {
    return this.#items.subarray(0, this.#length);
  }
}

/** Numbers of nodes without gaps, for the numbers of a server, which has some. */
class Indexes {
  /** By the server's number, ours plus one: an array, which takes a tenth of the memory of a map. */
  #items: Uint32Array;
  #size = 0;

  constructor(last: number) {
    this.#items = new Uint32Array(last + 1);
  }

  get size(): number {
    return this.#size;
  }

  of(id: number): number {
    // A node that was created after the last number was read.
    if (id >= this.#items.length) this.#grow(id);
    const known = this.#items[id];
    if (known) return known - 1;
    this.#items[id] = this.#size + 1;
    return this.#size++;
  }

  #grow(id: number): void {
    const larger = new Uint32Array(2 * id + 1);
    larger.set(this.#items);
    this.#items = larger;
  }
}

/**
 * Reads all edges of a graph, page by page, and measures it. It blocks its thread while it measures.
 *
 * @throws VitalsError `source_failed` for a graph that is larger than `maxItems`, `source_timeout` if reading takes longer than `timeoutMs`
 */
export async function measureTopology(
  store: Store,
  { graph, timeoutMs, budgetMs, maxItems }: TopologyTask,
  signal: AbortSignal,
): Promise<AnyValues> {
  const endMs = performance.now() + timeoutMs;
  const query = async (text: string, parameters?: Statement["parameters"]) => {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) throw new VitalsError("source_timeout", `the edges could not be read within ${timeoutMs / 1_000} s`);
    return (
      await store.query(
        { text, graph, maxRows: MAX_ROWS, maxBytes: MAX_BYTES, timeoutMs: leftMs, ...(parameters ? { parameters } : {}) },
        signal,
      )
    ).rows;
  };
  const [[count, last] = []] = await query(BOUNDS[store.dialect]);
  const nodeCount = Number(count);
  if (nodeCount > maxItems) throw tooLarge(`${nodeCount} nodes`, maxItems);
  if (Number(last ?? 0) > MAX_GAPS * maxItems)
    throw new VitalsError("source_failed", `the server numbers its ${nodeCount} nodes up to ${Number(last)}; expected fewer gaps`);
  const indexes = new Indexes(Number(last ?? -1));
  const [from, to] = [new Numbers(), new Numbers()];
  for (let first = 0; first <= Number(last ?? -1); first += PAGE) {
    const rows = await query(PAGES[store.dialect], { from: first, until: first + PAGE });
    for (const [source, targets] of rows) {
      for (const target of targets as readonly number[]) {
        from.push(indexes.of(source as number));
        to.push(indexes.of(target));
      }
    }
    if (from.length > maxItems) throw tooLarge(`more than ${maxItems} edges`, maxItems);
  }
  // Nodes that appeared meanwhile have edges, and were not counted.
  const input = { nodeCount: Math.max(nodeCount, indexes.size), from: from.done(), to: to.done() };
  const measures = measureGraph(input, { budgetMs });
  return { ...measures };
}

const tooLarge = (what: string, maxItems: number): VitalsError =>
  new VitalsError("source_failed", `the graph has ${what}; topology is measured up to ${maxItems} (topology.max_items)`);

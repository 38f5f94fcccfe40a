import { VitalsError } from "../../base/errors.ts";
import type { Cell, Dialect, Rows } from "../../store/store.ts";

/** What a graph consists of, from the counts that its server keeps. */
export interface Catalog {
  readonly nodes: number;
  readonly edges: number;
  /** Number of nodes by label. A node has any number of labels. */
  readonly labels: ReadonlyMap<string, number>;
  /** Number of edges by type. */
  readonly types: ReadonlyMap<string, number>;
}

/** Queries that read the catalog without a scan. */
export const CATALOG_QUERIES: Readonly<Record<Dialect, string>> = {
  falkordb: "CALL db.meta.stats() YIELD labels, relTypes, nodeCount, relCount RETURN labels, relTypes, nodeCount, relCount",
  neo4j: "CALL db.stats.retrieve('GRAPH COUNTS') YIELD data RETURN data.nodes AS nodes, data.relationships AS relationships",
  // Documented, and not tried against a server.
  memgraph: "SHOW NODE_LABELS INFO",
};

/**
 * The catalog in the result of its query.
 *
 * @throws VitalsError `source_failed` for a result without the counts
 */
export function catalogOf(dialect: Dialect, rows: Rows): Catalog {
  const catalog = dialect === "falkordb" ? ofFalkordb(rows) : ofNeo4j(rows);
  if (Number.isSafeInteger(catalog.nodes) && Number.isSafeInteger(catalog.edges)) return catalog;
  throw new VitalsError("source_failed", "the counts of the graph cannot be read: the server's answer has another form than expected");
}

function ofFalkordb({ rows: [first = []] }: Rows): Catalog {
  const [labels, types, nodes, edges] = first;
  return { nodes: countOf(nodes), edges: countOf(edges), labels: countsOf(labels), types: countsOf(types) };
}

/** One entry of the statistics, which concerns all nodes or edges, or those that it names. */
type Entry = Readonly<Record<string, Cell>>;

function ofNeo4j({ rows: [first = []] }: Rows): Catalog {
  const [nodes, relations] = first.map(entriesOf);
  return {
    nodes: totalOf(nodes, ["label"]),
    edges: totalOf(relations, ["relationshipType", "startLabel", "endLabel"]),
    labels: namedCounts(nodes, "label", []),
    types: namedCounts(relations, "relationshipType", ["startLabel", "endLabel"]),
  };
}

const entriesOf = (cell: Cell): readonly Entry[] => (Array.isArray(cell) ? (cell as readonly Entry[]) : []);

/** The counts of the entries that have this name and none of the others. */
function namedCounts(entries: readonly Entry[] = [], name: string, others: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    entries.flatMap((entry) => {
      const text = entry[name];
      return typeof text === "string" && others.every((other) => entry[other] === undefined) ? [[text, countOf(entry["count"])]] : [];
    }),
  );
}

/** The count of the entry that has no name. */
const totalOf = (entries: readonly Entry[] = [], names: readonly string[]): number =>
  countOf(entries.find((entry) => names.every((name) => entry[name] === undefined))?.["count"]);

function countsOf(cell: Cell | undefined): ReadonlyMap<string, number> {
  if (typeof cell !== "object" || cell === null) return new Map();
  return new Map(Object.entries(cell).map(([name, count]) => [name, countOf(count)]));
}

/** NaN for what is no number. */
const countOf = (cell: Cell | undefined): number => (typeof cell === "number" ? cell : Number.NaN);

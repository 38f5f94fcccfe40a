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

/** The catalog in the result of its query. */
export function catalogOf(dialect: Dialect, { rows }: Rows): Catalog {
  if (dialect === "falkordb") {
    const [labels, types, nodes, edges] = rows[0] ?? [];
    return { nodes: Number(nodes), edges: Number(edges), labels: countsOf(labels), types: countsOf(types) };
  }
  const [nodes, relations] = (rows[0] ?? []) as readonly (readonly Readonly<Record<string, Cell>>[])[];
  const named = (list: readonly Readonly<Record<string, Cell>>[] = [], name: string, others: readonly string[]) =>
    new Map(
      list.flatMap((entry) =>
        typeof entry[name] === "string" && others.every((other) => entry[other] === undefined)
          ? [[entry[name], Number(entry["count"])] as const]
          : [],
      ),
    );
  const total = (list: readonly Readonly<Record<string, Cell>>[] = [], names: readonly string[]): number =>
    Number(list.find((entry) => names.every((name) => entry[name] === undefined))?.["count"] ?? 0);
  return {
    nodes: total(nodes, ["label"]),
    edges: total(relations, ["relationshipType", "startLabel", "endLabel"]),
    labels: named(nodes, "label", []),
    types: named(relations, "relationshipType", ["startLabel", "endLabel"]),
  };
}

function countsOf(cell: Cell | undefined): ReadonlyMap<string, number> {
  if (typeof cell !== "object" || cell === null) return new Map();
  return new Map(Object.entries(cell).map(([name, count]) => [name, Number(count)]));
}

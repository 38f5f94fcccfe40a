import type { Falkordb } from "./falkordb.ts";
import type { Neo4j } from "./neo4j.ts";
import { pythonProcess } from "./python.ts";

export interface DumpedNode {
  readonly id: string;
  readonly labels: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface DumpedRelation {
  readonly type: string;
  /** The ids of two nodes. */
  readonly from: string;
  readonly to: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Everything in a graph, in the order of the ids. Times are text in ISO 8601. */
export interface Dump {
  readonly nodes: readonly DumpedNode[];
  readonly relations: readonly DumpedRelation[];
}

export interface GraphReader extends AsyncDisposable {
  /** @param graph of FalkorDB; Neo4j has one */
  dump(graph?: string): Promise<Dump>;
}

/** Reads whole graphs with the engine's own Python client, by other ways than the product does. Ends with its scope. */
export function graphReader(engine: Falkordb | Neo4j): GraphReader {
  const python = pythonProcess("dump.py", engine);
  return {
    dump: async (graph = "") => (await python.send({ do: "dump", graph })) as Dump,
    [Symbol.asyncDispose]: () => python[Symbol.asyncDispose](),
  };
}

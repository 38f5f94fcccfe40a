import type { Falkordb } from "./falkordb.ts";
import type { Neo4j } from "./neo4j.ts";
import { pythonProcess } from "./python.ts";

/** Counted by the engine's own Python client, from every node and relation of the group. */
export interface GraphitiCounts {
  readonly entities: number;
  readonly episodes: number;
  readonly communities: number;
  readonly facts: number;
  /** Facts that Graphiti has marked as expired. */
  readonly invalidated: number;
  /** Entities without an embedding of their name. */
  readonly withoutEmbedding: number;
  /** Relations from episodes to entities. */
  readonly mentions: number;
  /** Relations from communities to entities. */
  readonly members: number;
}

interface Aged {
  /** How long before now it was written, in seconds. Default: 0. */
  readonly age?: number;
}

/** Each method resolves when everything is stored. */
export interface GraphitiWriter extends AsyncDisposable {
  /** Ends the writer's process, not the engine. */
  readonly pid: number | undefined;
  /** Creates the indexes that Graphiti creates at its start. */
  indexes(): Promise<void>;
  /** @param options more labels than `Entity`; one name for all; the size of the embedding of the name; `embedded: false` leaves it out */
  entities(
    n: number,
    options?: Aged & {
      readonly labels?: readonly string[];
      readonly embedded?: boolean;
      readonly name?: string;
      readonly dimensions?: number;
    },
  ): Promise<void>;
  /** @param options how many of the newest entities each episode mentions; default 1 */
  episodes(n: number, options?: Aged & { readonly mentions?: number }): Promise<void>;
  /** Each connects two entities, which must exist. @param options one text for all; the numbers of two entities; `embedded: false` as above */
  facts(
    n: number,
    options?: Aged & { readonly text?: string; readonly between?: readonly [number, number]; readonly embedded?: boolean },
  ): Promise<void>;
  /** Sets `expired_at` and `invalid_at` of the oldest valid facts. */
  invalidate(n: number): Promise<void>;
  communities(n: number, options?: { readonly members?: number }): Promise<void>;
  /** Deletes the newest of what this writer wrote; an entity with its facts and mentions. */
  delete(what: { readonly entities?: number; readonly episodes?: number; readonly facts?: number }): Promise<void>;
  count(): Promise<GraphitiCounts>;
}

/** Of the embeddings, unless another size is asked for. */
export const DIMENSIONS = 8;

/** How the writer writes. */
export interface GraphitiOptions {
  /** In FalkorDB, the graph that is written. Default: the group's own, as Graphiti does. */
  readonly graph?: string;
  /** From when ages count, in Unix milliseconds. Default: when it is written. */
  readonly nowMs?: number;
  /** Without the indexes that Graphiti creates at its start. Default: with them. */
  readonly bare?: boolean;
}

/**
 * Writes with the real graphiti-core, without a language model and with made-up embeddings. Killed at the end of the scope.
 *
 * @param group in FalkorDB a graph of this name, in Neo4j the `group_id` of nodes and relations
 */
export async function graphitiWriter(engine: Falkordb | Neo4j, group: string, options: GraphitiOptions = {}): Promise<GraphitiWriter> {
  const python = pythonProcess("graphiti.py", engine, { ...options, group });
  const store = async (request: Parameters<typeof python.send>[0]): Promise<void> => void (await python.send(request));
  return {
    pid: python.pid,
    indexes: () => store({ do: "indexes" }),
    entities: (n, settings) => store({ do: "entities", n, ...settings }),
    episodes: (n, settings) => store({ do: "episodes", n, ...settings }),
    facts: (n, settings) => store({ do: "facts", n, ...settings }),
    invalidate: (n) => store({ do: "invalidate", n }),
    communities: (n, settings) => store({ do: "communities", n, ...settings }),
    delete: (what) => store({ do: "delete", ...what }),
    count: async () => (await python.send({ do: "count" })) as GraphitiCounts,
    [Symbol.asyncDispose]: () => python[Symbol.asyncDispose](),
  };
}

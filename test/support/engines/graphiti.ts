import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { folderOf } from "./cache.ts";
import type { Falkordb } from "./falkordb.ts";
import type { Neo4j } from "./neo4j.ts";

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
  /** @param options more labels than `Entity`; `embedded: false` leaves out the embedding of the name */
  entities(n: number, options?: Aged & { readonly labels?: readonly string[]; readonly embedded?: boolean }): Promise<void>;
  /** @param options how many of the newest entities each episode mentions; default 1 */
  episodes(n: number, options?: Aged & { readonly mentions?: number }): Promise<void>;
  /** Each connects two entities, which must exist. */
  facts(n: number, options?: Aged): Promise<void>;
  /** Sets `expired_at` and `invalid_at` of the oldest valid facts. */
  invalidate(n: number): Promise<void>;
  communities(n: number, options?: { readonly members?: number }): Promise<void>;
  /** Deletes the newest of what this writer wrote; an entity with its facts and mentions. */
  delete(what: { readonly entities?: number; readonly episodes?: number; readonly facts?: number }): Promise<void>;
  count(): Promise<GraphitiCounts>;
}

const SCRIPT = fileURLToPath(new URL("./writers/graphiti.py", import.meta.url));

/**
 * Writes with the real graphiti-core, without a language model and with made-up embeddings. Killed at the end of the scope.
 *
 * @param group in FalkorDB a graph of this name, in Neo4j the `group_id` of nodes and relations
 */
export async function graphitiWriter(engine: Falkordb | Neo4j, group: string): Promise<GraphitiWriter> {
  const env = { ...process.env, PYTHONPATH: folderOf("writers"), PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn("python3", [SCRIPT, JSON.stringify({ ...targetOf(engine), group })], { env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "close");
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += String(chunk)));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (request: Readonly<Record<string, unknown>>): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the writer ended: ${errors.trim().split("\n").slice(-5).join("\n")}`);
    const { result, error } = JSON.parse(value) as { readonly result?: unknown; readonly error?: string };
    if (error !== undefined) throw new Error(`the writer cannot ${String(request["do"])}: ${error}`);
    return result;
  };
  /** One request after the other, so that each gets its own answer. */
  const send = (request: Readonly<Record<string, unknown>>): Promise<unknown> => {
    last = last.then(
      () => ask(request),
      () => ask(request),
    );
    return last;
  };
  const store = async (request: Readonly<Record<string, unknown>>): Promise<void> => void (await send(request));
  return {
    pid: child.pid,
    indexes: () => store({ do: "indexes" }),
    entities: (n, options) => store({ do: "entities", n, ...options }),
    episodes: (n, options) => store({ do: "episodes", n, ...options }),
    facts: (n, options) => store({ do: "facts", n, ...options }),
    invalidate: (n) => store({ do: "invalidate", n }),
    communities: (n, options) => store({ do: "communities", n, ...options }),
    delete: (what) => store({ do: "delete", ...what }),
    count: async () => (await send({ do: "count" })) as GraphitiCounts,
    async [Symbol.asyncDispose]() {
      // Without this it would end when its standard input does, as it ends when the tests are killed.
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const targetOf = (engine: Falkordb | Neo4j): Readonly<Record<string, unknown>> =>
  "direct" in engine
    ? { engine: "falkordb", host: engine.host, ...engine.direct }
    : { engine: "neo4j", url: engine.url.replace("bolt:", engine.certificates ? "bolt+ssc:" : "bolt:"), password: engine.password };

import { untilAborted } from "../base/deadline.ts";
import { messageOf, VitalsError } from "../base/errors.ts";
import {
  addressOf,
  ANSWER_MS,
  forbidden,
  GRACE_MS,
  loadClient,
  serverTimeoutMs,
  tlsContents,
  unauthorized,
  unreachable,
  type ConnectionSettings,
} from "./connection.ts";
import { Wire, type AnswerLimits } from "./wire.ts";
import { StoreRefusal, type Cell, type Rows, type ServerStatus, type Statement, type Store } from "./store.ts";

/** Types of values in a compact reply of FalkorDB. */
const [NULL, TEXT, INTEGER, BOOLEAN, DOUBLE, LIST, MAP, VECTOR] = ["1", "2", "3", "4", "5", "6", "10", "12"] as const;

/** The limit at the end of a query. */
const LIMIT = /\blimit\s+(\d+)$/i;

/** Age from which a running query is slow: one second more than elsewhere, because the server rounds the time at which it was received. */
const SLOW_SECONDS = 2;

const MIB = 1024 * 1024;

/** Commands that run queries. */
const COMMANDS = ["graph.QUERY", "graph.RO_QUERY"] as const;

/** Replies of FalkorDB to a query that needs what is not there. */
const NOT_THERE = /not registered|unknown (function|procedure)|no such|index .*not found/i;

/** The message for a deadline that is longer than the server's configuration allows. */
const TIMEOUT_TOO_LONG = /TIMEOUT_MAX/;

/** The message for a graph that does not exist. A read-only query does not create it. */
const NO_GRAPH = /invalid graph operation on empty key/i;

/** What the reader of a graph that does not exist gets. */
export const MISSING_GRAPH = "missing_graph";

/**
 * Connects to FalkorDB, a module of Redis.
 *
 * The client never reconnects by itself and nothing is retried: a connection that failed is closed, and its user opens another.
 *
 * @param signal ends the attempt
 * @throws VitalsError `source_unreachable`, `source_failed` if the server refuses the user or has no FalkorDB, `config_invalid` without the client library
 */
export async function connectFalkordb(settings: ConnectionSettings, signal: AbortSignal): Promise<Store> {
  const wire = new Wire(settings.url);
  return wire.answer({ limitMs: ANSWER_MS }, signal, (ending) => connect(settings, wire, ending));
}

async function connect(settings: ConnectionSettings, wire: Wire, signal: AbortSignal): Promise<Store> {
  const { createClient: create, RESP_TYPES } = await loadClient("redis", "6", () => import("redis"));
  const { url, user, password, tls } = settings;
  const isTls = tls !== undefined || url.startsWith("rediss:");
  // A numeric reply arrives as text, because a number would be rounded above 2^53.
  const exact = { [RESP_TYPES.NUMBER]: String };
  const client = create({
    url,
    ...(user === "" ? {} : { username: user }),
    ...(password === "" ? {} : { password }),
    RESP: 2,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: false, ...(isTls ? { tls: true, ...(await tlsContents(tls ?? {})) } : {}) },
  });
  // Each command is rejected with the error, too.
  client.on("error", () => {});
  const close = (): void => {
    if (client.isOpen) client.destroy();
    wire[Symbol.dispose]();
  };
  const send = async (args: readonly string[], ending: AbortSignal): Promise<unknown> => {
    try {
      ending.throwIfAborted();
      return await untilAborted(client.sendCommand([...args], { typeMapping: exact }), ending);
    } catch (error) {
      // A command that was sent cannot be taken back, and the next would wait for it.
      if (ending.aborted) close();
      throw ending.aborted ? ending.reason : failureOf(url, error);
    }
  };
  try {
    signal.throwIfAborted();
    await untilAborted(client.connect(), signal);
    const version = await versionOf(url, send, signal);
    return new Falkordb(version, { send, close, wire, isOpen: () => client.isReady });
  } catch (error) {
    close();
    throw signal.aborted ? signal.reason : failureOf(url, error);
  }
}

type Send = (args: readonly string[], signal: AbortSignal) => Promise<unknown>;

interface Client {
  readonly send: Send;
  readonly close: () => void;
  readonly wire: Wire;
  readonly isOpen: () => boolean;
}

class Falkordb implements Store {
  readonly engine;
  readonly dialect = "falkordb";
  readonly #client: Client;
  /** The longest deadline that the server accepted, once it refused one. Milliseconds. */
  #maxTimeoutMs = Number.POSITIVE_INFINITY;

  constructor(version: string, client: Client) {
    this.engine = { name: "FalkorDB", version };
    this.#client = client;
  }

  get isOpen(): boolean {
    return this.#client.isOpen();
  }

  async query({ text, parameters = {}, graph = "", maxRows, maxBytes, timeoutMs }: Statement, signal: AbortSignal): Promise<Rows> {
    const head = Object.entries(parameters).map(([name, value]) => `${name}=${typeof value === "number" ? value : quotedText(value)}`);
    const bounded = boundedText(text, maxRows);
    const query = head.length === 0 ? bounded : `CYPHER ${head.join(" ")} ${bounded}`;
    const reply = await this.#run(graph, query, { timeoutMs, maxBytes }, signal);
    const [columns, rows] = reply as readonly [readonly (readonly [string, string])[], (readonly (readonly Typed[])[])?];
    if (!rows) throw new VitalsError("source_failed", "the query returned nothing; end it with RETURN");
    if (rows.length > maxRows) throw new VitalsError("source_failed", `the query returned more than the limit of ${maxRows} rows`);
    return { columns: columns.map(([, name]) => name), rows: rows.map((row) => row.map(cellOf)) };
  }

  async #run(
    graph: string,
    query: string,
    { timeoutMs, maxBytes }: { readonly timeoutMs: number; readonly maxBytes: number | undefined },
    signal: AbortSignal,
  ): Promise<unknown> {
    for (;;) {
      const timeout = serverTimeoutMs(Math.min(timeoutMs, this.#maxTimeoutMs));
      try {
        const command = ["GRAPH.RO_QUERY", graph, query, "--compact", "TIMEOUT", String(timeout)];
        return await this.#ask(command, { limitMs: timeout + GRACE_MS, maxBytes }, signal);
      } catch (error) {
        if (timeout === 1 || !TIMEOUT_TOO_LONG.test(messageOf(error))) throw error;
        // How long it may be is only for administrators to see.
        this.#maxTimeoutMs = timeout / 2;
      }
    }
  }

  #ask(args: readonly string[], limits: AnswerLimits, signal: AbortSignal): Promise<unknown> {
    return this.#client.wire.answer(limits, signal, (ending) => this.#client.send(args, ending));
  }

  async graphs(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#ask(["GRAPH.LIST"], { limitMs: ANSWER_MS }, signal)) as readonly string[];
  }

  /** The server counts whole mebibytes. */
  async size(graph: string, signal: AbortSignal): Promise<number | undefined> {
    const answer = (await this.#ask(["GRAPH.MEMORY", "USAGE", graph], { limitMs: ANSWER_MS }, signal)) as readonly unknown[];
    const mebibytes = Number(answer[answer.indexOf("total_graph_sz_mb") + 1]);
    return mebibytes > 0 ? mebibytes * MIB : undefined;
  }

  /** Running queries, with their ages by the server's clock. */
  async #running(serverSeconds: number, signal: AbortSignal): Promise<Pick<ServerStatus, "activeQueries" | "slowQueries">> {
    const answer = (await this.#ask(["GRAPH.INFO", "RunningQueries"], { limitMs: ANSWER_MS }, signal)) as readonly unknown[];
    const queries = (answer[1] ?? []) as readonly (readonly unknown[])[];
    const isSlow = (query: readonly unknown[]): boolean => serverSeconds - Number(query[query.indexOf("Received at") + 1]) > SLOW_SECONDS;
    return { activeQueries: queries.length, slowQueries: queries.filter(isSlow).length };
  }

  async status(signal: AbortSignal): Promise<ServerStatus> {
    const info = infoOf(String(await this.#ask(["INFO", "everything"], { limitMs: ANSWER_MS }, signal)));
    const calls = new Map(COMMANDS.map((name) => [name, statOf(info.get(`cmdstat_${name}`))]));
    const sum = (key: string): number => [...calls.values()].reduce((total, stat) => total + (stat.get(key) ?? 0), 0);
    const byOperation = Object.fromEntries([...calls].map(([name, stat]) => [name, stat.get("calls") ?? 0]));
    return {
      ...(await this.#running(Number(info.get("server_time_usec")) / 1e6, signal)),
      ...numberOf("uptimeSeconds", info.get("uptime_in_seconds")),
      ...numberOf("memoryBytes", info.get("used_memory")),
      ...numberOf("connections", info.get("connected_clients")),
      queries: { count: sum("calls"), failed: sum("failed_calls") + sum("rejected_calls"), seconds: sum("usec") / 1e6, byOperation },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
  }
}

/** The query with a bound on its rows, because the server sends all of them. One row too many shows that there are more. */
function boundedText(text: string, maxRows: number): string {
  const bare = text.replace(/[\s;]+$/, "");
  const limit = LIMIT.exec(bare);
  if (!limit) return `${bare}\nLIMIT ${maxRows + 1}`;
  return Number(limit[1]) <= maxRows ? bare : `${bare.slice(0, limit.index)}LIMIT ${maxRows + 1}`;
}

/** A value with its type. */
type Typed = readonly [type: string, value: unknown];

function cellOf([type, value]: Typed): Cell {
  if (type === NULL) return null;
  if (type === TEXT) return String(value);
  if (type === DOUBLE) return Number(value);
  if (type === BOOLEAN) return value === "true";
  if (type === INTEGER) return exactly(String(value));
  if (type === LIST) return (value as readonly Typed[]).map(cellOf);
  if (type === VECTOR) return (value as readonly string[]).map(Number);
  if (type === MAP) return mapOf(value as readonly unknown[]);
  throw new VitalsError("source_failed", "the query returned a node, a relation or a value of another type; return numbers and texts");
}

function mapOf(entries: readonly unknown[]): Cell {
  const map = Object.create(null) as Record<string, Cell>;
  for (let n = 0; n + 1 < entries.length; n += 2) map[String(entries[n])] = cellOf(entries[n + 1] as Typed);
  return map;
}

function exactly(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** A text as Cypher writes it. */
const quotedText = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** Lines of `INFO`: a name, `:`, a value. */
function infoOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split("\r\n")
      .flatMap((line) => (line.includes(":") ? [[line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]] : [])),
  );
}

/** `calls=1,usec=2` as numbers. */
function statOf(text = ""): ReadonlyMap<string, number> {
  return new Map(text.split(",").map((part) => [part.split("=")[0] ?? "", Number(part.split("=")[1])]));
}

function numberOf<Name extends string>(name: Name, text: string | undefined): { readonly [N in Name]?: number } {
  const value = Number(text);
  return (text === undefined || !Number.isFinite(value) ? {} : { [name]: value }) as { readonly [N in Name]?: number };
}

/** The version of the module, which numbers 4.16.3 as 41603. */
async function versionOf(url: string, send: Send, signal: AbortSignal): Promise<string> {
  const modules = String(await send(["INFO", "modules"], signal));
  const number = Number(/name=graph,ver=(\d+)/.exec(modules)?.[1]);
  if (!Number.isInteger(number)) throw new VitalsError("source_failed", `${addressOf(url)} is a Redis server without the module FalkorDB`);
  return [Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100].join(".");
}

/** An error of the server or of the client, for its reader. Replies repeat parts of the query, but no data. */
function failureOf(url: string, error: unknown): unknown {
  if (error instanceof VitalsError || error instanceof StoreRefusal) return error;
  const text = messageOf(error);
  if (NO_GRAPH.test(text)) return new VitalsError("source_waiting", "the graph does not exist", { errorType: MISSING_GRAPH });
  if (/timed out/i.test(text))
    return new VitalsError("source_timeout", `${addressOf(url)} ended the query at its deadline`, { retryable: true });
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|invalid username-password)/i.test(text)) return unauthorized(url, error);
  if (text.startsWith("NOPERM")) return forbidden(url, text, error);
  if (NOT_THERE.test(text)) return new StoreRefusal(text, { cause: error });
  const isReply = error instanceof Error && /ErrorReply|SimpleError|BlobError/.test(error.constructor.name);
  if (isReply) return new VitalsError("source_failed", `${addressOf(url)} refused the query: ${text}`, { cause: error });
  return unreachable(url, text, error);
}

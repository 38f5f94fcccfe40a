import { untilAborted } from "../base/deadline.ts";
import { messageOf, VitalsError } from "../base/errors.ts";
import { addressOf, loadClient, tlsContents, unreachable, type ConnectionSettings } from "./connection.ts";
import { StoreRefusal, type Cell, type Rows, type ServerStatus, type Statement, type Store } from "./store.ts";

/** Types of values in a compact reply of FalkorDB. */
const [NULL, TEXT, INTEGER, BOOLEAN, DOUBLE, LIST, MAP, VECTOR] = ["1", "2", "3", "4", "5", "6", "10", "12"] as const;

/** A query that bounds its result itself. The server sends every row, so any other gets a bound. */
const HAS_LIMIT = /\blimit\s+\d+\s*$/i;

/** Commands that run queries. */
const COMMANDS = ["graph.QUERY", "graph.RO_QUERY"] as const;

/** Replies of FalkorDB to a query that needs what is not there. */
const NOT_THERE = /not registered|unknown (function|procedure)|no such|index .*not found/i;

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
  };
  const send = async (args: readonly string[], ending: AbortSignal): Promise<unknown> => {
    try {
      return await untilAborted(client.sendCommand([...args], { typeMapping: exact }), ending);
    } catch (error) {
      // A command that was sent cannot be taken back, and the next would wait for it.
      if (ending.aborted) close();
      throw ending.aborted ? ending.reason : failureOf(url, error);
    }
  };
  try {
    await untilAborted(client.connect(), signal);
    return new Falkordb(await versionOf(url, send, signal), send, close);
  } catch (error) {
    close();
    throw signal.aborted ? signal.reason : failureOf(url, error);
  }
}

type Send = (args: readonly string[], signal: AbortSignal) => Promise<unknown>;

class Falkordb implements Store {
  readonly engine;
  readonly dialect = "falkordb";
  readonly #send: Send;
  readonly #close: () => void;

  constructor(version: string, send: Send, close: () => void) {
    this.engine = { name: "FalkorDB", version };
    this.#send = send;
    this.#close = close;
  }

  async query({ text, parameters = {}, graph = "", maxRows, timeoutMs }: Statement, signal: AbortSignal): Promise<Rows> {
    const head = Object.entries(parameters).map(([name, value]) => `${name}=${typeof value === "number" ? value : quotedText(value)}`);
    const bounded = HAS_LIMIT.test(text) ? text : `${text}\nLIMIT ${maxRows + 1}`;
    const query = head.length === 0 ? bounded : `CYPHER ${head.join(" ")} ${bounded}`;
    const timeout = String(Math.max(1, Math.floor(timeoutMs)));
    const reply = await this.#send(["GRAPH.RO_QUERY", graph, query, "--compact", "TIMEOUT", timeout], signal);
    const [columns, rows] = reply as readonly [readonly (readonly [string, string])[], readonly (readonly Typed[])[]];
    if (rows.length > maxRows) throw new VitalsError("source_failed", `the query returned more than the limit of ${maxRows} rows`);
    return { columns: columns.map(([, name]) => name), rows: rows.map((row) => row.map(cellOf)) };
  }

  async graphs(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#send(["GRAPH.LIST"], signal)) as readonly string[];
  }

  async status(signal: AbortSignal): Promise<ServerStatus> {
    const info = infoOf(String(await this.#send(["INFO", "everything"], signal)));
    const calls = new Map(COMMANDS.map((name) => [name, statOf(info.get(`cmdstat_${name}`))]));
    const sum = (key: string): number => [...calls.values()].reduce((total, stat) => total + (stat.get(key) ?? 0), 0);
    const byOperation = Object.fromEntries([...calls].map(([name, stat]) => [name, stat.get("calls") ?? 0]));
    return {
      ...numberOf("uptimeSeconds", info.get("uptime_in_seconds")),
      ...numberOf("memoryBytes", info.get("used_memory")),
      ...numberOf("connections", info.get("connected_clients")),
      queries: { count: sum("calls"), failed: sum("failed_calls") + sum("rejected_calls"), seconds: sum("usec") / 1e6, byOperation },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
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
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|invalid username-password)/i.test(text))
    return new VitalsError("source_failed", `${addressOf(url)} refused the user or the password`, {
      cause: error,
      errorType: "unauthorized",
    });
  if (text.startsWith("NOPERM"))
    return new VitalsError("source_failed", `${addressOf(url)} does not permit the user a command that is needed: ${text}`, {
      cause: error,
      errorType: "forbidden",
    });
  if (NOT_THERE.test(text)) return new StoreRefusal(text, { cause: error });
  const isReply = error instanceof Error && /ErrorReply|SimpleError|BlobError/.test(error.constructor.name);
  if (isReply) return new VitalsError("source_failed", `${addressOf(url)} refused the query: ${text}`, { cause: error });
  return unreachable(url, text, error);
}

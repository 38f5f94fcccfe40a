import type { Driver, Session } from "neo4j-driver";
import { untilAborted } from "../base/deadline.ts";
import { messageOf, VitalsError } from "../base/errors.ts";
import { addressOf, loadClient, unreachable, type ConnectionSettings } from "./connection.ts";
import { StoreRefusal, type Cell, type Rows, type Statement, type Store } from "./store.ts";

/** The driver waits this long for a connection. Its own user waits no longer than its signal. Milliseconds. */
const CONNECT_MS = 10_000;

const FETCH_SIZE = 2_000;

/**
 * Connects to Neo4j, or another server that speaks Bolt.
 *
 * Every session reads only, which the server enforces, and no query is retried.
 *
 * @param signal ends the attempt
 * @throws VitalsError `source_unreachable`, `source_failed` if the server refuses the user, `config_invalid` without the client library
 */
export async function connectNeo4j(settings: ConnectionSettings, signal: AbortSignal): Promise<Store> {
  const { default: neo4j } = await loadClient("neo4j-driver", "6", () => import("neo4j-driver"));
  const { url, user, password, tls } = settings;
  const encryption = tls === undefined ? {} : { encrypted: "ENCRYPTION_ON" as const, ...trustOf(tls) };
  const driver = neo4j.driver(url, password === "" ? undefined : neo4j.auth.basic(user, password), {
    useBigInt: true,
    maxConnectionPoolSize: 1,
    maxTransactionRetryTime: 0,
    connectionTimeout: CONNECT_MS,
    connectionAcquisitionTimeout: CONNECT_MS,
    telemetryDisabled: true,
    userAgent: "otel-vitals",
    ...encryption,
  });
  try {
    const { agent = "", protocolVersion } = await untilAborted(driver.getServerInfo(), signal);
    const isMemgraph = /memgraph/i.test(agent);
    const version = /\/v?([\w.-]+)/.exec(agent)?.[1] ?? `Bolt ${String(protocolVersion)}`;
    return new Neo4j(driver, { name: isMemgraph ? "Memgraph" : "Neo4j", version }, url);
  } catch (error) {
    // Without waiting: a server that does not answer would hold it.
    void driver.close().catch(() => undefined);
    throw signal.aborted ? signal.reason : failureOf(url, error);
  }
}

const trustOf = ({ ca, cert, key }: NonNullable<ConnectionSettings["tls"]>) => ({
  ...(ca === undefined ? {} : { trust: "TRUST_CUSTOM_CA_SIGNED_CERTIFICATES" as const, trustedCertificates: [ca] }),
  ...(cert === undefined || key === undefined ? {} : { clientCertificate: { certfile: cert, keyfile: key } }),
});

class Neo4j implements Store {
  readonly engine;
  readonly dialect;
  readonly #driver: Driver;
  readonly #url: string;

  constructor(driver: Driver, engine: { readonly name: string; readonly version: string }, url: string) {
    this.#driver = driver;
    this.engine = engine;
    this.dialect = engine.name === "Memgraph" ? ("memgraph" as const) : ("neo4j" as const);
    this.#url = url;
  }

  async query({ text, parameters = {}, graph, maxRows, timeoutMs }: Statement, signal: AbortSignal): Promise<Rows> {
    const session = this.#driver.session({
      defaultAccessMode: "READ",
      fetchSize: FETCH_SIZE,
      ...(graph === undefined ? {} : { database: graph }),
    });
    // Closing a session ends its query on the server.
    const end = (): void => void session.close().catch(() => undefined);
    signal.addEventListener("abort", end, { once: true });
    try {
      return await untilAborted(read(session, text, parameters, { maxRows, timeoutMs }), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : failureOf(this.#url, error);
    } finally {
      signal.removeEventListener("abort", end);
      if (!signal.aborted) await session.close().catch(() => undefined);
    }
  }

  async graphs(signal: AbortSignal): Promise<readonly string[]> {
    const statement = { text: "SHOW DATABASES YIELD name RETURN name", graph: "system", maxRows: 1_000, timeoutMs: CONNECT_MS };
    const { rows } = await this.query(statement, signal);
    return rows.flatMap(([name]) => (typeof name === "string" ? [name] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver.close().catch(() => undefined);
  }
}

async function read(
  session: Session,
  text: string,
  parameters: Readonly<Record<string, string | number>>,
  { maxRows, timeoutMs }: Pick<Statement, "maxRows" | "timeoutMs">,
): Promise<Rows> {
  const given = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value]),
  );
  const result = session.run(text, given, { timeout: Math.max(1, Math.floor(timeoutMs)) });
  const rows: (readonly Cell[])[] = [];
  for await (const record of result) {
    if (rows.length >= maxRows) throw new VitalsError("source_failed", `the query returned more than the limit of ${maxRows} rows`);
    rows.push(record.map(cellOf));
  }
  return { columns: (await result.keys()).map(String), rows };
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(cellOf);
  if (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cellOf(inner)]));
  throw new VitalsError("source_failed", "the query returned a node, a relation or a value of another type; return numbers and texts");
}

/** An error of the server or of the driver, for its reader. */
function failureOf(url: string, error: unknown): unknown {
  if (error instanceof VitalsError) return error;
  const { code = "" } = error as { readonly code?: string };
  const text = messageOf(error);
  const address = addressOf(url);
  if (/Security\.(Unauthorized|AuthenticationRateLimit|CredentialsExpired)/.test(code))
    return new VitalsError("source_failed", `${address} refused the user or the password`, { cause: error, errorType: "unauthorized" });
  if (/Security\.Forbidden/.test(code))
    return new VitalsError("source_failed", `${address} does not permit the user the query: ${text}`, {
      cause: error,
      errorType: "forbidden",
    });
  if (/DatabaseNotFound/.test(code))
    return new VitalsError("source_failed", `${address}: ${text}`, { cause: error, errorType: "missing_graph" });
  if (/TransactionTimedOut|\.Terminated/.test(code))
    return new VitalsError("source_timeout", `${address} ended the query at its deadline`, { cause: error, retryable: true });
  if (/ProcedureNotFound/.test(code) || /no such (fulltext|vector|index)/i.test(text)) return new StoreRefusal(text, { cause: error });
  if (code.startsWith("Neo.ClientError"))
    return new VitalsError("source_failed", `${address} refused the query: ${text}`, { cause: error, errorType: "refused" });
  return unreachable(url, text, error);
}

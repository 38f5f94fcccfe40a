import type { Driver, Session } from "neo4j-driver";
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
import { Wire } from "./wire.ts";
import { StoreRefusal, type Cell, type Engine, type Rows, type Statement, type Store } from "./store.ts";

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
  const wire = new Wire(settings.url);
  try {
    return await wire.answer({ limitMs: ANSWER_MS }, signal, (ending) => connect(settings, wire, ending));
  } catch (error) {
    wire[Symbol.dispose]();
    throw error;
  }
}

async function connect(settings: ConnectionSettings, wire: Wire, signal: AbortSignal): Promise<Store> {
  const { default: neo4j } = await loadClient("neo4j-driver", "6", () => import("neo4j-driver"));
  const { url, user, password, tls } = settings;
  // The driver reads the files, and does not name them when it cannot.
  if (tls) await tlsContents(tls);
  signal.throwIfAborted();
  const { address, encryption } = encryptionOf(settings);
  const driver = neo4j.driver(address, password === "" ? undefined : neo4j.auth.basic(user, password), {
    useBigInt: true,
    maxConnectionPoolSize: 1,
    maxTransactionRetryTime: 0,
    connectionTimeout: ANSWER_MS,
    connectionAcquisitionTimeout: ANSWER_MS,
    telemetryDisabled: true,
    userAgent: "otel-vitals",
    ...encryption,
  });
  try {
    const { agent = "", protocolVersion } = await untilAborted(driver.getServerInfo(), signal);
    const isMemgraph = /memgraph/i.test(agent);
    const version = /\/v?([\w.-]+)/.exec(agent)?.[1] ?? `Bolt ${String(protocolVersion)}`;
    return new Neo4j(driver, { name: isMemgraph ? "Memgraph" : "Neo4j", version }, { url, wire });
  } catch (error) {
    // Without waiting: a server that does not answer would hold it.
    void driver.close().catch(() => undefined);
    throw signal.aborted ? signal.reason : failureOf(url, error);
  }
}

/** The driver takes encryption from the scheme or from its settings, not from both. */
function encryptionOf({ url, tls }: ConnectionSettings) {
  if (tls === undefined) return { address: url, encryption: {} };
  const { ca, cert, key } = tls;
  const anyServer = /^\w+\+ssc:/.test(url) ? { trust: "TRUST_ALL_CERTIFICATES" as const } : {};
  return {
    address: url.replace(/\+s(sc)?:/, ":"),
    encryption: {
      encrypted: "ENCRYPTION_ON" as const,
      ...(ca === undefined ? anyServer : { trust: "TRUST_CUSTOM_CA_SIGNED_CERTIFICATES" as const, trustedCertificates: [ca] }),
      ...(cert === undefined || key === undefined ? {} : { clientCertificate: certificateOf(cert, key) }),
    },
  };
}

/** Made here, because the driver makes it only of what comes with a scheme like `bolt+s`. The files are read at each connection. */
const certificateOf = (certfile: string, keyfile: string) => ({
  getClientCertificate: () => ({ certfile, keyfile }),
  hasUpdate: () => true,
});

class Neo4j implements Store {
  readonly engine;
  readonly dialect;
  readonly #driver: Driver;
  readonly #url: string;
  readonly #wire: Wire;

  constructor(driver: Driver, engine: Engine, { url, wire }: { readonly url: string; readonly wire: Wire }) {
    this.#driver = driver;
    this.engine = engine;
    this.dialect = engine.name === "Memgraph" ? ("memgraph" as const) : ("neo4j" as const);
    this.#url = url;
    this.#wire = wire;
  }

  query(statement: Statement, signal: AbortSignal): Promise<Rows> {
    const timeoutMs = serverTimeoutMs(statement.timeoutMs);
    const limits = { limitMs: timeoutMs + GRACE_MS, maxBytes: statement.maxBytes };
    return this.#wire.answer(limits, signal, (ending) => this.#query({ ...statement, timeoutMs }, ending));
  }

  async #query({ text, parameters = {}, graph, maxRows, timeoutMs }: Statement, signal: AbortSignal): Promise<Rows> {
    signal.throwIfAborted();
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
    const statement = { text: "SHOW DATABASES YIELD name RETURN name", graph: "system", maxRows: 1_000, timeoutMs: ANSWER_MS };
    const { rows } = await this.query(statement, signal);
    return rows.flatMap(([name]) => (typeof name === "string" ? [name] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Says goodbye to a server that listens; the sockets are closed in any case.
    const closed = this.#driver.close().catch(() => undefined);
    this.#wire[Symbol.dispose]();
    await closed;
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
  const result = session.run(text, given, { timeout: timeoutMs });
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
  if (/Security\.(Unauthorized|CredentialsExpired)/.test(code)) return unauthorized(url, error);
  if (/Security\.AuthenticationRateLimit/.test(code)) {
    const message = `${address} lets the user in no more for some seconds, after too many wrong passwords; check user and password or password_file`;
    return new VitalsError("source_failed", message, { cause: error, errorType: "unauthorized" });
  }
  if (/Security\.Forbidden/.test(code)) return forbidden(url, text, error);
  // Unlike a graph of FalkorDB, no write makes it.
  if (/DatabaseNotFound/.test(code))
    return new VitalsError("source_failed", `${address}: ${text.replace(/\.$/, "")}; set database to one that exists`, {
      cause: error,
      errorType: "missing_database",
    });
  if (/TransactionTimedOut|\.Terminated/.test(code))
    return new VitalsError("source_timeout", `${address} ended the query at its deadline`, { cause: error, retryable: true });
  if (/ProcedureNotFound/.test(code) || /no such (fulltext|vector|index)/i.test(text)) return new StoreRefusal(text, { cause: error });
  if (code.startsWith("Neo.ClientError"))
    return new VitalsError("source_failed", `${address} refused the query: ${text}`, { cause: error, errorType: "refused" });
  return unreachable(url, reasonOf(error), error);
}

/** The reason at the root of a failed connection, without the driver's guesses around it. */
function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  if (cause instanceof Error) return reasonOf(cause);
  const text = messageOf(error);
  return /Caused by: (.+)$/.exec(text)?.[1] ?? /^Server certificate is not trusted/.exec(text)?.[0] ?? text;
}

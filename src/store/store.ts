/** A value of a row. Integers that a JavaScript number cannot hold exactly are `bigint`. */
export type Cell = number | bigint | string | boolean | null | readonly Cell[] | { readonly [key: string]: Cell };

/** The rows of a result, with the names of their columns. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** One query to a store. */
export interface Statement {
  readonly text: string;
  /** Values for the parameters of the text, which keep the plan of the query in the server's cache. Default: none. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** The graph that is queried, where a store has several. */
  readonly graph?: string;
  /** A result with more rows is an error. */
  readonly maxRows: number;
  /** An answer that is larger is an error. Default: 32 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds after which the server ends the query. */
  readonly timeoutMs: number;
}

/** What a server is. */
export interface Engine {
  /** For people: `FalkorDB`. */
  readonly name: string;
  readonly version: string;
}

/** Which text of a query a store understands. */
export type Dialect = "neo4j" | "memgraph" | "falkordb";

/** One connection to a store, for reading only. It runs one query at a time. */
export interface Store extends AsyncDisposable {
  readonly engine: Engine;
  readonly dialect: Dialect;
  /** Whether the connection is there. Default: it opens again by itself. */
  readonly isOpen?: boolean;
  /**
   * Runs a query that the server refuses if it writes.
   *
   * @param signal ends the query, also on the server, at the latest at its `timeoutMs`
   * @throws VitalsError `source_unreachable` also for a server that does not answer long after `timeoutMs`, `source_failed` or
   *   `source_timeout`; `StoreRefusal` for what the server does not have
   */
  query(statement: Statement, signal: AbortSignal): Promise<Rows>;
  /** Names of the graphs that the server has. */
  graphs(signal: AbortSignal): Promise<readonly string[]>;
  /** Bytes that a graph takes, if the server reports it; undefined for a graph too small for the server's unit. */
  size?(graph: string, signal: AbortSignal): Promise<number | undefined>;
  /** What the server reports about itself, such as uptime, memory and connections. Absent for a server that does not. */
  status?(signal: AbortSignal): Promise<ServerStatus>;
}

/** What a server reports about itself. What it does not report is absent. */
export interface ServerStatus {
  readonly uptimeSeconds?: number;
  readonly memoryBytes?: number;
  readonly connections?: number;
  readonly activeQueries?: number;
  /** Running queries that take longer than a second so far. */
  readonly slowQueries?: number;
  /** Queries of all clients, since the server started. */
  readonly queries?: {
    readonly count: number;
    readonly failed: number;
    readonly seconds: number;
    readonly byOperation: Readonly<Record<string, number>>;
  };
}

/** What a query needs and the server does not have: a procedure, an index, a label. The value is not measured; nothing is broken. */
export class StoreRefusal extends Error {
  override readonly name = "StoreRefusal";
}

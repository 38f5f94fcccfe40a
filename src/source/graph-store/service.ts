import type { AnyValues } from "../../sample/sample-type.ts";
import type { Dialect, ServerStatus, Store } from "../../store/store.ts";
import type { Costs } from "./costs.ts";
import { rowsOf } from "./decode.ts";
import { defined, type Row } from "./layout.ts";
import { runTasks, type Done, type Task } from "./task.ts";

/** One question to a server about itself. */
interface Question {
  readonly name: string;
  readonly text: string;
  /** The fields that it fills. */
  readonly fields: readonly string[];
  readonly read: (rows: readonly Row[]) => Readonly<Record<string, number | undefined>>;
}

/** Queries that take longer than this are slow. Milliseconds. */
const SLOW_MS = 1_000;

/** The smallest query: its duration is the server's response time. */
const PING: Question = { name: "ping", text: "RETURN 1 AS one", fields: ["responseTime"], read: () => ({}) };

const first = (rows: readonly Row[], column: string): number | undefined => {
  const cell = rows[0]?.[column];
  return typeof cell === "number" ? cell : undefined;
};

const jmx = (bean: string, value: string): string =>
  `CALL dbms.queryJmx('java.lang:type=${bean}') YIELD attributes RETURN ${value} AS value`;

const QUESTIONS: Readonly<Record<Dialect, readonly Question[]>> = {
  neo4j: [
    PING,
    {
      name: "uptime",
      text: jmx("Runtime", "attributes.Uptime.value"),
      fields: ["serviceUptime"],
      read: (rows) => ({ serviceUptime: scaled(first(rows, "value"), 1 / 1_000) }),
    },
    {
      name: "memory",
      text: jmx("Memory", "attributes.HeapMemoryUsage.value.properties.used"),
      fields: ["memoryUsage"],
      read: (rows) => ({ memoryUsage: first(rows, "value") }),
    },
    {
      name: "connections",
      text: "CALL dbms.listConnections() YIELD connectionId RETURN count(*) AS value",
      fields: ["connections"],
      read: (rows) => ({ connections: first(rows, "value") }),
    },
    {
      name: "transactions",
      // Without the transaction of this query.
      text: `SHOW TRANSACTIONS YIELD currentQuery, elapsedTime WHERE NOT currentQuery STARTS WITH 'SHOW TRANSACTIONS'
        RETURN count(*) AS active, sum(CASE WHEN elapsedTime.milliseconds > ${SLOW_MS} THEN 1 ELSE 0 END) AS slow`,
      fields: ["activeQueries", "slowQueries"],
      read: (rows) => ({ activeQueries: first(rows, "active"), slowQueries: first(rows, "slow") }),
    },
    {
      name: "indexes",
      text: "SHOW INDEXES YIELD state WHERE state <> 'ONLINE' RETURN count(*) AS value",
      fields: ["offlineIndexes"],
      read: (rows) => ({ offlineIndexes: first(rows, "value") }),
    },
  ],
  falkordb: [
    PING,
    {
      name: "indexes",
      text: "CALL db.indexes() YIELD status WITH status WHERE status <> 'OPERATIONAL' RETURN count(*) AS value",
      fields: ["offlineIndexes"],
      read: (rows) => ({ offlineIndexes: first(rows, "value") }),
    },
  ],
  memgraph: [PING],
};

/** Fields that a server reports without a query. */
const STATUS_FIELDS: Readonly<Record<Dialect, readonly string[]>> = {
  neo4j: [],
  falkordb: [
    "serviceUptime",
    "memoryUsage",
    "connections",
    "activeQueries",
    "slowQueries",
    "queries",
    "queryErrors",
    "queryRate",
    "queryMeanDuration",
  ],
  memgraph: [],
};

/** The fields of `graph-service` that a server fills. */
export const serviceFields = (dialect: Dialect): readonly string[] => [
  ...QUESTIONS[dialect].flatMap(({ fields }) => fields),
  ...STATUS_FIELDS[dialect],
];

/** What the server reported at the previous reading. */
type Queries = NonNullable<ServerStatus["queries"]> & { readonly atMs: number; readonly uptimeSeconds: number };

/** Reads what a server reports about itself: the sample type `graph-service`. */
export class ServiceReader {
  readonly #costs: Costs;
  readonly #monotonicMs: () => number;
  readonly #warn: (message: string) => void;
  #previous: Queries | undefined;

  /** @param warn called for what cannot be measured; the same message may be repeated */
  constructor(costs: Costs, monotonicMs: () => number, warn: (message: string) => void) {
    this.#costs = costs;
    this.#monotonicMs = monotonicMs;
    this.#warn = warn;
  }

  /** @param graphs graphs that exist; questions about indexes are asked for each of them */
  async read(store: Store, graphs: readonly string[], timeoutMs: () => number, signal: AbortSignal): Promise<AnyValues> {
    const questions = QUESTIONS[store.dialect];
    const tasks = graphs.flatMap((graph, n) =>
      questions.filter(({ name }) => n === 0 || name === "indexes").map(({ name, text }): Task => ({ measure: name, graph, text })),
    );
    const done = await runTasks(store, tasks, { timeoutMs, monotonicMs: this.#monotonicMs }, signal);
    const values: Record<string, number | undefined> = {};
    for (const each of done) {
      this.#costs.record(each.task.measure, each);
      const found = this.#valuesOf(each, questions);
      for (const [key, value] of Object.entries(found)) if (value !== undefined) values[key] = (values[key] ?? 0) + value;
    }
    const status = await store.status?.(signal);
    return { ...defined(values), ...defined(this.#fromStatus(status)), ...queriesOf(status) };
  }

  #valuesOf({ task, rows, seconds, absent, error }: Done, questions: readonly Question[]): Readonly<Record<string, number | undefined>> {
    if (!rows) {
      this.#warn(`${task.measure} of the server cannot be measured: ${absent ?? error ?? "no result"}`);
      return {};
    }
    if (task.measure === PING.name) return { responseTime: seconds };
    return questions.find(({ name }) => name === task.measure)?.read(rowsOf(rows)) ?? {};
  }

  #fromStatus(status: ServerStatus | undefined): Readonly<Record<string, number | undefined>> {
    if (!status) return {};
    const { uptimeSeconds, memoryBytes, connections, activeQueries, slowQueries, queries } = status;
    const told = { serviceUptime: uptimeSeconds, memoryUsage: memoryBytes, connections, activeQueries, slowQueries };
    if (!queries) return told;
    const previous = this.#previous;
    const atMs = this.#monotonicMs();
    this.#previous = { ...queries, atMs, uptimeSeconds: uptimeSeconds ?? 0 };
    // A server that was started again counts from zero.
    const isRestarted = previous && (queries.count < previous.count || (uptimeSeconds ?? 0) < previous.uptimeSeconds);
    if (!previous || isRestarted || atMs <= previous.atMs) return { ...told, queryErrors: queries.failed };
    const count = queries.count - previous.count;
    return {
      ...told,
      queryErrors: queries.failed,
      queryRate: count / ((atMs - previous.atMs) / 1_000),
      queryMeanDuration: count === 0 ? undefined : Math.max(0, queries.seconds - previous.seconds) / count,
    };
  }
}

const queriesOf = (status: ServerStatus | undefined): AnyValues => (status?.queries ? { queries: status.queries.byOperation } : {});

const scaled = (value: number | undefined, factor: number): number | undefined => (value === undefined ? undefined : value * factor);

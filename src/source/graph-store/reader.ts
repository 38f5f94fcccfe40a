import type { Clock } from "../../base/clock.ts";
import { untilAborted } from "../../base/deadline.ts";
import { isVitalsError, messageOf, VitalsError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";
import type { ConnectionSettings } from "../../store/connection.ts";
import { MISSING_GRAPH } from "../../store/falkordb.ts";
import type { Dialect, Store } from "../../store/store.ts";
import { incomplete } from "../incomplete.ts";
import { CATALOG_QUERIES, catalogOf, type Catalog } from "./catalog.ts";
import type { Costs } from "./costs.ts";
import { valuesOf } from "./decode.ts";
import { Lane } from "./lane.ts";
import { has, lacking, type Layout, type Measure, type MeasureContext } from "./layout.ts";
import { LAYOUTS, recognise } from "./layouts/index.ts";
import type { ScanJob } from "./scan.ts";
import { Scans } from "./scans.ts";
import { ServiceReader } from "./service.ts";
import { runTasks, type Done, type Task } from "./task.ts";
import type { TopologyTask } from "./topology.ts";

/** How a store is read. */
export interface ReaderSettings {
  readonly kind: ScanJob["kind"];
  /** The settings of a connection as they are now. */
  readonly connection: () => Promise<ConnectionSettings>;
  readonly connect: (settings: ConnectionSettings, signal: AbortSignal) => Promise<Store>;
  /** Names of graphs, or the start of names followed by `*`. */
  readonly graphs: readonly string[];
  readonly maxGraphs: number;
  /** Name of a layout, or `auto`. */
  readonly layout: string;
  /** Measures of the configuration itself. */
  readonly custom: readonly Measure[];
  readonly scanIntervalMs: number;
  readonly scanTimeoutMs: number;
  readonly topology: Omit<TopologyTask, "graph">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly costs: Costs;
}

/** What is known of one graph. */
interface GraphState {
  readonly graph: string;
  readonly catalog: Catalog;
  readonly layout: Layout;
}

/** What a reading found beside its values. */
interface Findings {
  readonly failures: string[];
  attempts: number;
}

/** A catalog serves the readings of one tick. Milliseconds. */
const CATALOG_LIVES_MS = 500;

/** The fields that `measureTopology` fills, of the sample type `graph`. */
const TOPOLOGY_TYPE = "graph";

/** A reading waits for the scan that it started for at most this share of its time, so that a small graph is complete in its first sample. */
const SCAN_WAIT_SHARE = 0.75;

/** Reads one store: its graphs, each with its layout, cheap measures at each reading and scans in between. */
export class StoreReader implements AsyncDisposable {
  readonly #settings: ReaderSettings;
  readonly #lane: Lane;
  readonly #scans: Scans;
  readonly #service: ServiceReader;
  readonly #states = new Map<string, GraphState & { readonly atMs: number }>();
  /** Layouts by graph, once they are known. */
  readonly #layouts = new Map<string, Layout>();
  /** Nodes and edges by graph at its newest topology. */
  readonly #measured = new Map<string, string>();
  readonly #warned = new Set<string>();
  #hasRead = false;
  #dialect: Dialect = "neo4j";

  constructor(settings: ReaderSettings) {
    this.#settings = settings;
    const { clock, connect, connection, scanIntervalMs } = settings;
    this.#lane = new Lane(async (signal) => connect(await connection(), signal));
    this.#service = new ServiceReader(
      settings.costs,
      () => clock.monotonicMs(),
      (message) => this.#warnOnce(message),
    );
    this.#scans = new Scans(scanIntervalMs, () => clock.monotonicMs());
  }

  /** Reads what the server tells about itself. */
  service(timeoutMs: number, signal: AbortSignal): Promise<AnyValues> {
    return this.#lane.use(async (store) => {
      const states = await this.#examine(store, timeoutMs, signal);
      return this.#service.read(
        store,
        states.map(({ graph }) => graph),
        timeoutMs,
        signal,
      );
    }, signal);
  }

  /**
   * Reads one sample type.
   *
   * @param isSplit whether every field is split by graph
   * @param timeoutMs the time that the reading has
   * @returns values of the type, with what could not be measured
   * @throws VitalsError of the connection; `source_waiting` while no graph exists
   */
  async read(type: SampleType, isSplit: boolean, timeoutMs: number, signal: AbortSignal): Promise<AnyValues> {
    const { clock } = this.#settings;
    const endMs = clock.monotonicMs() + timeoutMs;
    const leftMs = (): number => Math.max(1, endMs - clock.monotonicMs());
    const states = await this.#lane.use((store) => this.#examine(store, leftMs(), signal), signal);
    if (states.every((state) => !this.#measures(state, type))) throw this.#measuresNothing(states, type);
    const findings: Findings = { failures: [], attempts: 0 };
    const values = new Map<string, Record<string, unknown>>(states.map(({ graph }) => [graph, {}]));
    const found = await this.#lane.use((store) => this.#cheap(store, states, type, leftMs(), signal), signal);
    this.#merge(found, states, type, values, findings);
    await this.#scan(states, type, leftMs(), signal);
    this.#mergeScan(states, type, values, findings);
    const all = isSplit ? byGraph(values) : (values.values().next().value ?? {});
    const [first] = findings.failures;
    const count = findings.failures.length;
    const text = first === undefined ? undefined : `${count} of ${findings.attempts} measures failed; first ${first}`;
    return incomplete(all as AnyValues, count / Math.max(1, findings.attempts), text, count);
  }

  #measures({ layout }: GraphState, { name }: SampleType): boolean {
    return name === TOPOLOGY_TYPE || [...layout.measures, ...this.#settings.custom].some(({ type }) => type === name);
  }

  #measuresNothing(states: readonly GraphState[], { name }: SampleType): VitalsError {
    const layouts = [...new Set(states.map(({ layout }) => `${layout.name} (${layout.title})`))].join(", ");
    return new VitalsError(
      "source_failed",
      `the layout ${layouts} has no measure of ${name}; set layout if it was not recognised, or write queries`,
    );
  }

  /** What was found, in a line for each graph; for `check`. */
  async describe(signal: AbortSignal): Promise<readonly string[]> {
    const { engine, states } = await this.#lane.use(async (store) => {
      return { engine: store.engine, states: await this.#examine(store, this.#settings.scanTimeoutMs, signal) };
    }, signal);
    return [`${engine.name} ${engine.version}`, ...states.flatMap((state) => this.#describeGraph(state))];
  }

  #describeGraph({ graph, catalog, layout }: GraphState): readonly string[] {
    const measures = [...layout.measures, ...this.#settings.custom];
    const missing = measures.filter(({ needs }) => !has(catalog, needs));
    const measurable = measures.filter((measure) => !missing.includes(measure)).flatMap(({ fields }) => fields);
    return [
      `graph ${graph}: layout ${layout.name} (${layout.title}), ${catalog.nodes} nodes, ${catalog.edges} edges`,
      `graph ${graph}: measures ${[...new Set(measurable)].join(", ")}`,
      ...missing.map(
        (measure) => `graph ${graph}: does not measure ${measure.fields.join(", ")}: no ${lacking(catalog, measure.needs).join(", ")}`,
      ),
    ];
  }

  /** The graphs that exist, each with its counts and its layout. */
  async #examine(store: Store, timeoutMs: number, signal: AbortSignal): Promise<readonly GraphState[]> {
    this.#dialect = store.dialect;
    const states: GraphState[] = [];
    for (const graph of await this.#graphs(store, signal)) {
      const state = await this.#examineGraph(store, graph, timeoutMs, signal);
      if (state) states.push(state);
    }
    if (states.length > 0) this.#hasRead = true;
    else if (!this.#hasRead) throw this.#nothingYet();
    else throw new VitalsError("source_failed", `no graph is there any more: ${this.#settings.graphs.join(", ")}`, { retryable: true });
    return states;
  }

  #nothingYet(): VitalsError {
    const names = this.#settings.graphs.join(", ");
    return new VitalsError(
      "source_waiting",
      `waiting for the first write: graph ${names} is not there yet, or empty; correct its name if it should be`,
    );
  }

  async #graphs(store: Store, signal: AbortSignal): Promise<readonly string[]> {
    const { graphs, maxGraphs } = this.#settings;
    if (!graphs.some(isPattern)) return graphs;
    const present = await store.graphs(signal);
    const chosen = [
      ...new Set(graphs.flatMap((name) => (isPattern(name) ? present.filter((each) => each.startsWith(name.slice(0, -1))) : [name]))),
    ].toSorted();
    if (chosen.length > maxGraphs) this.#warnOnce(`${chosen.length} graphs match; the first ${maxGraphs} by name are read (max_graphs)`);
    return chosen.slice(0, maxGraphs);
  }

  /** Undefined for a graph that does not exist, or is empty and has no layout yet. */
  async #examineGraph(store: Store, graph: string, timeoutMs: number, signal: AbortSignal): Promise<GraphState | undefined> {
    const { clock, costs } = this.#settings;
    const known = this.#states.get(graph);
    if (known && clock.monotonicMs() - known.atMs < CATALOG_LIVES_MS) return known;
    try {
      const startMs = clock.monotonicMs();
      const rows = await store.query({ text: CATALOG_QUERIES[store.dialect], graph, maxRows: 10_000, timeoutMs }, signal);
      costs.record("catalog", { seconds: (clock.monotonicMs() - startMs) / 1_000, rows });
      const catalog = catalogOf(store.dialect, rows);
      const layout = this.#layoutOf(store, graph, catalog);
      if (!layout) return undefined;
      const state = { graph, catalog, layout, atMs: clock.monotonicMs() };
      this.#states.set(graph, state);
      return state;
    } catch (error) {
      if (isVitalsError(error) && error.errorType === MISSING_GRAPH) return undefined;
      throw error;
    }
  }

  #layoutOf(store: Store, graph: string, catalog: Catalog): Layout | undefined {
    const known = this.#layouts.get(graph);
    if (known) return known;
    const { layout: chosen, logger } = this.#settings;
    const layout = chosen === "auto" ? recognise(catalog) : LAYOUTS.find(({ name }) => name === chosen);
    if (!layout) return undefined;
    this.#layouts.set(graph, layout);
    const { name, version } = store.engine;
    logger.info(`graph ${graph}: layout ${layout.name} (${layout.title}), on ${name} ${version}`);
    return layout;
  }

  #measuresOf({ catalog, layout, graph }: GraphState, type: SampleType, cost: Measure["cost"]): readonly Measure[] {
    const { custom } = this.#settings;
    const measures = [...layout.measures, ...custom].filter((measure) => measure.type === type.name && measure.cost === cost);
    return measures.filter((measure) => {
      const missing = lacking(catalog, measure.needs);
      if (missing.length > 0) this.#warnOnce(`graph ${graph}: ${measure.fields.join(", ")} cannot be measured: no ${missing.join(", ")}`);
      return missing.length === 0;
    });
  }

  async #cheap(
    store: Store,
    states: readonly GraphState[],
    type: SampleType,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<readonly Done[]> {
    const monotonicMs = (): number => this.#settings.clock.monotonicMs();
    return runTasks(store, this.#tasks(store.dialect, states, type, "cheap"), { timeoutMs, monotonicMs }, signal);
  }

  #tasks(dialect: Store["dialect"], states: readonly GraphState[], type: SampleType, cost: Measure["cost"]): readonly Task[] {
    return states.flatMap((state) =>
      this.#measuresOf(state, type, cost).flatMap(({ name, query, parameters }) => {
        const text = query?.[dialect];
        if (text === undefined) return [];
        return [{ measure: name, graph: state.graph, text, ...(parameters ? { parameters: parameters(this.#contextOf(state)) } : {}) }];
      }),
    );
  }

  #contextOf({ catalog }: GraphState): MeasureContext {
    return { nowMs: this.#settings.clock.wallMs(), catalog };
  }

  /** Adds the results of queries, and what needs none. */
  #merge(
    found: readonly Done[],
    states: readonly GraphState[],
    type: SampleType,
    values: Map<string, Record<string, unknown>>,
    findings: Findings,
  ): void {
    for (const state of states) {
      for (const { count } of this.#measuresOf(state, type, "cheap")) Object.assign(values.get(state.graph) ?? {}, count?.(state.catalog));
    }
    for (const done of found) {
      const state = states.find(({ graph }) => graph === done.task.graph);
      if (state) Object.assign(values.get(state.graph) ?? {}, this.#valuesOf(done, state, type, findings));
    }
  }

  #valuesOf(done: Done, state: GraphState, type: SampleType, findings: Findings): AnyValues {
    const { task, rows, absent, error } = done;
    this.#settings.costs.record(task.measure, done);
    const name = `${task.measure} of graph ${state.graph}`;
    if (absent !== undefined) {
      this.#warnOnce(`${name} cannot be measured: ${absent}`);
      return {};
    }
    findings.attempts += 1;
    const measure = [...state.layout.measures, ...this.#settings.custom].find(
      (each) => each.name === task.measure && each.type === type.name,
    );
    if (!rows || !measure) {
      findings.failures.push(`${name}: ${error ?? "no result"}`);
      return {};
    }
    try {
      if (!measure.read) return valuesOf(rows, type);
      const [row] = rows.rows;
      const named = row && Object.fromEntries(rows.columns.map((column, n) => [column, row[n] ?? null]));
      return measure.read(named, this.#contextOf(state));
    } catch (thrown) {
      findings.failures.push(`${name}: the query ${messageOf(thrown)}`);
      return {};
    }
  }

  /** Starts the scan of a type that is due, and waits for it as long as the reading can. */
  async #scan(states: readonly GraphState[], type: SampleType, leftMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#scans.isDue(type.name)) return;
    const { clock, connect, connection, kind, scanTimeoutMs, topology } = this.#settings;
    const tasks = this.#tasks(this.#dialect, states, type, "scan");
    const changed = type.name === TOPOLOGY_TYPE ? states.filter((state) => this.#measured.get(state.graph) !== sizeOf(state)) : [];
    if (tasks.length === 0 && changed.length === 0) return;
    for (const state of changed) this.#measured.set(state.graph, sizeOf(state));
    const topologies = changed.map(({ graph }) => ({ graph, ...topology }));
    const scan = this.#scans.start(type.name, {
      kind,
      connect,
      connection,
      tasks,
      topologies,
      limits: { timeoutMs: scanTimeoutMs, monotonicMs: () => clock.monotonicMs() },
    });
    const waiting = new AbortController();
    const waited = clock.sleepUntil(clock.monotonicMs() + SCAN_WAIT_SHARE * leftMs, waiting.signal);
    await untilAborted(Promise.race([scan, waited]), signal).finally(() => waiting.abort("the scan has ended"));
  }

  #mergeScan(states: readonly GraphState[], type: SampleType, values: Map<string, Record<string, unknown>>, findings: Findings): void {
    const result = this.#scans.take(type.name);
    if (!result) return;
    this.#merge(result.done, states, type, values, findings);
    for (const { graph, values: measured, error, seconds } of result.topologies) {
      this.#settings.costs.record("topology", { seconds, ...(error === undefined ? {} : { error }) });
      findings.attempts += 1;
      const whole = { ...values.get(graph), ...measured };
      // The graph changed between the two: what contradicts the counts is measured again.
      const isConsistent = type.checks.every((check) => check.holds(whole as AnyValues));
      if (measured && isConsistent) Object.assign(values.get(graph) ?? {}, measured);
      else this.#measured.delete(graph);
      if (error !== undefined) findings.failures.push(`topology of graph ${graph}: ${error}`);
    }
    if (result.error === undefined) return;
    findings.attempts += 1;
    findings.failures.push(`scan: ${result.error}`);
  }

  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#settings.logger.warn(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#scans[Symbol.asyncDispose](), this.#lane[Symbol.asyncDispose]()]);
  }
}

const isPattern = (name: string): boolean => name.endsWith("*");

const sizeOf = ({ catalog: { nodes, edges } }: GraphState): string => `${nodes} ${edges}`;

/** Values by graph as values of each field by graph. */
function byGraph(values: ReadonlyMap<string, Readonly<Record<string, unknown>>>): Record<string, unknown> {
  const split: Record<string, Record<string, unknown>> = {};
  for (const [graph, fields] of values)
    for (const [field, value] of Object.entries(fields)) (split[field] ??= Object.create(null) as Record<string, unknown>)[graph] = value;
  return split;
}

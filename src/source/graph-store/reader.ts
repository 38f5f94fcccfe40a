import { untilAborted } from "../../base/deadline.ts";
import { messageOf, VitalsError } from "../../base/errors.ts";
import { validateReading, type AnyValues, type SampleType } from "../../sample/sample-type.ts";
import type { Cell, Dialect, Store } from "../../store/store.ts";
import { incomplete } from "../incomplete.ts";
import { Changes } from "./changes.ts";
import { byGraph, rowsOf, valuesOf } from "./decode.ts";
import { withPresentGraphs } from "./describe.ts";
import { Graphs, type GraphState } from "./graphs.ts";
import { Lane } from "./lane.ts";
import type { Measure, MeasureContext } from "./layout.ts";
import { Opener } from "./opener.ts";
import { Probe, PROBE_TYPE } from "./probe.ts";
import type { ReaderSettings, SurveySettings } from "./reader-settings.ts";
import { SIZE_FIELD, type ScanJob } from "./scan.ts";
import { Scans } from "./scans.ts";
import { ServiceReader } from "./service.ts";
import { runTasks, type Done, type Task } from "./task.ts";
import { TOPOLOGY_TYPE } from "./topology.ts";
import type { TopologyDone } from "./topology-thread.ts";

/** What a reading found so far. */
interface Found {
  readonly states: readonly GraphState[];
  readonly type: SampleType;
  readonly values: ReadonlyMap<string, Record<string, unknown>>;
}

/** Measures that were tried, and why some failed. */
interface Tally {
  attempts: number;
  readonly failures: string[];
}

/** One query may take this share of the time that is left, so that a slow one leaves some to the others. */
const QUERY_SHARE = 0.5;

/** A reading waits for the scan that it started for at most this share of its time, so that a small graph is complete in its first sample. */
const SCAN_WAIT_SHARE = 0.75;

/** Reads one store: its graphs, each with its layout, cheap measures at each reading and scans in between. */
export class StoreReader implements AsyncDisposable {
  readonly #settings: ReaderSettings;
  readonly #lane: Lane;
  readonly #graphs: Graphs;
  readonly #scans: Scans;
  readonly #service: ServiceReader;
  readonly #probe: Probe | undefined;
  readonly changes: Changes;
  /** By graph, its nodes and edges at its newest topology, and what was measured, once it is. */
  readonly #measured = new Map<string, { readonly size: string; readonly values?: AnyValues }>();
  /** By sample type, how the newest scan went: what it could not measure is missing until the next. */
  readonly #scanned = new Map<string, Tally>();
  /** Results that the next query of their measure starts from. */
  readonly #remembered = new Map<string, string>();
  readonly #warned = new Set<string>();
  #dialect: Dialect = "neo4j";

  constructor(settings: ReaderSettings) {
    this.#settings = settings;
    this.changes = new Changes(settings.clock);
    const { connect, connection, costs, probe, scanIntervalMs } = settings;
    const warnOnce = (message: string): void => this.#warnOnce(message);
    const opener = new Opener(connection, connect, this.#monotonicMs);
    this.#lane = new Lane((signal) => opener.open(signal));
    this.#graphs = new Graphs(settings, warnOnce);
    this.#scans = new Scans(scanIntervalMs, this.#monotonicMs);
    this.#service = new ServiceReader(costs, this.#monotonicMs, warnOnce);
    this.#probe = probe && new Probe(probe, costs, this.#monotonicMs, warnOnce);
  }

  /**
   * Reads one sample type.
   *
   * @param isSplit whether every field is split by graph
   * @param timeoutMs the time that the reading has
   * @returns values of the type, with what could not be measured
   * @throws VitalsError of the connection; `source_waiting` while no graph exists; `source_failed` if no graph has a measure of the type
   */
  async read(type: SampleType, isSplit: boolean, timeoutMs: number, signal: AbortSignal): Promise<AnyValues> {
    const endMs = this.#monotonicMs() + timeoutMs;
    const leftMs = (): number => Math.max(1, endMs - this.#monotonicMs());
    const queryMs = (): number => QUERY_SHARE * leftMs();
    const states = await this.#lane.use((store, ending) => this.#examine(store, queryMs, ending), signal);
    this.#requireMeasures(states, type);
    const found: Found = { states, type, values: new Map(states.map(({ graph }) => [graph, {}])) };
    const tally: Tally = { attempts: this.#count(found), failures: [] };
    await this.#lane.use((store, ending) => this.#cheap(store, found, tally, queryMs, ending), signal);
    await this.#scan(found, leftMs(), signal);
    this.changes.addTo(found);
    return this.#result(found, isSplit, tally);
  }

  /** Reads what the server reports about itself. */
  service(timeoutMs: number, signal: AbortSignal): Promise<AnyValues> {
    const endMs = this.#monotonicMs() + timeoutMs;
    const queryMs = (): number => Math.max(1, QUERY_SHARE * (endMs - this.#monotonicMs()));
    return this.#lane.use(async (store, ending) => {
      const states = await this.#examine(store, queryMs, ending);
      const names = states.map(({ graph }) => graph);
      return this.#service.read(store, names, queryMs, ending);
    }, signal);
  }

  /**
   * What a function makes of the server and its graphs.
   *
   * @throws VitalsError of the connection; `source_waiting` while no graph exists, with the names of those that do
   */
  survey<T>(make: (store: Store, graphs: readonly GraphState[], settings: SurveySettings) => T, signal: AbortSignal): Promise<T> {
    const { scanTimeoutMs } = this.#settings;
    const settings = { ...this.#settings, isScanning: (type: string): boolean => this.#scans.isPending(type) };
    return this.#lane.use(async (store, ending) => {
      try {
        return make(store, await this.#examine(store, () => scanTimeoutMs, ending), settings);
      } catch (error) {
        throw await withPresentGraphs(error, store, ending);
      }
    }, signal);
  }

  readonly #monotonicMs = (): number => this.#settings.clock.monotonicMs();

  #examine(store: Store, timeoutMs: () => number, signal: AbortSignal): Promise<readonly GraphState[]> {
    this.#dialect = store.dialect;
    return this.#graphs.examine(store, timeoutMs, signal);
  }

  #requireMeasures(states: readonly GraphState[], { name }: SampleType): void {
    const isMeasured = ({ layout }: GraphState): boolean =>
      name === TOPOLOGY_TYPE || [...layout.measures, ...this.#settings.custom].some(({ type }) => type === name);
    if (states.some(isMeasured)) return;
    const layouts = [...new Set(states.map(({ layout }) => `${layout.name} (${layout.title})`))].join(", ");
    const reason = `the layout ${layouts} has no measure of ${name}; set layout if it was not recognised, or write queries`;
    throw new VitalsError("source_failed", reason);
  }

  /** Adds what needs no query. @returns the number of measures */
  #count({ states, type, values }: Found): number {
    let measures = 0;
    for (const state of states) {
      for (const { count } of this.#graphs.measuresOf(state, type, "cheap")) {
        if (!count) continue;
        Object.assign(values.get(state.graph) ?? {}, count(state.catalog));
        measures += 1;
      }
    }
    return measures;
  }

  async #cheap(store: Store, found: Found, tally: Tally, timeoutMs: () => number, signal: AbortSignal): Promise<void> {
    const tasks = this.#tasks(found, "cheap");
    const done = await runTasks(store, tasks, { timeoutMs, monotonicMs: this.#monotonicMs }, signal);
    for (const each of done) this.#take(each, found, tally);
    if (found.type.name !== PROBE_TYPE || !this.#probe) return;
    for (const [graph, values] of await this.#probe.run(store, found.states, timeoutMs, signal))
      Object.assign(found.values.get(graph) ?? {}, values);
  }

  #tasks({ states, type }: Found, cost: Measure["cost"]): readonly Task[] {
    return states.flatMap((state) =>
      this.#graphs.measuresOf(state, type, cost).flatMap(({ name, query, parameters, remembers }) => {
        const text = query?.[this.#dialect];
        if (text === undefined) return [];
        const since = remembers === undefined ? {} : { since: this.#remembered.get(memoryKey(state.graph, name)) ?? "" };
        const given = { ...parameters?.(this.#contextOf(state)), ...since };
        return [{ measure: name, graph: state.graph, text, parameters: given }];
      }),
    );
  }

  #contextOf({ catalog }: GraphState): MeasureContext {
    const { clock, embeddingDimension } = this.#settings;
    return { nowMs: clock.wallMs(), catalog, embeddingDimension };
  }

  /** Adds the result of a query. */
  #take(done: Done, found: Found, tally: Tally): void {
    const { task, rows, absent, error } = done;
    this.#settings.costs.record(task.measure, done);
    const state = found.states.find(({ graph }) => graph === task.graph);
    const name = `${task.measure} of graph ${task.graph}`;
    const measure = [...(state?.layout.measures ?? []), ...this.#settings.custom].find(
      (each) => each.name === task.measure && each.type === found.type.name,
    );
    // The graph was deleted since.
    if (!state || !measure) return;
    if (absent !== undefined) return this.#warnOnce(`${name} cannot be measured: ${absent}`);
    tally.attempts += 1;
    if (!rows) return void tally.failures.push(`${name}: ${error ?? "no result"}`);
    try {
      const values = measure.read ? measure.read(rowsOf(rows), this.#contextOf(state)) : valuesOf(rows, found.type, measure.only);
      // By itself: one wrong number would make the whole reading invalid.
      const verdict = validateReading(found.type, values);
      if (verdict.ok) Object.assign(found.values.get(task.graph) ?? {}, values);
      else tally.failures.push(`${name}: ${verdict.message}`);
      if (measure.remembers !== undefined) this.#remember(task, rowsOf(rows)[0]?.[measure.remembers]);
    } catch (thrown) {
      tally.failures.push(`${name}: the query ${messageOf(thrown)}`);
    }
  }

  #remember({ graph, measure }: Task, cell: Cell | undefined): void {
    if (typeof cell === "string") this.#remembered.set(memoryKey(graph, measure), cell);
    else this.#remembered.delete(memoryKey(graph, measure));
  }

  /** Starts the scan that is due, waits for it as long as the reading can, and takes what is finished. */
  async #scan(found: Found, leftMs: number, signal: AbortSignal): Promise<void> {
    const { name } = found.type;
    const job = this.#scans.isDue(name) ? this.#job(found) : undefined;
    if (job) {
      const { clock } = this.#settings;
      const waiting = new AbortController();
      const waited = clock.sleepUntil(clock.monotonicMs() + SCAN_WAIT_SHARE * leftMs, waiting.signal);
      const ended = Promise.race([this.#scans.start(name, job), waited]);
      await untilAborted(ended, signal).finally(() => waiting.abort("the scan has ended"));
    }
    const result = this.#scans.take(name);
    if (!result) return;
    const tally: Tally = { attempts: 0, failures: [] };
    for (const done of result.done) this.#take(done, found, tally);
    for (const topology of result.topologies) this.#takeTopology(topology, found, tally);
    for (const [graph, bytes] of result.sizes) Object.assign(found.values.get(graph) ?? {}, { [SIZE_FIELD]: bytes });
    if (result.error !== undefined) {
      tally.attempts += 1;
      tally.failures.push(`scan: ${result.error}`);
    }
    this.#scanned.set(name, tally);
  }

  /** What a scan has to do; undefined for nothing. */
  #job(found: Found): ScanJob | undefined {
    const { connect, connection, kind, scanTimeoutMs, topology } = this.#settings;
    const tasks = this.#tasks(found, "scan");
    const measurable = found.type.name === TOPOLOGY_TYPE ? found.states : [];
    const changed = measurable.filter((state) => this.#measured.get(state.graph)?.size !== sizeOf(state));
    // While a graph does not change, what was measured of it holds: its series goes on, and no rule takes it for ended.
    for (const { graph } of measurable)
      Object.assign(found.values.get(graph) ?? {}, changed.some((each) => each.graph === graph) ? {} : this.#measured.get(graph)?.values);
    if (tasks.length === 0 && changed.length === 0) return undefined;
    for (const state of changed) this.#measured.set(state.graph, { size: sizeOf(state) });
    const topologies = changed.map(({ graph }) => ({ graph, ...topology }));
    const limits = { timeoutMs: () => scanTimeoutMs, monotonicMs: this.#monotonicMs };
    return { kind, connect, connection, tasks, sizes: measurable.map(({ graph }) => graph), topologies, limits };
  }

  #takeTopology({ graph, values, error, seconds }: TopologyDone, found: Found, tally: Tally): void {
    const failed = error === undefined ? {} : { error };
    this.#settings.costs.record("topology", { seconds, ...failed });
    tally.attempts += 1;
    const whole = { ...found.values.get(graph), ...values } as AnyValues;
    // The graph can have changed since: what contradicts the counts is measured again.
    if (values && found.type.checks.every((check) => check.holds(whole))) {
      Object.assign(found.values.get(graph) ?? {}, values);
      this.#measured.set(graph, { size: this.#measured.get(graph)?.size ?? "", values });
    } else this.#measured.delete(graph);
    if (error !== undefined) tally.failures.push(`topology of graph ${graph}: ${error}`);
  }

  #result({ type, values }: Found, isSplit: boolean, tally: Tally): AnyValues {
    const [only = {}] = values.values();
    const scanned = this.#scanned.get(type.name);
    const failures = [...tally.failures, ...(scanned?.failures ?? [])];
    const attempts = tally.attempts + (scanned?.attempts ?? 0);
    const [first] = failures;
    if (first !== undefined && failures.length === attempts)
      throw new VitalsError("source_failed", `every measure failed; first ${first}`, { retryable: true });
    const text = first === undefined ? undefined : `${failures.length} of ${attempts} measures failed; first ${first}`;
    return incomplete((isSplit ? byGraph(values) : only) as AnyValues, failures.length / Math.max(1, attempts), text, failures.length);
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

const memoryKey = (graph: string, measure: string): string => JSON.stringify([graph, measure]);

const sizeOf = ({ catalog: { nodes, edges } }: GraphState): string => `${nodes} ${edges}`;

import type { Attributes } from "@opentelemetry/api";
import { resolve } from "node:path";
import * as z from "zod";
import { VitalsError } from "../../base/errors.ts";
import { SecretFile } from "../../base/secret-file.ts";
import { unknownName } from "../../base/suggest.ts";
import { upTo } from "../../sample/field.ts";
import { agentMemory } from "../../sample/types/agent-memory.ts";
import { graphMetrics } from "../../sample/types/graph.ts";
import { graphService } from "../../sample/types/graph-service.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";
import { splitBy } from "../../sample/split.ts";
import type { ConnectionSettings } from "../../store/connection.ts";
import { connectFalkordb } from "../../store/falkordb.ts";
import { connectNeo4j } from "../../store/neo4j.ts";
import { defineSource, reading, type Reading, type SourceContext } from "../source.ts";
import { absencesIn } from "./absence.ts";
import { CHANGE_FIELDS, MEMORY_TYPE } from "./changes.ts";
import { Costs } from "./costs.ts";
import { describeStore } from "./describe.ts";
import type { Measure } from "./layout.ts";
import { LAYOUTS } from "./layouts/index.ts";
import { PROBE_FIELDS, PROBE_TYPE } from "./probe.ts";
import { SIZE_FIELD } from "./scan.ts";
import { TOPOLOGY_FIELDS, TOPOLOGY_TYPE } from "./topology.ts";
import { storeOptions, storeUrl, type StoreOptions } from "./options.ts";
import { STORE_RULES } from "./rules.ts";
import { StoreReader } from "./reader.ts";
import type { ReaderSettings } from "./reader-settings.ts";

/** Several graphs of one source are told apart by this attribute; beyond this number they are folded into `_OTHER`. */
const GRAPH_AXIS = upTo(50, "db.namespace");

const CHEAP_INTERVAL_MS = 5_000;

/** A password in one place only. */
const onePassword = ({ value, issues }: z.core.ParsePayload<Pick<StoreOptions, "password" | "password_file">>): void => {
  if (value.password !== "" && value.password_file !== undefined)
    issues.push({ code: "custom", message: "expected password or password_file, found both", path: ["password_file"], input: undefined });
};

/** Neo4j, or another server that speaks Bolt. */
export const neo4j = defineSource({
  kind: "neo4j",
  options: z
    .strictObject({
      ...storeOptions,
      url: storeUrl("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc").default("bolt://localhost:7687"),
      database: z.string().min(1).default("neo4j"),
    })
    .check(onePassword),
  open: (options, context) => open("neo4j", { ...options, user: options.user || "neo4j" }, [options.database], 1, context),
  readings: (options, types) => readingsOf(options, types, undefined),
  attributes: ({ database, store_id }, name) => attributesOf("neo4j", store_id ?? name, database),
  describe: (reader, signal) => reader.survey(describeStore, signal),
  unmeasured: (reader, signal) => reader.survey(absencesIn, signal),
  saveState: (reader) => reader.changes.save(),
  restoreState: (reader, state, ageMs) => reader.changes.restore(state, ageMs),
});

/** FalkorDB, of which each graph is a memory of its own. */
export const falkordb = defineSource({
  kind: "falkordb",
  options: z
    .strictObject({
      ...storeOptions,
      url: storeUrl("redis", "rediss").default("redis://localhost:6379"),
      /** Names of graphs. `*` at the end of a name stands for any text. */
      graphs: z.array(z.string().min(1)).min(1),
      /** Maximum number of graphs that are read, by name, when more match. */
      max_graphs: z.int().min(1).max(1_000).default(100),
    })
    .check(onePassword),
  open: (options, context) => open("falkordb", options, options.graphs, options.max_graphs, context),
  readings: (options, types) => readingsOf(options, types, isSingle(options.graphs) ? undefined : GRAPH_AXIS),
  attributes: ({ graphs, store_id }, name) => attributesOf("falkordb", store_id ?? name, isSingle(graphs) ? graphs[0] : undefined),
  describe: (reader, signal) => reader.survey(describeStore, signal),
  unmeasured: (reader, signal) => reader.survey(absencesIn, signal),
  saveState: (reader) => reader.changes.save(),
  restoreState: (reader, state, ageMs) => reader.changes.restore(state, ageMs),
});

/** Whether the names are those of one graph. */
const isSingle = ([first = "", ...others]: readonly string[]): boolean => others.length === 0 && !first.endsWith("*");

/** The attributes by which metrics of a store join the spans of its clients. */
const attributesOf = (system: string, storeId: string, graph: string | undefined): Attributes => ({
  "db.system.name": system,
  ...(graph === undefined ? {} : { "db.namespace": graph }),
  "gen_ai.memory.store.id": storeId,
});

function open(
  kind: ReaderSettings["kind"],
  options: StoreOptions & { readonly url: string },
  graphs: readonly string[],
  maxGraphs: number,
  { baseDir, clock, logger, meter, name }: SourceContext,
): StoreReader {
  const file = options.password_file;
  const problem = (): undefined => undefined;
  const secret =
    file === undefined ? undefined : new SecretFile(file, baseDir, { option: "password_file", noun: "password", problem }, logger);
  const tls = options.tls && Object.fromEntries(Object.entries(options.tls).map(([key, path]) => [key, path && resolve(baseDir, path)]));
  const { budget: budgetMs, max_items: maxItems, timeout } = options.topology;
  return new StoreReader({
    kind,
    connection: async (): Promise<ConnectionSettings> => ({
      url: options.url,
      user: options.user,
      password: secret ? await secret.read() : options.password,
      ...(tls ? { tls } : {}),
    }),
    connect: kind === "neo4j" ? connectNeo4j : connectFalkordb,
    graphs,
    maxGraphs,
    layout: options.layout,
    custom: customMeasures(options.queries),
    scanIntervalMs: options.scan_interval,
    scanTimeoutMs: options.scan_timeout,
    topology: { budgetMs, maxItems, timeoutMs: timeout },
    embeddingDimension: options.embedding_dimension,
    probe: options.probe && { text: options.probe.text, index: options.probe.index, intervalMs: options.probe.interval },
    clock,
    logger,
    costs: new Costs(meter, { "vitals.source.name": name }),
  });
}

/** The measures of the configuration: each fills one field. */
function customMeasures(queries: StoreOptions["queries"]): readonly Measure[] {
  return Object.entries(queries).flatMap(([type, fields]) =>
    Object.entries(fields).map(([field, given]): Measure => {
      const { query, scan } = typeof given === "string" ? { query: given, scan: false } : given;
      const texts = { neo4j: query, falkordb: query, memgraph: query };
      return { name: `${type}.${field}`, type, fields: [field], cost: scan ? "scan" : "cheap", query: texts, only: field };
    }),
  );
}

function readingsOf(
  options: StoreOptions,
  types: ReadonlyMap<string, SampleType>,
  axis: typeof GRAPH_AXIS | undefined,
): readonly Reading<StoreReader>[] {
  const custom = Object.keys(options.queries).map((name) => {
    const type = types.get(name);
    if (!type) throw new VitalsError("config_invalid", unknownName("sample type", name, types.keys()));
    return type;
  });
  const measured = [...new Set([agentMemory as SampleType, graphMetrics as SampleType, ...custom])];
  const measures = [
    ...LAYOUTS.filter(({ name }) => options.layout === "auto" || name === options.layout).flatMap((layout) => layout.measures),
    ...customMeasures(options.queries),
  ];
  return [
    ...measured.map((type) => readingOf(type, axis, cadencesOf(type, measures, options))),
    reading(graphService, (reader: StoreReader, signal, { timeoutMs }) => reader.service(timeoutMs, signal), {
      intervalMs: CHEAP_INTERVAL_MS,
      rules: STORE_RULES[graphService.name] ?? [],
    }),
  ];
}

function readingOf(
  type: SampleType,
  axis: typeof GRAPH_AXIS | undefined,
  measuredEveryMs: Readonly<Record<string, number>>,
): Reading<StoreReader> {
  return reading(
    axis ? splitBy(type, axis) : type,
    (reader: StoreReader, signal, { timeoutMs }): Promise<AnyValues> => reader.read(type, axis !== undefined, timeoutMs, signal),
    { intervalMs: CHEAP_INTERVAL_MS, measuredEveryMs, rules: STORE_RULES[type.name] ?? [] },
  );
}

/** By field, how often it is measured where that is less often than it is read. Milliseconds. */
function cadencesOf(
  { name }: SampleType,
  measures: readonly Measure[],
  { probe, scan_interval: scanMs }: StoreOptions,
): Readonly<Record<string, number>> {
  const scanned = measures.filter(({ type, cost }) => type === name && cost === "scan").flatMap(({ fields }) => fields);
  const changes = name === MEMORY_TYPE ? Object.keys(CHANGE_FIELDS).filter((field) => scanned.includes(CHANGE_FIELDS[field] ?? "")) : [];
  const fields: readonly string[] = name === TOPOLOGY_TYPE ? [...scanned, ...TOPOLOGY_FIELDS, SIZE_FIELD] : [...scanned, ...changes];
  const probed = name === PROBE_TYPE && probe ? PROBE_FIELDS.map((field) => [field, probe.interval] as const) : [];
  return Object.fromEntries([...fields.map((field) => [field, scanMs] as const), ...probed]);
}

/** Renders docs/graph-stores.md: tables from the layouts and the options, so that they cannot differ from the code, with the text around them. */
import * as z from "zod";
import { duration, parseDuration } from "../src/base/quantity.ts";
import { agentMemory } from "../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../src/sample/types/graph.ts";
import { graphService } from "../src/sample/types/graph-service.ts";
import type { SampleType } from "../src/sample/sample-type.ts";
import { falkordb, neo4j } from "../src/source/graph-store/kinds.ts";
import type { Layout, Measure } from "../src/source/graph-store/layout.ts";
import { CHANGE_FIELDS, MEMORY_TYPE } from "../src/source/graph-store/changes.ts";
import { LAYOUTS } from "../src/source/graph-store/layouts/index.ts";
import { PROBE_FIELDS, PROBE_TYPE } from "../src/source/graph-store/probe.ts";
import { SIZE_FIELD } from "../src/source/graph-store/scan.ts";
import { serviceFields } from "../src/source/graph-store/service.ts";
import { TOPOLOGY_FIELDS, TOPOLOGY_TYPE } from "../src/source/graph-store/topology.ts";
import { HEAD, LAYOUT_TEXT, LEGEND, OPTIONS_TEXT, PROOF_TEXT, TAIL } from "./store-reference-text.ts";

/** The engines that are tested, by the dialect of their queries. */
const ENGINES = { falkordb: "FalkorDB", neo4j: "Neo4j" } as const;
const DIALECTS = Object.keys(ENGINES) as readonly (keyof typeof ENGINES)[];

export function storeReference(): string {
  const layouts = ["layout", "recognised by", "whose memory"];
  return [
    HEAD,
    "## What is measured",
    LEGEND,
    ...[agentMemory, graphMetrics].flatMap((type) => [`### ${type.name}`, measureTable(type)]),
    `### ${graphService.name}`,
    serviceTable(),
    "## Layouts",
    LAYOUT_TEXT,
    table(
      layouts,
      LAYOUTS.map(({ name, title, marks }) => [code(name), marksOf(marks), title]),
    ),
    PROOF_TEXT,
    "## Options",
    OPTIONS_TEXT,
    table(["option", "default", "meaning"], optionRows()),
    TAIL,
  ].join("\n\n");
}

const code = (text: string): string => `\`${text}\``;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows.map((row) => `| ${row.join(" | ")} |`)].join("\n");

const marksOf = ({ labels = [], types = [] }: Layout["marks"]): string =>
  [...labels.map((label) => `label ${code(label)}`), ...types.map((type) => `relation type ${code(type)}`)].join(", ") ||
  "what no other layout recognises";

/** A row for each field that a layout fills, and the names of the others. */
function measureTable(type: SampleType): string {
  const rows = Object.keys(type.fields).map((field) => [field, ...LAYOUTS.map((layout) => costOf(layout, type, field))] as const);
  const [filled, others] = [rows.filter(([, ...costs]) => costs.some(Boolean)), rows.filter(([, ...costs]) => !costs.some(Boolean))];
  const list = others.map(([field]) => code(field)).join(", ");
  const head = ["field", ...LAYOUTS.map(({ name }) => code(name))];
  return `${table(
    head,
    filled.map(([field, ...costs]) => [code(field), ...costs]),
  )}\n\nNo layout fills ${list}.`;
}

function costOf(layout: Layout, type: SampleType, named: string): string {
  // What is computed from an earlier reading comes with the field that it is computed from, unless a layout measures it.
  const isMeasured = layout.measures.some((measure) => measure.type === type.name && measure.fields.includes(named));
  const field = isMeasured || type.name !== MEMORY_TYPE ? named : (CHANGE_FIELDS[named] ?? named);
  const measures = layout.measures.filter((measure) => measure.type === type.name && measure.fields.includes(field));
  if (measures.length > 0) return [...new Set(measures.map(classOf))].join(", ");
  if (type.name === TOPOLOGY_TYPE && (TOPOLOGY_FIELDS as readonly string[]).includes(field)) return "topology";
  if (type.name === TOPOLOGY_TYPE && field === SIZE_FIELD) return "scan (FalkorDB)";
  return type.name === PROBE_TYPE && (PROBE_FIELDS as readonly string[]).includes(field) ? "probe" : "";
}

function classOf({ cost, count, query }: Measure): string {
  if (count) return "counters";
  const engines = DIALECTS.filter((dialect) => query?.[dialect] !== undefined);
  return `${cost}${engines.length === DIALECTS.length ? "" : ` (${engines.map((dialect) => ENGINES[dialect]).join(", ")})`}`;
}

function serviceTable(): string {
  const rows = Object.keys(graphService.fields).map((field) => [
    code(field),
    ...DIALECTS.map((dialect) => (serviceFields(dialect).includes(field) ? "yes" : "")),
  ]);
  return table(
    ["field", ...Object.values(ENGINES)],
    rows.filter(([, ...told]) => told.some(Boolean)),
  );
}

/** What each option means; an option that is missing here fails the generation. */
const MEANINGS: Readonly<Record<string, string>> = {
  url: "address, without user and password",
  graphs: "FalkorDB: names of graphs; `*` at the end of a name stands for any text: [Several graphs](#several-graphs)",
  max_graphs: "FalkorDB: maximum number of graphs that are read, by name, when more match",
  database: "Neo4j: the database",
  user: "user; for Neo4j `neo4j` if a password is set. One that may only read is enough: [Rights](#rights)",
  password: "its password; without one Neo4j gets no user either",
  password_file:
    "file that contains the password, instead of `password`; read again at each connection, so that a rotated password is used. At most 16 KiB; white space around it is ignored",
  "tls.ca":
    "PEM file with the certificates of the authorities that may have signed the server's certificate; default: those that Node trusts. `tls: {}` alone turns TLS on",
  "tls.cert": "PEM file with the client's certificate, for a server that asks for one",
  "tls.key": "PEM file with its key",
  layout: `whose memory it is: \`auto\`, ${LAYOUTS.map(({ name }) => code(name)).join(", ")}`,
  scan_interval:
    "minimum time between two scans of a sample type. A scanned field is absent from the samples in between, and its series, windows and rules follow this interval",
  scan_timeout: "time after which the server ends one query of a scan",
  "topology.max_items": "maximum number of nodes, and of edges, of a graph whose edges are read",
  "topology.budget": "time limit for clustering, diameter, centrality and modularity together; what does not fit is absent",
  "topology.timeout": "time limit for reading the edges",
  store_id: "value of `gen_ai.memory.store.id`, by which the metrics join the spans of a traced agent",
  embedding_dimension: "number of dimensions that the memory's embedder makes, for `embeddingMismatch`",
  queries: "by sample type and field, queries of your own: [Your own queries](#your-own-queries)",
  "probe.text":
    "what a full-text query searches for; default: a stored embedding is the query: [A retrieval that is really made](#a-retrieval-that-is-really-made)",
  "probe.index": "full-text index; in FalkorDB its label. Default: that of the layout",
  "probe.interval": "minimum time between two retrievals",
};

/** Defaults that no value says. */
const WORDS: Readonly<Record<string, string>> = { graphs: "required", store_id: "the source's name" };

/** Options that are lengths of time, in milliseconds once parsed. */
const isDuration = (schema: unknown): boolean => {
  const parse = (text: string) => z.safeParse(schema as z.ZodType, text);
  return parse("7s").data === parseDuration("7s");
};

function optionRows(): readonly (readonly string[])[] {
  const rows = new Map<string, readonly string[]>();
  for (const kind of [falkordb, neo4j]) {
    const own =
      kind.kind === "falkordb"
        ? falkordb.options.parse({ graphs: ["g"], probe: {}, tls: {} })
        : neo4j.options.parse({ probe: {}, tls: {} });
    for (const [path, schema, value] of leavesOf(kind.options, own)) {
      const meaning = MEANINGS[path];
      if (meaning === undefined) throw new Error(`scripts/store-reference.ts: the option ${path} has no meaning`);
      const before = rows.get(path)?.[1];
      const shown = WORDS[path] ?? defaultOf(schema, value);
      rows.set(path, [code(path), before === undefined || before === shown ? shown : `${before}; ${shown}`, meaning]);
    }
  }
  const unknown = Object.keys(MEANINGS).filter((path) => !rows.has(path));
  if (unknown.length > 0) throw new Error(`scripts/store-reference.ts: no such option: ${unknown.join(", ")}`);
  return Object.keys(MEANINGS).map((path) => rows.get(path) as readonly string[]);
}

function defaultOf(schema: unknown, value: unknown): string {
  if (value === undefined || value === "" || JSON.stringify(value) === "{}") return "none";
  if (typeof value === "number" && isDuration(schema)) return code(duration(value).replaceAll(" ", ""));
  return code(typeof value === "string" ? value : JSON.stringify(value));
}

/** Each option with its path, its schema and its parsed default; an option with options of its own is replaced by them. */
function leavesOf(schema: unknown, value: unknown, path = ""): readonly (readonly [path: string, schema: unknown, value: unknown])[] {
  let inner = schema as { readonly shape?: Record<string, unknown>; readonly def?: { readonly innerType?: unknown } };
  while (inner.shape === undefined && inner.def?.innerType !== undefined) inner = inner.def.innerType as typeof inner;
  if (inner.shape === undefined) return [[path, schema, value]];
  const values = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(inner.shape).flatMap(([key, each]) => leavesOf(each, values[key], path === "" ? key : `${path}.${key}`));
}

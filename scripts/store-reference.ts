/** Renders docs/graph-stores.md: tables from the layouts and the options, so that they cannot differ from the code, with the text around them. */
import * as z from "zod";
import { duration, parseDuration } from "../src/base/quantity.ts";
import { agentMemory } from "../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../src/sample/types/graph.ts";
import { graphService } from "../src/sample/types/graph-service.ts";
import type { SampleType } from "../src/sample/sample-type.ts";
import { falkordb, neo4j } from "../src/source/graph-store/kinds.ts";
import type { Layout, Measure } from "../src/source/graph-store/layout.ts";
import { LAYOUTS } from "../src/source/graph-store/layouts/index.ts";
import { PROBE_FIELDS, PROBE_TYPE } from "../src/source/graph-store/probe.ts";
import { serviceFields } from "../src/source/graph-store/service.ts";
import { TOPOLOGY_FIELDS, TOPOLOGY_TYPE } from "../src/source/graph-store/topology.ts";
import { READ_ONLY_RULES } from "../test/support/engines/falkordb.ts";

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

function costOf(layout: Layout, type: SampleType, field: string): string {
  const measures = layout.measures.filter((measure) => measure.type === type.name && measure.fields.includes(field));
  if (measures.length > 0) return [...new Set(measures.map(classOf))].join(", ");
  if (type.name === TOPOLOGY_TYPE && (TOPOLOGY_FIELDS as readonly string[]).includes(field)) return "topology";
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

const HEAD = `# Graph stores

Generated by \`npm run docs\` from the layouts and options in \`src/source/graph-store/\`; do not edit.

The source kinds \`falkordb\` and \`neo4j\` read the memory of an agent where it is kept: Graphiti, Cognee or Neo4j's memory server on a graph
database, or any property graph. They never write. Guides that start from nothing:
[Graphiti with FalkorDB](how-to/graphiti-falkordb.md), [Graphiti with Neo4j](how-to/graphiti-neo4j.md),
[Neo4j's MCP memory](how-to/neo4j-mcp-memory.md).

\`\`\`sh
otel-vitals init --store falkordb   # or neo4j: writes otel-config.yaml
otel-vitals check                   # says what was found: server, layout, measures, and what is missing
\`\`\`

The client library is installed only where a store needs it: \`npm install redis@6\` for FalkorDB, \`npm install neo4j-driver@6\` for Neo4j. Without
it the source fails with this command. Memgraph speaks the protocol of Neo4j and has queries of its own here, which were never run against a
server.`;

const LEGEND = `What fills a field, by layout. [metrics.md](metrics.md) explains the fields.

| | when | what the server does |
|---|---|---|
| counters | at each reading | reads numbers that it keeps anyway, once for all of them |
| cheap | at each reading | one query that an index or its counters answer |
| scan | once every \`scan_interval\` | one query that visits many nodes or edges |
| topology | once every \`scan_interval\`, if the number of nodes or edges changed | sends all edges, in pages; they are measured in a thread here |
| probe | once every \`probe.interval\`, if there is a \`probe\` | makes a retrieval |

An empty cell: the layout does not know it. A field whose label, relation type, index or procedure is missing is absent, not 0, and
\`otel-vitals check\` says what is missing. \`npm run bench -- store-costs\` measures what each measure costs a server.`;

const LAYOUT_TEXT = `A layout says what the labels of a graph mean. With \`layout: auto\` the first one of this table is used whose labels the graph has. It is chosen
once for each graph, and the log and \`check\` say which it is. [How to add a layout](how-to/add-a-layout.md).`;

const PROOF_TEXT = `Tests let the real programs write, graphiti-core to FalkorDB and to Neo4j and mcp-neo4j-memory to Neo4j, and compare every
number after each write with one that is counted independently. \`cognee\` is tested by its shape only: with statements of our own that store what
the adapter of Cognee 1.6.5 stores, because the adapter needs the APOC plug-in of Neo4j and all that Cognee depends on. \`generic\` needs no program.`;

const OPTIONS_TEXT = `Both kinds have the same options, except where one is named. Times are [durations](configuration.md). Where the defaults differ, FalkorDB's is
the first. A source has at most two connections to its server.`;

const TAIL = `## Several graphs

FalkorDB keeps separate memories in separate graphs; Graphiti makes one for each \`group_id\`. With one name in \`graphs\`, metrics are those of that
graph. With several names, or with a \`*\`, every field is split by \`db.namespace\`, the name of the graph:

\`\`\`yaml
file_format: "1.0"
collector:
  sources:
    memory: { kind: falkordb, graphs: ["team-*", main], max_graphs: 50 }
  collections:
    facts: { source: memory, type: agent-memory, interval: 10s }
\`\`\`

The first 50 graphs have series of their own, the others are folded into \`_OTHER\` where values add up. A graph that is created later is read from
the next reading on. A graph that does not exist is not created.

## Your own queries

A query fills a field of a sample type: of a built-in one, or of one that the configuration declares. It runs at each reading, or with
\`scan: true\` once every \`scan_interval\`, with the same limits as ours; the server refuses it if it writes. It returns one number, or one row for
each value of the field's attributes with the number last:

\`\`\`yaml
file_format: "1.0"
collector:
  sample_types:
    backlog:
      open: { instrument: tickets.open, unit: "{ticket}", good: low, description: Tickets without an end. }
      byTeam:
        instrument: tickets.by_team
        kind: up_down_counter
        unit: "{ticket}"
        by: [{ attribute: team, limit: 20 }]
  sources:
    memory:
      kind: neo4j
      queries:
        backlog:
          open: "MATCH (t:Ticket) WHERE t.closed_at IS NULL RETURN count(t)"
          byTeam: { query: "MATCH (t:Ticket) RETURN t.team, count(t)", scan: true }
  collections:
    backlog: { source: memory, type: backlog, interval: 30s }
\`\`\`

## A retrieval that is really made

An empty or broken index shows only when something searches. With \`probe: {}\` a stored embedding is the query, and the nearest neighbours are
found as the memory's own search finds them. With \`probe: { text: coffee }\` a full-text index is searched. The duration is
\`agent.memory.retrieval.duration\`, and \`agent.memory.retrievals\` counts retrievals that found something, found nothing, or failed. Only layouts
with a known search have a stored embedding or an index: ${LAYOUTS.filter(({ probe }) => probe !== undefined)
  .map(({ name }) => code(name))
  .join(", ")}; for the others set \`text\` and \`index\`.

## Rights

Every query is sent so that the server refuses to write: \`GRAPH.RO_QUERY\` to FalkorDB, a session in read access mode to Neo4j. A user that may
not write is still better.

**FalkorDB.** Tests read with a user that has exactly these rights:

\`\`\`
ACL SETUSER vitals on >PASSWORD ${READ_ONLY_RULES}
\`\`\`

**Neo4j.** The Community edition has no roles: every user may write, and the access mode of the session is what prevents it. In the Enterprise
edition, which was not tested, a role needs to read the graph, to see indexes and transactions, and to run \`db.stats.retrieve\`, which
Neo4j counts among the procedures for administrators:

\`\`\`
CREATE ROLE vitals;
GRANT ACCESS ON DATABASE neo4j TO vitals;
GRANT MATCH {*} ON GRAPH neo4j TO vitals;
GRANT SHOW INDEX ON DATABASE neo4j TO vitals;
GRANT SHOW TRANSACTION (*) ON DATABASE neo4j TO vitals;
GRANT EXECUTE PROCEDURE * ON DBMS TO vitals;
GRANT EXECUTE BOOSTED PROCEDURE db.stats.retrieve ON DBMS TO vitals;
\`\`\`

## TLS

The URL turns it on: \`rediss://\`, \`bolt+s://\` or \`neo4j+s://\`. \`bolt+ssc://\` and \`neo4j+ssc://\` accept any certificate. For an authority of your
own, or a server that asks for a certificate of the client, use the plain scheme of Neo4j or either scheme of FalkorDB with \`tls\`:

\`\`\`yaml
file_format: "1.0"
collector:
  sources:
    memory:
      kind: neo4j
      url: bolt://memory.example:7687
      password_file: /run/secrets/neo4j
      tls: { ca: /etc/vitals/ca.pem, cert: /etc/vitals/client.pem, key: /etc/vitals/client.key }
  collections:
    facts: { source: memory, type: agent-memory, interval: 10s }
\`\`\`

The files are read at each connection, so renewed certificates are used. Relative paths start at the configuration's folder.

## What reading costs the server

\`vitals.store.queries\`, \`vitals.store.query.time\` and \`vitals.store.rows\` count queries, the time spent waiting for them and the rows they return, by
measure; the dashboard of the collector shows them. Every data point of a store carries \`db.system.name\`, \`db.namespace\` and
\`gen_ai.memory.store.id\`. No text, no name of an entity and no id of a user leaves the store: groups and duplicates are counted there.
`;

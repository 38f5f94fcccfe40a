import * as z from "zod";
import spoolFolder, { spoolMetrics as exampleMetrics } from "../../examples/custom-source/spool-folder.ts";
import {
  createCollector,
  defineSampleType,
  defineSource,
  gauge,
  initializeCollector,
  reading,
  type AnySourceKind,
  type CollectorConfig,
  type CollectorSettings,
  type SourceConfig,
} from "../../src/index.ts";

/** The sources of a configuration in code: what must compile, and what must not. `npm run check:types` checks it. */
const spoolMetrics = defineSampleType("spool", { waiting: gauge("spool.files", "{file}") });
const spool = defineSource({
  kind: "spool-folder",
  options: z.strictObject({ path: z.string(), depth: z.int().default(1) }),
  open: ({ path, depth }) => ({ path: path.trim(), depth: depth.toFixed() }),
  readings: [reading(spoolMetrics, () => ({ waiting: 0 }))],
});
/** A kind without options. */
const empty = defineSource({ kind: "empty", options: z.strictObject({}), open: () => 0, readings: [reading(spoolMetrics, () => ({}))] });

// Built-in kinds.
createCollector({
  sources: { here: { kind: "host" }, there: { kind: "host", proc: "/host/proc", breaker: { failures: 3, initial: "5s" } } },
});
createCollector({ sources: { agent: { kind: "mcp-memory", path: "memory.jsonl", budget: "1s" } } });
createCollector({ sources: { api: { kind: "http-json", url: "http://127.0.0.1/stats", readings: { "graph-service": {} } } } });
// @ts-expect-error -- no kind has this name
createCollector({ sources: { agent: { kind: "mcp-memroy", path: "memory.jsonl" } } });
// @ts-expect-error -- a source has a kind
createCollector({ sources: { agent: { path: "memory.jsonl" } } });
// @ts-expect-error -- mcp-memory requires a path
createCollector({ sources: { agent: { kind: "mcp-memory" } } });
// @ts-expect-error -- mcp-memory has no option of this name
createCollector({ sources: { agent: { kind: "mcp-memory", path: "memory.jsonl", maxBytes: 1 } } });
// @ts-expect-error -- an option of another kind
createCollector({ sources: { here: { kind: "host", path: "memory.jsonl" } } });
// @ts-expect-error -- max_bytes is a number
createCollector({ sources: { agent: { kind: "mcp-memory", path: "memory.jsonl", max_bytes: "1 MiB" } } });
// @ts-expect-error -- a breaker has no option of this name
createCollector({ sources: { here: { kind: "host", breaker: { failure: 3 } } } });

// User-defined kinds are as typed as the built-in ones.
createCollector({ sources: { in: { kind: "spool-folder", path: "in" }, here: { kind: "host" } } }, { sourceKinds: [spool] });
createCollector({ sources: { in: { kind: "spool-folder", path: "in" }, no: { kind: "empty" } } }, { sourceKinds: [spool, empty] });
initializeCollector({ sources: { in: { kind: "spool-folder", path: "in", depth: 2 } } }, { sourceKinds: [spool] });
// @ts-expect-error -- the kind is not among sourceKinds
createCollector({ sources: { in: { kind: "spool-folder", path: "in" } } });
// @ts-expect-error -- the kind is not among sourceKinds
createCollector({ sources: { in: { kind: "spool-folder", path: "in" } } }, { sourceKinds: [empty] });
// @ts-expect-error -- depth is a number
createCollector({ sources: { in: { kind: "spool-folder", path: "in", depth: "2" } } }, { sourceKinds: [spool] });
// @ts-expect-error -- the kind requires a path
initializeCollector({ sources: { in: { kind: "spool-folder" } } }, { sourceKinds: [spool] });
// @ts-expect-error -- the kind has no options
createCollector({ sources: { no: { kind: "empty", path: "in" } } }, { sourceKinds: [empty] });

// A configuration in a variable names its user-defined kinds.
const config: CollectorConfig<typeof spool> = { sources: { in: { kind: "spool-folder", path: "in" } } };
createCollector(config, { sourceKinds: [spool] });
const source: SourceConfig = { kind: "host" };
const custom: SourceConfig<typeof spool> = { kind: "spool-folder", path: "in" };
createCollector({ sources: { here: source, in: custom } }, { sourceKinds: [spool] });
// @ts-expect-error -- without its type argument only the built-in kinds are known
export const unnamed: CollectorConfig = { sources: { in: { kind: "spool-folder", path: "in" } } };

// Kinds that are only known at run time, as when they were loaded from a file.
declare const loaded: readonly AnySourceKind[];
const parsed: CollectorConfig<AnySourceKind> = { sources: { in: { kind: loaded[0]?.kind ?? "host", path: "in" } } };
createCollector(parsed, { sourceKinds: loaded });
const settings: CollectorSettings = { sourceKinds: [spool] };
createCollector(parsed, settings);

// As docs/how-to/write-a-source.md shows it.
const collector = createCollector(
  {
    sources: { outbox: { kind: "spool-folder", path: "/var/spool/outbox" } },
    collections: { spool: { source: "outbox", interval: "5s" } },
  },
  { sourceKinds: [spoolFolder] },
);
export const waiting: number | undefined = collector.collection("spool", exampleMetrics).recent(1)[0]?.values?.waiting;

import { isVitalsError, VitalsError } from "../../base/errors.ts";
import { counted, duration } from "../../base/quantity.ts";
import { agentMemory } from "../../sample/types/agent-memory.ts";
import { graphMetrics } from "../../sample/types/graph.ts";
import { graphService } from "../../sample/types/graph-service.ts";
import type { Dialect, Store } from "../../store/store.ts";
import { reasonAgainst } from "./absence.ts";
import type { GraphState } from "./graphs.ts";
import type { Measure } from "./layout.ts";
import { PROBE_FIELDS, PROBE_TYPE } from "./probe.ts";
import { serviceFields } from "./service.ts";
import { SIZE_FIELD } from "./scan.ts";
import { TOPOLOGY_FIELDS } from "./topology.ts";

/** What decides what is measured of a graph. */
export interface DescribeSettings {
  /** Measures of the configuration itself. */
  readonly custom: readonly Measure[];
  readonly scanIntervalMs: number;
  /** Absent: no retrieval is made. */
  readonly probe: { readonly intervalMs: number } | undefined;
}

/** Names, of graphs or labels, that a line contains. */
const SHOWN_NAMES = 8;

/** Graphs that differ in their layout or in what they lack have a block each, up to this number. */
const SHOWN_BLOCKS = 6;

/** What was found at a store, and what can be measured there, in lines for a person: the server first, then its graphs. */
export function describeStore({ engine, dialect }: Store, graphs: readonly GraphState[], settings: DescribeSettings): readonly string[] {
  return [
    `${engine.name} ${engine.version}`,
    ...describeGraphs(graphs, dialect, settings),
    `${graphService.name}, at each reading: ${serviceFields(dialect).join(", ")}`,
  ];
}

/** An error for a person who may have mistyped the name of a graph: if no graph was found, it names those that the server has. */
export async function withPresentGraphs(thrown: unknown, store: Store, signal: AbortSignal): Promise<unknown> {
  if (!isVitalsError(thrown) || thrown.code !== "source_waiting") return thrown;
  const { name, version } = store.engine;
  // A user may be allowed to read a graph and not to list all.
  const present = await store.graphs(signal).catch(() => undefined);
  const found =
    present === undefined ? "" : `; the server has ${present.length === 0 ? "no graphs" : `the graphs ${namesOf(present.toSorted())}`}`;
  return new VitalsError("source_waiting", `${name} ${version}: ${thrown.message}${found}`, { cause: thrown });
}

/** What can be measured of graphs. Those that have the same layout and lack the same things share a block. */
export function describeGraphs(graphs: readonly GraphState[], dialect: Dialect, settings: DescribeSettings): readonly string[] {
  const blocks = new Map<string, { readonly graphs: GraphState[]; readonly lines: readonly string[] }>();
  for (const found of graphs) {
    const lines = linesOf(found, dialect, settings);
    const key = [found.layout.name, ...lines].join("\n");
    const block = blocks.get(key);
    if (block) block.graphs.push(found);
    else blocks.set(key, { graphs: [found], lines });
  }
  const shown = [...blocks.values()].slice(0, SHOWN_BLOCKS);
  const rest = graphs.length - shown.reduce((sum, block) => sum + block.graphs.length, 0);
  return [
    ...shown.flatMap((block) => [headOf(block.graphs), ...block.lines.map((line) => `  ${line}`)]),
    ...(rest === 0 ? [] : [`and ${counted(rest, "more graph")}`]),
  ];
}

function headOf(graphs: readonly GraphState[]): string {
  const names = namesOf(graphs.map(({ graph }) => graph));
  const sumOf = (count: "nodes" | "edges"): number => graphs.reduce((sum, { catalog }) => sum + catalog[count], 0);
  const layout = graphs[0]?.layout;
  return `${graphs.length === 1 ? "graph" : "graphs"} ${names}: layout ${layout?.name} (${layout?.title}), ${counted(sumOf("nodes"), "node")}, ${counted(sumOf("edges"), "edge")}`;
}

/** Names with a comma between them; the first of many, and the number of the others. */
function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).join(", ");
  return names.length <= SHOWN_NAMES ? shown : `${shown} and ${names.length - SHOWN_NAMES} more`;
}

function linesOf({ catalog, layout }: GraphState, dialect: Dialect, settings: DescribeSettings): readonly string[] {
  const { custom, probe, scanIntervalMs } = settings;
  const measures = [...layout.measures, ...custom];
  const types = [...new Set([agentMemory.name, graphMetrics.name, ...custom.map(({ type }) => type)])];
  const [possible, fieldsByReason] = [[] as Measure[], new Map<string, string[]>()];
  for (const measure of measures) {
    const reason = reasonAgainst(measure, catalog, dialect);
    if (reason === undefined) possible.push(measure);
    else fieldsByReason.set(reason, [...(fieldsByReason.get(reason) ?? []), ...measure.fields]);
  }
  const unknown = types.filter((type) => !measures.some((measure) => measure.type === type));
  return [
    ...types.flatMap((type) => {
      const cheap = fieldsOf(possible, type, "cheap");
      const scanned = [
        ...fieldsOf(possible, type, "scan"),
        ...(type === graphMetrics.name ? [...TOPOLOGY_FIELDS, ...(dialect === "falkordb" ? [SIZE_FIELD] : [])] : []),
      ];
      return [
        ...(cheap.length === 0 ? [] : [`${type}, at each reading: ${cheap.join(", ")}`]),
        ...(scanned.length === 0 ? [] : [`${type}, every ${duration(scanIntervalMs)}: ${scanned.join(", ")}`]),
      ];
    }),
    ...(probe ? [`${PROBE_TYPE}, every ${duration(probe.intervalMs)}: ${PROBE_FIELDS.join(", ")}`] : []),
    ...[...fieldsByReason].map(([reason, fields]) => `not measured: ${fields.join(", ")} (${reason})`),
    ...unknown.map((type) => `not measured: ${type} (the layout ${layout.name} has none of its fields; set layout, or add queries)`),
    ...(probe ? [] : [`not measured: ${PROBE_FIELDS.join(", ")} (set probe to make a retrieval)`]),
    ...(unknown.length + fieldsByReason.size === 0 ? [] : [`labels in the graph: ${namesOf([...catalog.labels.keys()]) || "none"}`]),
  ];
}

const fieldsOf = (measures: readonly Measure[], type: string, cost: Measure["cost"]): readonly string[] => [
  ...new Set(measures.filter((measure) => measure.type === type && measure.cost === cost).flatMap(({ fields }) => fields)),
];

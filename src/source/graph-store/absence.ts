import { agentMemory } from "../../sample/types/agent-memory.ts";
import { graphMetrics } from "../../sample/types/graph.ts";
import { graphService } from "../../sample/types/graph-service.ts";
import type { SampleType } from "../../sample/sample-type.ts";
import type { Dialect, Store } from "../../store/store.ts";
import type { Unmeasured } from "../unmeasured.ts";
import type { Catalog } from "./catalog.ts";
import { CHANGE_FIELDS, MEMORY_TYPE } from "./changes.ts";
import type { GraphState } from "./graphs.ts";
import { lacking, type Measure } from "./layout.ts";
import { PROBE_FIELDS, PROBE_TYPE } from "./probe.ts";
import { SIZE_FIELD } from "./scan.ts";
import { serviceFields } from "./service.ts";
import { TOPOLOGY_FIELDS, TOPOLOGY_TYPE } from "./topology.ts";

/** Why a graph does not have a measure; undefined if it has. */
export function reasonAgainst({ needs, count, query }: Measure, catalog: Catalog, dialect: Dialect): string | undefined {
  const missing = lacking(catalog, needs);
  if (missing.length > 0) return `the graph has no ${missing.join(" and no ")}`;
  return count === undefined && query?.[dialect] === undefined ? `there is no query for ${dialect}` : undefined;
}

/** What else decides what is measured of a graph. */
interface AbsenceSettings {
  /** Measures of the configuration itself. */
  readonly custom: readonly Measure[];
  /** Absent: no retrieval is made. */
  readonly probe: object | undefined;
  /** Whether the scan of a sample type is in progress. */
  readonly isScanning: (type: string) => boolean;
}

/** The fields of a store that are not measured, and why. */
export function absencesIn({ dialect, engine }: Store, graphs: readonly GraphState[], settings: AbsenceSettings): readonly Unmeasured[] {
  return [...graphs.flatMap((graph) => absencesOfGraph(graph, dialect, settings)), ...absencesOfService(dialect, engine.name)];
}

/** The fields of a graph that are not measured, and why. */
function absencesOfGraph({ graph, catalog, layout }: GraphState, dialect: Dialect, settings: AbsenceSettings): readonly Unmeasured[] {
  const measures = [...layout.measures, ...settings.custom];
  const absent = (type: SampleType): readonly Unmeasured[] =>
    Object.keys(type.fields).flatMap((field) => {
      if (isMeasuredOtherwise(type, field, dialect, settings)) return scanOf(type.name, [field], settings);
      const own = measures.filter((measure) => measure.type === type.name && measure.fields.includes(sourceOf(type, field)));
      if (own.length === 0) return [{ type: type.name, field, reason: `the layout ${layout.name} (${layout.title}) does not record it` }];
      const reasons = own.map((measure) => reasonAgainst(measure, catalog, dialect));
      const first = reasons.includes(undefined) ? undefined : reasons[0];
      if (first !== undefined) return [{ type: type.name, field, reason: first }];
      return own.some(({ cost }) => cost === "scan") ? scanOf(type.name, [field], settings) : [];
    });
  return [...absent(agentMemory), ...absent(graphMetrics)].map((each) => ({ ...each, part: graph }));
}

/** The fields that a server does not report about itself. */
function absencesOfService(dialect: Dialect, engine: string): readonly Unmeasured[] {
  const measured: readonly string[] = serviceFields(dialect);
  const fields = Object.keys(graphService.fields).filter((field) => !measured.includes(field));
  return fields.map((field) => ({ type: graphService.name, field, reason: `${engine} does not report it` }));
}

/** Fields of a scan that is in progress. */
const scanOf = (type: string, fields: readonly string[], { isScanning }: AbsenceSettings): readonly Unmeasured[] =>
  isScanning(type) ? fields.map((field) => ({ type, field, reason: "the scan that measures it has not ended" })) : [];

/** Whether a field is measured although no measure of a layout fills it. */
function isMeasuredOtherwise({ name }: SampleType, field: string, dialect: Dialect, { probe }: AbsenceSettings): boolean {
  const probed: readonly string[] = PROBE_FIELDS;
  if (name === PROBE_TYPE && probed.includes(field)) return probe !== undefined;
  const topology: readonly string[] = [...TOPOLOGY_FIELDS, ...(dialect === "falkordb" ? [SIZE_FIELD] : [])];
  return name === TOPOLOGY_TYPE && topology.includes(field);
}

/** The field that a field follows from: itself, except for changes since earlier readings. */
const sourceOf = ({ name }: SampleType, field: string): string => (name === MEMORY_TYPE ? (CHANGE_FIELDS[field] ?? field) : field);

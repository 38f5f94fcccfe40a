import type { AnyValues } from "../../sample/sample-type.ts";
import type { Cell, Dialect } from "../../store/store.ts";
import type { Catalog } from "./catalog.ts";

/**
 * What the contents of a graph mean: whose memory it is. A layout is data. It consists of measures, each of which fills fields of one sample
 * type; docs/how-to/add-a-layout.md describes how to add one.
 */
export interface Layout {
  /** As in the option `layout`. */
  readonly name: string;
  /** Whose it is, for people. */
  readonly title: string;
  /** Labels and types of edges by which it is recognised: all of them are there. Empty: it is never recognised. */
  readonly marks: Needs;
  readonly measures: readonly Measure[];
  /** How an agent retrieves. Default: not known. */
  readonly probe?: {
    /** The full-text index that it searches; in FalkorDB its label. */
    readonly index?: Readonly<Partial<Record<Dialect, string>>>;
    /** A query for the nearest neighbours of a stored embedding, which returns their number. */
    readonly vector?: Readonly<Partial<Record<Dialect, string>>>;
  };
}

/** What has to be in a graph. What it needs and the graph lacks makes a measure absent, not zero. */
export interface Needs {
  readonly labels?: readonly string[];
  readonly types?: readonly string[];
}

/** One thing that is measured with one query, or without one. */
export interface Measure {
  /** Also a value of the attribute `vitals.store.measure`. */
  readonly name: string;
  /** Name of the sample type. */
  readonly type: string;
  /** The fields that it fills. */
  readonly fields: readonly string[];
  /** `cheap`: at each reading. `scan`: the server visits many nodes or edges, so at most once every `scan_interval`. */
  readonly cost: "cheap" | "scan";
  readonly needs?: Needs;
  /** From the catalog alone, without a query of its own. */
  readonly count?: (catalog: Catalog) => AnyValues;
  /**
   * By dialect. The columns of the result are named as the fields, or `field/value` for one value of a field's axis. If the field has open
   * axes, each row has one column for each, then the field.
   */
  readonly query?: Readonly<Partial<Record<Dialect, string>>>;
  /** The field that the last column is, whatever its name. Default: columns are named as above. */
  readonly only?: string;
  /** Values of the parameters of the query. */
  readonly parameters?: (context: MeasureContext) => Readonly<Record<string, string | number>>;
  /**
   * The result in this column is the parameter `since` of the next query, so that the server only looks at what is new; at first, and after an
   * empty result, `since` is an empty text.
   */
  readonly remembers?: string;
  /** Replaces the reading of the columns, for what no query can compute. */
  readonly read?: (rows: readonly Row[], context: MeasureContext) => AnyValues;
}

/** A row of a result, by column. */
export type Row = Readonly<Record<string, Cell>>;

/** What a measure may use beside its result. */
export interface MeasureContext {
  /** Unix time in milliseconds. */
  readonly nowMs: number;
  readonly catalog: Catalog;
  /** Number of dimensions of the embeddings, as configured. */
  readonly embeddingDimension: number | undefined;
}

/** Whether a catalog has all that is needed. */
export const has = ({ labels, types }: Catalog, needs: Needs = {}): boolean =>
  (needs.labels ?? []).every((label) => labels.has(label)) && (needs.types ?? []).every((type) => types.has(type));

/** What of the needs a catalog lacks, in words. */
export function lacking({ labels, types }: Catalog, needs: Needs = {}): readonly string[] {
  return [
    ...(needs.labels ?? []).filter((label) => !labels.has(label)).map((label) => `label ${label}`),
    ...(needs.types ?? []).filter((type) => !types.has(type)).map((type) => `relation type ${type}`),
  ];
}

/** The name of what is in no group of a partition. */
export const OTHERS = "other";

/**
 * The nodes by group, each a label of which no node has two. Labels that overlap after all are no groups: the nodes are one.
 *
 * @param groups labels; default: all
 */
export function partition({ nodes, labels }: Catalog, groups: readonly string[] = [...labels.keys()]): Record<string, number> {
  const parts = new Map(groups.flatMap((label) => (labels.has(label) ? [[label, labels.get(label) ?? 0]] : [])));
  const rest = nodes - [...parts.values()].reduce((sum, count) => sum + count, 0);
  if (rest < 0) return { [OTHERS]: nodes };
  // A label may have the same name.
  if (rest > 0) parts.set(OTHERS, (parts.get(OTHERS) ?? 0) + rest);
  return Object.fromEntries(parts);
}

/** Seconds from a moment until now; a moment in the future counts as now, because clocks differ. */
export function ageOf(moment: Cell | undefined, nowMs: number): number | undefined {
  const ms = momentOf(moment);
  return ms === undefined ? undefined : Math.max(0, nowMs - ms) / 1_000;
}

/** A moment as Unix milliseconds: a number, or text in ISO 8601. Text without a zone is UTC. */
export function momentOf(cell: Cell | undefined): number | undefined {
  if (typeof cell === "number") return cell;
  if (typeof cell !== "string") return undefined;
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(cell) ? cell : `${cell}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Values without what was not measured. */
export function defined(values: Readonly<Record<string, number | undefined>>): AnyValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as AnyValues;
}

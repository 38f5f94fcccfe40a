import type { CollectionReport } from "../client/api.ts";
import { rowsIn, type Range } from "../client/columns.ts";
import type { Point, Row } from "../client/series.ts";

/** A number of the map, and how it changed since the first measurement in the range. */
export interface MapCount {
  readonly count: number;
  readonly change: number;
}

/** A type of entities. */
export interface MapType extends MapCount {
  readonly name: string;
  /** How many types it stands for; 1 unless the smallest are folded. */
  readonly types: number;
}

/** The edges of one type from entities of one type to those of one type. */
export interface MapRelation extends MapCount {
  readonly from: string;
  readonly type: string;
  readonly to: string;
}

/** All edges from one drawn type to another, with the relations that they are of, the most frequent first. */
export interface MapLink extends MapCount {
  readonly from: string;
  readonly to: string;
  readonly relations: readonly MapRelation[];
}

/** What a graph contains by type. */
export interface MemoryMap {
  /** The largest first; of many the smallest are folded into one, which is last. */
  readonly types: readonly MapType[];
  /** Whether the source counts entities by type; otherwise the count of a type is that of the edges that touch it. */
  readonly countsEntities: boolean;
  readonly links: readonly MapLink[];
  /** Every combination of types, the most frequent first. */
  readonly relations: readonly MapRelation[];
  readonly nodes: MapCount | undefined;
  readonly edges: MapCount | undefined;
  readonly orphans: MapCount | undefined;
  readonly unreferenced: MapCount | undefined;
  /** Times of the measurement that is shown, and of the one that it is compared with. */
  readonly atMs: number;
  readonly sinceMs: number;
}

/** Whether the sample type of a collection can have a map. */
export const hasMap = ({ fields }: Pick<CollectionReport, "fields">): boolean => fields["relations"]?.by.length === 3;

/** Why a collection has no map. A reason that holds for some of its parts is given for these alone. */
export function absenceOf({ name, unmeasured = [] }: Pick<CollectionReport, "name" | "unmeasured">, hasSamples: boolean): string {
  if (!hasSamples) return `No map yet: no sample of ${name} has arrived.`;
  const known = unmeasured.filter(({ fields }) => fields.includes("relations"));
  const ofAll = known.find(({ parts }) => !parts);
  if (ofAll) return `No map: ${name} does not measure relations between types, because ${ofAll.reason}.`;
  const ofParts = known.map(({ parts = [], reason }) => ` Not measured in ${parts.join(", ")}: ${reason}.`);
  return `No map: no sample of ${name} in this range measured relations between types.${ofParts.join("")}`;
}

/** What the collector calls the rest of a breakdown that it limits. */
const OTHER = "_OTHER";

/**
 * The map of a graph at the end of a range.
 *
 * @param maxTypes how many types are drawn, the folded rest included
 * @returns undefined if no sample in the range measured relations
 */
export function memoryMap(points: readonly Point[], rows: readonly Row[], range: Range, maxTypes: number): MemoryMap | undefined {
  const columns = columnsOf(points);
  const [relationColumns, edgeColumns] = [columns("relations"), columns("edgeCount")];
  // A sample of a graph without an edge has no relation to measure.
  const isWithoutEdges = (values: Row["values"]): boolean =>
    isMeasured(values, edgeColumns) && edgeColumns.every((column) => !((values[column] ?? 0) > 0));
  const isOfMap = (values: Row["values"]): boolean =>
    isMeasured(values, relationColumns) || (relationColumns.length > 0 && isWithoutEdges(values));
  const measured = rowsIn(rows, range).filter(({ timeMs, values }) => timeMs >= range.fromMs && isOfMap(values));
  const [first, last] = [measured[0], measured.at(-1)];
  if (!first || !last) return undefined;
  const counted = (column: number): MapCount => {
    const count = last.values[column] || 0;
    return { count, change: count - (first.values[column] || 0) };
  };
  const fieldOf = (key: string): MapCount | undefined =>
    isMeasured(last.values, columns(key)) && isMeasured(first.values, columns(key)) ? sumOf(columns(key).map(counted)) : undefined;
  const relations = columns("relations")
    .map((column): MapRelation => {
      const [from = "", type = "", to = ""] = points[column]?.path.map(nameOf) ?? [];
      return { from, type, to, ...counted(column) };
    })
    .filter(exists)
    .sort(bySize);
  const named = columns("nodes").map((column): MapType => ({ name: nameOf(points[column]?.path[0] ?? ""), types: 1, ...counted(column) }));
  const types = folded(withEnds(named.filter(exists), relations).toSorted(bySize), maxTypes);
  return {
    types,
    countsEntities: named.length > 0,
    links: linksOf(types, relations),
    relations,
    nodes: fieldOf("nodeCount") ?? fieldOf("nodes"),
    edges: fieldOf("edgeCount") ?? fieldOf("edges"),
    orphans: fieldOf("orphanNodes"),
    unreferenced: fieldOf("unreferencedNodes"),
    atMs: last.timeMs,
    sinceMs: first.timeMs,
  };
}

/** The columns of a field. */
export function columnsOf(points: readonly Point[]): (field: string) => readonly number[] {
  return (field) => [...points.keys()].filter((column) => points[column]?.field === field);
}

/** Whether a row measured any of these columns: a type without entities is absent from a breakdown that was measured. */
export const isMeasured = (values: readonly number[], columns: readonly number[]): boolean =>
  columns.some((column) => !Number.isNaN(values[column] ?? Number.NaN));

const nameOf = (value: string): string => (value === OTHER ? "other" : value);
const exists = ({ count, change }: MapCount): boolean => count > 0 || change !== 0;
const sumOf = (counts: readonly MapCount[]): MapCount => ({
  count: counts.reduce((sum, { count }) => sum + count, 0),
  change: counts.reduce((sum, { change }) => sum + change, 0),
});

interface Named extends MapCount {
  readonly name?: string;
  readonly from?: string;
  readonly type?: string;
  readonly to?: string;
}

/** The largest first; equal ones by name, so that the order does not depend on the order of measurement. */
const bySize = (a: Named, b: Named): number => b.count - a.count || keyOf(a).localeCompare(keyOf(b), "en");
const keyOf = ({ name, from, type, to }: Named): string => name ?? `${from} ${type} ${to}`;

/**
 * Adds the types that only relations name, which have no count of their own: of a source that counts no entities by type, the edges that
 * touch them stand for it.
 */
function withEnds(types: readonly MapType[], relations: readonly MapRelation[]): readonly MapType[] {
  const known = new Set(types.map(({ name }) => name));
  const ends = [...new Set(relations.flatMap(({ from, to }) => [from, to]))].filter((name) => !known.has(name));
  const touching = (name: string): MapCount => sumOf(relations.filter(({ from, to }) => from === name || to === name));
  const none: MapCount = { count: 0, change: 0 };
  return [...types, ...ends.map((name) => ({ name, types: 1, ...(known.size > 0 ? none : touching(name)) }))];
}

function folded(types: readonly MapType[], maxTypes: number): readonly MapType[] {
  if (types.length <= maxTypes) return types;
  const rest = types.slice(maxTypes - 1);
  return [...types.slice(0, maxTypes - 1), { name: `${rest.length} others`, types: rest.length, ...sumOf(rest) }];
}

function linksOf(types: readonly MapType[], relations: readonly MapRelation[]): readonly MapLink[] {
  const drawn = new Set(types.map(({ name }) => name));
  const rest = types.at(-1)?.name ?? "";
  const drawnAs = (name: string): string => (drawn.has(name) ? name : rest);
  const byEnds = new Map<string, MapRelation[]>();
  for (const relation of relations) {
    const key = JSON.stringify([drawnAs(relation.from), drawnAs(relation.to)]);
    byEnds.set(key, [...(byEnds.get(key) ?? []), relation]);
  }
  return [...byEnds].map(([key, all]) => {
    const [from = "", to = ""] = JSON.parse(key) as readonly string[];
    return { from, to, relations: all, ...sumOf(all) };
  });
}

import { OTHER } from "./field.ts";
import { typeName } from "./type-name.ts";

/** How many edges of one type lead from nodes of one type to nodes of one type. */
export interface Relation {
  readonly from: string;
  readonly type: string;
  readonly to: string;
  readonly count: number;
}

/** By the type of the node where the edges start, their own type, and the type of the node where they end. */
export type RelationBreakdown = Record<string, Record<string, Record<string, number>>>;

/** Combinations of types that have a count of their own. */
const MAX_RELATIONS_MEASURED = 50;

/**
 * The value of the field `relations` of a graph: the 50 most frequent combinations (of equally frequent ones the first), and the edges of all
 * others added up as `_OTHER` in all three places.
 *
 * @param relations in any order, each combination once; those with `_OTHER` in all three places are added to the others
 */
export function relationBreakdown(relations: readonly Relation[]): RelationBreakdown {
  const breakdown = record<Record<string, Record<string, number>>>();
  const isRest = ({ from, type, to }: Relation): boolean => from === OTHER && type === OTHER && to === OTHER;
  const named = relations.filter((relation) => relation.count > 0 && !isRest(relation)).toSorted((a, b) => b.count - a.count);
  for (const relation of named.slice(0, MAX_RELATIONS_MEASURED)) add(breakdown, relation);
  const rest = [...named.slice(MAX_RELATIONS_MEASURED), ...relations.filter(isRest)].reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) add(breakdown, { from: OTHER, type: OTHER, to: OTHER, count: rest });
  return breakdown;
}

function add(breakdown: RelationBreakdown, { from, type, to, count }: Relation): void {
  const ends = ((breakdown[typeName(from)] ??= record())[typeName(type)] ??= record());
  ends[typeName(to)] = (ends[typeName(to)] ?? 0) + count;
}

/** Names such as `constructor` are types like any other. */
const record = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;

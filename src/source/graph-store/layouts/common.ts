import { OTHER } from "../../../sample/field.ts";
import { relationBreakdown } from "../../../sample/relations.ts";
import type { AnyValues } from "../../../sample/sample-type.ts";
import type { Cell } from "../../../store/store.ts";
import { momentOf, OTHERS, type Measure } from "../layout.ts";
import { SLOT_MS, silenceOf } from "../silence.ts";

/** Measures of any graph. */
export const nodeCount: Measure = {
  name: "node_count",
  type: "graph",
  fields: ["nodeCount"],
  cost: "cheap",
  count: ({ nodes }) => ({ nodeCount: nodes }),
};

export const edges: Measure = {
  name: "edges",
  type: "graph",
  fields: ["edgeCount", "edges"],
  cost: "cheap",
  count: ({ edges: edgeCount, types }) => ({ edgeCount, edges: Object.fromEntries(types) }),
};

/** Combinations of two types of nodes and the type of the edge between them that are read, the most frequent first. */
const COMBINATIONS = 200;

/** @param typeOf an expression for the type of a node */
export const relations = (typeOf: (node: string) => string): Measure => ({
  name: "relations",
  type: "graph",
  fields: ["relations"],
  cost: "scan",
  query: both(
    `MATCH (a)-[r]->(b) WITH ${typeOf("a")} AS source, type(r) AS relation, ${typeOf("b")} AS target, count(*) AS relations
      RETURN source, relation, target, relations ORDER BY relations DESC, source, relation, target LIMIT ${COMBINATIONS}`,
  ),
  read: (rows, { catalog }) => {
    const named = rows.map(({ source, relation, target, relations: count }) => ({
      from: nameOf(source),
      type: nameOf(relation),
      to: nameOf(target),
      count: Number(count),
    }));
    const rest = catalog.edges - named.reduce((sum, { count }) => sum + count, 0);
    return { relations: relationBreakdown([...named, { from: OTHER, type: OTHER, to: OTHER, count: Math.max(0, rest) }]) };
  },
});

const nameOf = (cell: Cell | undefined): string => (typeof cell === "string" ? cell : OTHERS);

/** The end of a query that has counted statements: how many are different, how many are stored, and how often the commonest is. */
export const STATEMENT_SHARES = `RETURN CASE WHEN stored = 0 THEN null ELSE toFloat(different) / stored END AS memoryEfficiency,
  CASE WHEN stored = 0 THEN null ELSE toFloat(most) / stored END AS commonestShare`;

/** An expression for the first of some labels that a node has. */
export const firstOf = (node: string, labels: readonly string[]): string =>
  `CASE ${labels.map((label) => `WHEN '${label}' IN labels(${node}) THEN '${label}'`).join(" ")} ELSE '${OTHERS}' END`;

/** The same text for every engine. */
export function both(text: string): { readonly falkordb: string; readonly neo4j: string; readonly memgraph: string } {
  return { falkordb: text, neo4j: text, memgraph: text };
}

/**
 * How the pause since the newest write compares with those before it.
 *
 * @param slots those that had a write: their number since the Unix epoch, or the start of the time as text, to the tens of minutes
 */
export function silenceIn(slots: Cell | undefined, newest: Cell | undefined, nowMs: number): AnyValues {
  const newestMs = momentOf(newest);
  if (newestMs === undefined || !Array.isArray(slots)) return {};
  const numbers = slots.flatMap((slot) =>
    typeof slot === "string" ? (momentOf(`${slot}0Z`) ?? []) : typeof slot === "number" ? slot * SLOT_MS : [],
  );
  const { usualMs, ratio } = silenceOf(
    numbers.map((ms) => Math.floor(ms / SLOT_MS)),
    newestMs,
    nowMs,
  );
  return { usualGap: usualMs / 1_000, relativeMemoryAge: ratio };
}

import { expect } from "vitest";
import type { AnyValues, SampleType } from "../../../src/sample/sample-type.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { CHANGE_FIELDS } from "../../../src/source/graph-store/changes.ts";
import type { Layout } from "../../../src/source/graph-store/layout.ts";
import { TOPOLOGY_FIELDS } from "../../../src/source/graph-store/topology.ts";
import { numbersOf, type Numbers } from "../engines/counted.ts";

/** One thing that a writer does, and every number that has to move. */
export interface Step {
  readonly does: string;
  readonly write: () => Promise<unknown>;
  /** By how much each counted number moves. */
  readonly moves: Readonly<Record<string, number>>;
  /** Fields of which a number moves, appears or disappears, besides: it is compared with the independent count alone. */
  readonly also?: readonly string[];
}

/** Fields that a node moves because they are shares of all nodes. */
export const OF_NODES = ["orphanShare", "density", "averageCentrality"];

/** Reads values of a sample type as a collector does. */
export type Read = (type: SampleType) => Promise<AnyValues>;

/** Every field that a layout fills: those of its measures, and those of the topology that every layout has. */
export const fieldsOf = (layout: Layout): readonly string[] => [
  ...new Set([...layout.measures.flatMap(({ fields }) => fields), ...TOPOLOGY_FIELDS]),
];

/** Everything that is read of a graph. */
export async function measured(layout: Layout, read: Read): Promise<Numbers> {
  const types = [agentMemory, graphMetrics].filter(
    ({ name }) => name === graphMetrics.name || layout.measures.some(({ type }) => type === name),
  );
  const values: AnyValues[] = [];
  for (const type of types) values.push(await read(type));
  // What compares readings of one source over time has nothing to compare here: each of these is the first of its own.
  const found = Object.entries(Object.assign({}, ...values) as AnyValues).filter(
    ([field]) => !(field in CHANGE_FIELDS) || fieldsOf(layout).includes(field),
  );
  return numbersOf(Object.fromEntries(found));
}

/** What became different, by path: from what to what. */
function differences(before: Numbers, after: Numbers): ReadonlyMap<string, readonly [number | undefined, number | undefined]> {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return new Map(
    paths.flatMap((path) => (before.get(path) === after.get(path) ? [] : [[path, [before.get(path), after.get(path)] as const] as const])),
  );
}

const fieldOf = (path: string): string => path.split("/")[0] ?? path;

/**
 * Lets a writer do one step after the other. After each, every number equals the one that is counted independently, the counted numbers have
 * moved by exactly as much as the step says, and no field has moved that the step does not name. At the end every field of the layout has
 * moved at least once.
 *
 * @param counted the same numbers, by another path than the product's
 */
export async function followsEachStep(layout: Layout, read: Read, counted: () => Promise<Numbers>, steps: readonly Step[]): Promise<void> {
  let before = await measured(layout, read);
  expect(before, "before the first step").toEqual(await counted());
  const covered = new Set<string>();
  for (const { does, write, moves, also = [] } of steps) {
    await write();
    const after = await measured(layout, read);
    expect(after, `${does}: read and counted`).toEqual(await counted());
    const different = differences(before, after);
    const moved = [...different].filter(([path]) => !also.includes(fieldOf(path)));
    expect(Object.fromEntries(moved.map(([path, [from = 0, to = 0]]) => [path, Number((to - from).toFixed(3))])), does).toEqual(moves);
    expect([...new Set([...different.keys()].map(fieldOf))].filter((field) => also.includes(field)).toSorted(), does).toEqual(
      also.toSorted(),
    );
    for (const path of different.keys()) covered.add(fieldOf(path));
    before = after;
  }
  expect(fieldsOf(layout).filter((field) => !covered.has(field))).toEqual([]);
}

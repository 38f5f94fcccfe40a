import type { Dump, DumpedNode } from "./dump.ts";

/** Numbers by the path of keys that leads to them in the values of a sample. */
export type Numbers = ReadonlyMap<string, number>;

/** Values as {@link Numbers}. A count of zero for one part of a split value is left out: the part may as well not be there. */
export function numbersOf(values: Readonly<Record<string, unknown>>): Numbers {
  const found = new Map<string, number>();
  const walk = (path: readonly string[], value: unknown): void => {
    if (typeof value === "number" && (value !== 0 || path.length === 1 || path[0] === "exact"))
      found.set(path.join("/"), Number(value.toFixed(9)));
    else if (typeof value === "object" && value !== null) for (const [key, part] of Object.entries(value)) walk([...path, key], part);
  };
  walk([], values);
  return found;
}

/** Number of values by what a function returns for each. */
export function countBy<T>(values: readonly T[], keyOf: (value: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[keyOf(value)] = (counts[keyOf(value)] ?? 0) + 1;
  return counts;
}

/** The counts of a graph, from each of its nodes and relations. @param typeOf the type of a node */
export function countedGraph({ nodes, relations }: Dump, typeOf: (node: DumpedNode) => string): Record<string, unknown> {
  const types = new Map(nodes.map((node) => [node.id, typeOf(node)]));
  const combinations: Record<string, Record<string, Record<string, number>>> = {};
  for (const { type, from, to } of relations) {
    const [source, target] = [types.get(from) ?? "", types.get(to) ?? ""];
    const targets = ((combinations[source] ??= {})[type] ??= {});
    targets[target] = (targets[target] ?? 0) + 1;
  }
  return {
    nodeCount: nodes.length,
    nodes: countBy(nodes, typeOf),
    edgeCount: relations.length,
    edges: countBy(relations, ({ type }) => type),
    relations: combinations,
  };
}

/** The topology of a graph by the definitions of its measures, computed without regard to cost: for small graphs. */
export function countedTopology({ nodes, relations }: Dump): Record<string, unknown> {
  const neighbours = new Map<string, Set<string>>(nodes.map(({ id }) => [id, new Set()]));
  for (const { from, to } of relations) {
    if (from === to) continue;
    neighbours.get(from)?.add(to);
    neighbours.get(to)?.add(from);
  }
  const of = (id: string): ReadonlySet<string> => neighbours.get(id) ?? new Set();
  const ids = [...neighbours.keys()];
  const degrees = ids.map((id) => of(id).size);
  const edges = sum(degrees) / 2;
  const distances = new Map(ids.map((id) => [id, distancesFrom(id, of)]));
  const components = [...new Set(ids.map((id) => [...(distances.get(id)?.keys() ?? [])].toSorted().join(" ")))].map((key) =>
    key.split(" "),
  );
  const largest = components.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const clustering = ids.map((id) => {
    const near = [...of(id)];
    const links = near.flatMap((one, n) => near.slice(n + 1).filter((other) => of(one).has(other))).length;
    return near.length < 2 ? 0 : links / ((near.length * (near.length - 1)) / 2);
  });
  const closeness = ids.map(
    (id) => sum([...(distances.get(id)?.values() ?? [])].map((steps) => (steps === 0 ? 0 : 1 / steps))) / Math.max(1, ids.length - 1),
  );
  const orphans = degrees.filter((degree) => degree === 0).length;
  const modularity = sum(components.map((part) => bestModularity(part, of, edges)));
  const exact = ["connected_components", "largest_component_size", "density", "clustering_coefficient", "diameter", "average_centrality"];
  return {
    orphanNodes: orphans,
    orphanShare: orphans / ids.length,
    leafNodes: degrees.filter((degree) => degree === 1).length,
    maxDegree: Math.max(...degrees),
    connectedComponents: components.length,
    largestComponentSize: largest.length,
    diameter: Math.max(...largest.flatMap((id) => [...(distances.get(id)?.values() ?? [])])),
    density: ids.length < 2 ? 0 : edges / ((ids.length * (ids.length - 1)) / 2),
    clusteringCoefficient: sum(clustering) / ids.length,
    averageCentrality: sum(closeness) / ids.length,
    // Of a small graph everything is exact but the modularity, which is that of the best communities found.
    exact: { ...Object.fromEntries(exact.map((name) => [name, 1])), ...(edges === 0 ? {} : { modularity: 0 }) },
    ...(edges === 0 ? {} : { modularity }),
  };
}

/** How long nothing was written, for writes of less than a week: in parts of ten minutes, and at least a day is usual. */
export function countedSilence(momentsMs: readonly number[], nowMs: number): Record<string, number> {
  const [newest, oldest] = [Math.max(...momentsMs), Math.min(...momentsMs)];
  if (newest - oldest >= 604_800_000) throw new Error("habits of a week are not counted here");
  const parts = momentsMs.map((ms) => Math.floor(ms / 600_000)).toSorted((a, b) => a - b);
  const usual = Math.max(86_400, ...parts.slice(1).map((part, n) => (part - (parts[n] ?? part)) * 600));
  return { usualGap: usual, relativeMemoryAge: (nowMs - newest) / 1_000 / usual };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function distancesFrom(start: string, of: (id: string) => ReadonlySet<string>): ReadonlyMap<string, number> {
  const steps = new Map([[start, 0]]);
  for (const [id, distance] of steps) for (const next of of(id)) if (!steps.has(next)) steps.set(next, distance + 1);
  return steps;
}

/** The part of the modularity that one component contributes if it is divided best, found by trying every division. */
function bestModularity(part: readonly string[], of: (id: string) => ReadonlySet<string>, edges: number): number {
  const size = part.length;
  if (size > 14) throw new Error(`a component of ${size} nodes has too many divisions to try`);
  const masks = part.map((id) => sum([...of(id)].map((other) => 2 ** part.indexOf(other))));
  const members = (set: number): readonly number[] => part.flatMap((_, n) => ((set >> n) & 1 ? [n] : []));
  const ones = (set: number): number => members(set).length;
  const community = Array.from({ length: 2 ** size }, (_, set) => {
    const inside = members(set);
    const links = sum(inside.map((n) => ones((masks[n] ?? 0) & set))) / 2;
    return links / edges - (sum(inside.map((n) => ones(masks[n] ?? 0))) / (2 * edges)) ** 2;
  });
  const best = [0];
  for (let set = 1; set < 2 ** size; set += 1) {
    const lowest = set & -set;
    const rest = set ^ lowest;
    let found = Number.NEGATIVE_INFINITY;
    // Each community that contains the lowest node, with the best division of the others.
    for (let chosen = rest; ; chosen = (chosen - 1) & rest) {
      found = Math.max(found, (community[chosen | lowest] ?? 0) + (best[rest ^ chosen] ?? 0));
      if (chosen === 0) break;
    }
    best[set] = found;
  }
  return best.at(-1) ?? 0;
}

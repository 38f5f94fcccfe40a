import { isAlias, isCollection, isMap, isNode, isScalar, isSeq, type Document, type Node, type Pair, type YAMLMap } from "yaml";
import type { Path } from "../base/issues.ts";

/** The value inside a node, and where to point for it. */
export interface Found {
  /** Undefined where a key has no value. */
  readonly node: Node | undefined;
  /** Offset of the value where it is a scalar or an item, otherwise of its key. */
  readonly offset: number | undefined;
}

/** Whether a pair is a merge key, `<<`, without quotes. */
export const isMerge = ({ key }: Pair): boolean => isScalar(key) && typeof key.value === "symbol" && key.value.description === "<<";

/** The node that an alias stands for; any other node itself. */
export const resolved = (document: Document, node: unknown): Node | undefined => {
  const target = isAlias(node) ? node.resolve(document) : node;
  return isNode(target) ? target : undefined;
};

/** The maps that a merge key adds to its map; undefined for anything that is no map. */
export function mergedMaps(document: Document, { value }: Pair): readonly (YAMLMap | undefined)[] {
  const source = resolved(document, value);
  const list: readonly unknown[] = isSeq(source) ? source.items : [source];
  return list.map((each) => resolved(document, each)).map((each) => (isMap(each) ? each : undefined));
}

/** The pairs of a map by key, those that it merges included: its own first, then those of each merged map in turn. */
export function pairsOf(document: Document, map: YAMLMap): ReadonlyMap<string, Pair> {
  const pairs = new Map<string, Pair>();
  const add = (each: YAMLMap): void => {
    for (const pair of each.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      if (!isMerge(pair) && !pairs.has(key)) pairs.set(key, pair);
    }
    for (const pair of each.items) if (isMerge(pair)) for (const merged of mergedMaps(document, pair)) if (merged) add(merged);
  };
  add(map);
  return pairs;
}

/** The value at a path, and the offset of the last step that exists. */
export function find(document: Document, path: Path): Found {
  let node: Node | undefined = resolved(document, document.contents);
  let offset = node?.range?.[0];
  for (const step of path) {
    if (!isCollection(node)) return { node: undefined, offset };
    const isItem = isSeq(node);
    const pair = isMap(node) ? pairsOf(document, node).get(String(step)) : undefined;
    const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
    if (pair && isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
    if (!isNode(next)) return { node: undefined, offset };
    if (isScalar(next) || isItem) offset = next.range?.[0] ?? offset;
    node = resolved(document, next);
  }
  return { node, offset };
}

/** Every scalar that is a value, with its path: as often as aliases and merge keys repeat it. The document must have no cycles. */
export function* scalars(document: Document, node: unknown = document.contents, path: Path = []): Generator<readonly [Path, Node]> {
  const target = resolved(document, node);
  if (isScalar(target)) yield [path, target];
  else if (isSeq(target)) for (const [n, item] of target.items.entries()) yield* scalars(document, item, [...path, n]);
  else if (isMap(target)) for (const [key, { value }] of pairsOf(document, target)) yield* scalars(document, value, [...path, key]);
}

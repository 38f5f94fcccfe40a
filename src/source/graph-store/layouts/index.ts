import { has, type Layout, type Needs } from "../layout.ts";
import type { Catalog } from "../catalog.ts";
import { cognee } from "./cognee.ts";
import { generic } from "./generic.ts";
import { graphiti } from "./graphiti.ts";
import { neo4jMcp } from "./neo4j-mcp.ts";

/** Every layout. The first whose marks a graph has is recognised. */
export const LAYOUTS: readonly Layout[] = [graphiti, cognee, neo4jMcp, generic];

/**
 * The layout of a graph. Undefined for an empty graph, whose layout is not known yet.
 *
 * Neo4j keeps the names of labels and indexes after their last node, so what another program has left behind is not what the graph holds: a
 * layout whose labels all have nodes is preferred to one of which a label has none, as before the first fact or after the last.
 */
export function recognise(catalog: Catalog): Layout | undefined {
  if (catalog.labels.size === 0) return undefined;
  const fitting = LAYOUTS.filter(({ marks }) => has(catalog, marks));
  if (catalog.nodes === 0) return fitting[0];
  const used = ({ labels = [] }: Needs): readonly string[] => labels.filter((label) => (catalog.labels.get(label) ?? 0) > 0);
  const isFull = (layout: Layout): boolean => !isFallback(layout) && used(layout.marks).length === (layout.marks.labels ?? []).length;
  return fitting.find(isFull) ?? fitting.find((layout) => isFallback(layout) || used(layout.marks).length > 0);
}

/** Whether a layout is that of any graph, which none of the others fits. */
export const isFallback = ({ marks: { labels = [], types = [] } }: Layout): boolean => labels.length + types.length === 0;

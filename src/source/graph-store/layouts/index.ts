import { has, type Layout } from "../layout.ts";
import type { Catalog } from "../catalog.ts";
import { cognee } from "./cognee.ts";
import { generic } from "./generic.ts";
import { graphiti } from "./graphiti.ts";
import { neo4jMcp } from "./neo4j-mcp.ts";

/** Every layout. The first whose marks a graph has is recognised. */
export const LAYOUTS: readonly Layout[] = [graphiti, cognee, neo4jMcp, generic];

/** The layout of a graph. Undefined for an empty graph, whose layout is not known yet. */
export function recognise(catalog: Catalog): Layout | undefined {
  if (catalog.labels.size === 0) return undefined;
  return LAYOUTS.find(({ marks }) => has(catalog, marks));
}

/** Whether a layout is that of any graph, which none of the others fits. */
export const isFallback = ({ marks: { labels = [], types = [] } }: Layout): boolean => labels.length + types.length === 0;

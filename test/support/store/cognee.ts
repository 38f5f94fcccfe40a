/*
 * What the adapter of Cognee 1.6.5 stores, in statements of our own: it needs the APOC plug-in of Neo4j, and Cognee with all its dependencies.
 */

/** A node; times are milliseconds. */
export const cogneeNode = (label: string, id: string, updatedMs: number): string =>
  `MERGE (n:__Node__ {id: '${id}'}) SET n:${label}, n.type = '${label}', n.name = '${id}', n.created_at = ${updatedMs}, n.updated_at = ${updatedMs}`;

export const cogneeEdge = (from: string, type: string, to: string, updatedMs: number): string =>
  `MATCH (a:__Node__ {id: '${from}'}), (b:__Node__ {id: '${to}'})
   MERGE (a)-[r:${type} {source_node_id: '${from}', target_node_id: '${to}'}]->(b) SET r.updated_at = ${updatedMs}, r.relationship_name = '${type}'`;

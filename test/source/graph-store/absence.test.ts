import { describe, expect, it } from "vitest";
import { absencesIn } from "../../../src/source/graph-store/absence.ts";
import type { GraphState } from "../../../src/source/graph-store/graphs.ts";
import { graphiti } from "../../../src/source/graph-store/layouts/graphiti.ts";
import { neo4jMcp } from "../../../src/source/graph-store/layouts/neo4j-mcp.ts";
import type { Store } from "../../../src/store/store.ts";

const stateOf = (graph: string, layout: GraphState["layout"], labels: readonly string[], types: readonly string[]): GraphState => ({
  graph,
  layout,
  catalog: { nodes: 2, edges: 1, labels: new Map(labels.map((label) => [label, 1])), types: new Map(types.map((type) => [type, 1])) },
});
const server = (dialect: Store["dialect"]): Store => ({ dialect, engine: { name: "Neo4j", version: "5" } }) as unknown as Store;
const NOTHING = { custom: [], probe: undefined, isScanning: () => false };

/** Reasons by field. */
function reasonsOf(state: GraphState, dialect: Store["dialect"], settings: Parameters<typeof absencesIn>[2] = NOTHING) {
  const found = absencesIn(server(dialect), [state], settings);
  return Object.fromEntries(found.map(({ type, field, part, reason }) => [`${type}.${field}`, `${part ?? "server"}: ${reason}`]));
}

describe("absencesIn", () => {
  it("gives the reason for each field that a graph lacks, that a layout does not record and that a server does not report", () => {
    const reasons = reasonsOf(stateOf("main", graphiti, ["Episodic", "Entity"], ["MENTIONS"]), "neo4j");
    expect(reasons).toMatchObject({
      "agent-memory.invalidated": "main: the graph has no relation type RELATES_TO",
      // Follows from a field that is missing.
      "agent-memory.invalidatedRise": "main: the graph has no relation type RELATES_TO",
      "agent-memory.expired": "main: the layout graphiti (Graphiti) does not record it",
      "agent-memory.retrievals": "main: the layout graphiti (Graphiti) does not record it",
      "graph.storeSize": "main: the layout graphiti (Graphiti) does not record it",
      "graph-service.queryRate": "server: Neo4j does not report it",
    });
    for (const measured of ["agent-memory.memories", "agent-memory.embeddingCoverage", "graph.orphanNodes", "graph-service.offlineIndexes"])
      expect(Object.keys(reasons)).not.toContain(measured);
  });

  it("a layout without times has none", () => {
    const reasons = reasonsOf(stateOf("neo4j", neo4jMcp, ["Memory"], []), "neo4j");
    expect(reasons["agent-memory.oldestMemoryAge"]).toBe("neo4j: the layout neo4j-mcp (Neo4j's MCP memory) does not record it");
    expect(reasons).not.toHaveProperty("agent-memory.totalMemories");
  });

  it("what a scan measures is missing while the scan runs", () => {
    const scanning = { ...NOTHING, isScanning: (type: string) => type === "graph" };
    const reasons = reasonsOf(stateOf("main", graphiti, ["Episodic", "Entity"], ["MENTIONS", "RELATES_TO"]), "falkordb", scanning);
    const ofScan = "main: the scan that measures it has not ended";
    expect(reasons).toMatchObject({ "graph.orphanNodes": ofScan, "graph.unreferencedNodes": ofScan, "graph.storeSize": ofScan });
    expect(reasons).not.toHaveProperty("agent-memory.scopes");
    expect(reasons).not.toHaveProperty("graph.nodeCount");
  });
});

import { beforeAll, beforeEach, describe, it } from "vitest";
import { neo4j } from "../../../src/source/graph-store/kinds.ts";
import { cognee } from "../../../src/source/graph-store/layouts/cognee.ts";
import { generic } from "../../../src/source/graph-store/layouts/generic.ts";
import { neo4jMcp } from "../../../src/source/graph-store/layouts/neo4j-mcp.ts";
import { readOnce } from "../../../src/testing.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { countedGraph, countedSilence, countedTopology, numbersOf } from "../../support/engines/counted.ts";
import { graphReader, type Dump, type DumpedNode } from "../../support/engines/dump.ts";
import { startMcpNeo4jMemory } from "../../support/engines/mcp-neo4j-memory.ts";
import { startNeo4j, type Neo4j } from "../../support/engines/neo4j.ts";
import { needs } from "../../support/programs.ts";
import { cogneeEdge, cogneeNode } from "../../support/store/cognee.ts";
import { followsEachStep, OF_NODES, type Step } from "../../support/store/contract.ts";
import { countedServer, serverSteps, statements } from "../../support/store/memory-server-steps.ts";

const NOW_MS = Date.parse("2026-11-20T12:00:00.250Z");
const LONG_MS = 240_000;

/** The label beside one that every node has. */
const besides =
  (label: string) =>
  (node: DumpedNode): string =>
    node.labels.find((each) => each !== label) ?? "other";

function countedCognee(dump: Dump): Record<string, unknown> {
  const momentsIn = (key: string) =>
    dump.nodes.flatMap(({ properties: { [key]: moment } }) => (typeof moment === "number" ? [moment] : []));
  const [moments, created] = [momentsIn("updated_at"), momentsIn("created_at")];
  return {
    totalMemories: dump.relations.length,
    memories: { semantic: dump.relations.length },
    episodes: dump.nodes.filter(({ labels }) => labels.includes("DocumentChunk")).length,
    newestMemoryAge: (NOW_MS - Math.max(...moments)) / 1_000,
    oldestMemoryAge: (NOW_MS - Math.min(...created)) / 1_000,
    ...countedSilence(moments, NOW_MS),
  };
}

const shape = (moves: Readonly<Record<string, number>>): Step["moves"] => ({
  nodeCount: 1,
  orphanNodes: 1,
  connectedComponents: 1,
  ...moves,
});

const FIRST_EDGE = { orphanNodes: -2, leafNodes: 2, maxDegree: 1, connectedComponents: -1, largestComponentSize: 1, diameter: 1 };
const SECOND_EDGE = { orphanNodes: -1, maxDegree: 1, connectedComponents: -1, largestComponentSize: 1, diameter: 1 };
const TRIANGLE = { leafNodes: -2, diameter: -1 };

const cogneeSteps = ({ run }: Neo4j): readonly Step[] => [
  {
    does: "a chunk of a document, a minute newer",
    write: () => run(cogneeNode("DocumentChunk", "chunk 2", NOW_MS - 60_000)),
    moves: shape({ "nodes/DocumentChunk": 1, episodes: 1, newestMemoryAge: -60 }),
    also: ["relativeMemoryAge"],
  },
  {
    does: "an entity",
    write: () => run(cogneeNode("Entity", "Ada", NOW_MS - 60_000)),
    moves: shape({ "nodes/Entity": 1 }),
  },
  {
    does: "an edge",
    write: () => run(cogneeEdge("chunk 1", "contains", "Ada", NOW_MS)),
    moves: { ...statements(1), edgeCount: 1, "edges/contains": 1, "relations/DocumentChunk/contains/Entity": 1, ...FIRST_EDGE },
    also: [...OF_NODES, "modularity", "exact"],
  },
  {
    does: "an edge of another type",
    write: () => run(cogneeEdge("chunk 1", "next", "chunk 2", NOW_MS)),
    moves: { ...statements(1), edgeCount: 1, "edges/next": 1, "relations/DocumentChunk/next/DocumentChunk": 1, ...SECOND_EDGE },
    also: OF_NODES,
  },
  {
    does: "an edge that closes a triangle",
    write: () => run(cogneeEdge("chunk 2", "contains", "Ada", NOW_MS)),
    moves: { ...statements(1), edgeCount: 1, "edges/contains": 1, "relations/DocumentChunk/contains/Entity": 1, ...TRIANGLE },
    also: ["density", "averageCentrality", "clusteringCoefficient"],
  },
  {
    does: "an entity of three days ago",
    write: () => run(cogneeNode("Entity", "Charles", NOW_MS - 3 * 86_400_000)),
    moves: shape({ "nodes/Entity": 1, oldestMemoryAge: 3 * 86_400 - 120 }),
    also: [...OF_NODES, "clusteringCoefficient", "usualGap", "relativeMemoryAge"],
  },
  {
    does: "a marker without the label of Cognee's nodes",
    write: () => run(COGNEE_MARKER),
    moves: shape({ "nodes/GraphMetadata": 1 }),
    also: [...OF_NODES, "clusteringCoefficient"],
  },
];

/** Of its graph, and no part of it. */
const COGNEE_MARKER = "CREATE (:GraphMetadata {key: 'graph_provenance', value: 'enabled'})";

const genericSteps = ({ run }: Neo4j): readonly Step[] => [
  { does: "a node", write: () => run("CREATE (:Topic {n: 2})"), moves: shape({ "nodes/Topic": 1 }) },
  { does: "a node of another label", write: () => run("CREATE (:Person {n: 3})"), moves: shape({ "nodes/Person": 1 }) },
  { does: "a node without a label", write: () => run("CREATE ({n: 4})"), moves: shape({ "nodes/other": 1 }) },
  {
    does: "an edge",
    write: () => run("MATCH (a:Person), (b:Topic {n: 2}) CREATE (a)-[:LIKES]->(b)"),
    moves: { edgeCount: 1, "edges/LIKES": 1, "relations/Person/LIKES/Topic": 1, ...FIRST_EDGE },
    also: [...OF_NODES, "modularity", "exact"],
  },
  {
    does: "an edge of another type, to a node without a label",
    write: () => run("MATCH (a:Person), (b {n: 4}) CREATE (a)-[:OWNS]->(b)"),
    moves: { edgeCount: 1, "edges/OWNS": 1, "relations/Person/OWNS/other": 1, ...SECOND_EDGE },
    also: OF_NODES,
  },
  {
    does: "an edge that closes a triangle",
    write: () => run("MATCH (a {n: 4}), (b {n: 2}) CREATE (a)-[:LIKES]->(b)"),
    moves: { edgeCount: 1, "edges/LIKES": 1, "relations/other/LIKES/Topic": 1, ...TRIANGLE },
    also: ["density", "averageCentrality", "clusteringCoefficient"],
  },
];

describe("Other memories in Neo4j", needs("neo4j", "mcp-neo4j-memory"), () => {
  let engine: Neo4j;
  beforeAll(async () => {
    engine = await startNeo4j();
    return () => engine[Symbol.asyncDispose]();
  }, LONG_MS);
  beforeEach(() => engine.clear());

  const read = (type: Parameters<typeof readOnce>[2]) =>
    readOnce(neo4j, { url: engine.url }, type, { clock: { ...systemClock, wallMs: () => NOW_MS }, timeoutMs: LONG_MS });

  it("every number of the layout follows each write of mcp-neo4j-memory", { timeout: LONG_MS }, async () => {
    await using memory = await startMcpNeo4jMemory(engine);
    await using reader = graphReader(engine);
    await memory.createEntities({ name: "Ada", type: "person", observations: ["writes programs"] });
    const counted = async () => {
      const dump = await reader.dump();
      return numbersOf({ ...countedServer(dump), ...countedGraph(dump, besides("Memory")), ...countedTopology(dump) });
    };
    await followsEachStep(neo4jMcp, read, counted, serverSteps(engine, memory));
  });

  it("every number of the layout follows writes in the shape of Cognee's", { timeout: LONG_MS }, async () => {
    await using reader = graphReader(engine);
    await engine.run(cogneeNode("DocumentChunk", "chunk 1", NOW_MS - 120_000));
    const counted = async () => {
      const dump = await reader.dump();
      return numbersOf({ ...countedCognee(dump), ...countedGraph(dump, besides("__Node__")), ...countedTopology(dump) });
    };
    await followsEachStep(cognee, read, counted, cogneeSteps(engine));
  });

  it("every number of any graph follows each write", { timeout: LONG_MS }, async () => {
    await using reader = graphReader(engine);
    await engine.run("CREATE (:Topic {n: 1})");
    const counted = async () => {
      const dump = await reader.dump();
      return numbersOf({ ...countedGraph(dump, besides("")), ...countedTopology(dump) });
    };
    await followsEachStep(generic, read, counted, genericSteps(engine));
  });
});

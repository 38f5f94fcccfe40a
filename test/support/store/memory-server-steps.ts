import { countBy } from "../engines/counted.ts";
import type { Dump } from "../engines/dump.ts";
import type { McpNeo4jMemory } from "../engines/mcp-neo4j-memory.ts";
import type { Neo4j } from "../engines/neo4j.ts";
import { OF_NODES, type Step } from "./contract.ts";

/** The numbers of the layout `neo4j-mcp` beside those of any graph. A relation is a statement, too. */
export function countedServer(dump: Dump): Record<string, unknown> {
  const { nodes, relations } = dump;
  const texts = nodes.map(({ properties }) => (properties["observations"] ?? []) as readonly string[]);
  const observations = nodes.flatMap(({ id }, n) => (texts[n] ?? []).map((text) => ({ id, text })));
  const statements = observations.length + relations.length;
  const ofObservations = {
    memoryEfficiency: Object.keys(countBy(observations, ({ id, text }) => `${id} ${text}`)).length / observations.length,
    commonestShare: Math.max(...Object.values(countBy(observations, ({ text }) => text))) / observations.length,
  };
  return {
    totalMemories: statements,
    memories: { semantic: statements },
    duplicates: { name: nodes.length - new Set(nodes.map(({ properties }) => properties["name"])).size },
    unreferencedNodes: texts.filter(({ length }) => length === 0).length,
    ...(observations.length === 0 ? {} : ofObservations),
  };
}

export const statements = (n: number) => ({ totalMemories: n, "memories/semantic": n });
const relation = (type: string, n: number) => ({
  ...statements(n),
  edgeCount: n,
  [`edges/${type}`]: n,
  [`relations/person/${type}/machine`]: n,
});

/** One more of everything that mcp-neo4j-memory writes, on top of Ada with one observation. */
export const serverSteps = ({ run }: Neo4j, memory: McpNeo4jMemory): readonly Step[] => [
  {
    does: "an entity with an observation",
    write: () => memory.createEntities({ name: "Charles", type: "person", observations: ["builds engines"] }),
    moves: { ...statements(1), nodeCount: 1, "nodes/person": 1, orphanNodes: 1, connectedComponents: 1, commonestShare: -0.5 },
  },
  {
    does: "an entity of another type without an observation",
    write: () => memory.createEntities({ name: "Engine", type: "machine", observations: [] }),
    moves: { nodeCount: 1, "nodes/machine": 1, orphanNodes: 1, connectedComponents: 1, unreferencedNodes: 1 },
  },
  {
    does: "a relation",
    write: () => memory.createRelations({ source: "Charles", target: "Engine", relationType: "BUILDS" }),
    moves: {
      ...relation("BUILDS", 1),
      orphanNodes: -2,
      leafNodes: 2,
      maxDegree: 1,
      connectedComponents: -1,
      largestComponentSize: 1,
      diameter: 1,
    },
    also: [...OF_NODES, "modularity", "exact"],
  },
  {
    does: "a relation of another type",
    write: () => memory.createRelations({ source: "Ada", target: "Engine", relationType: "PROGRAMS" }),
    moves: {
      ...relation("PROGRAMS", 1),
      orphanNodes: -1,
      maxDegree: 1,
      connectedComponents: -1,
      largestComponentSize: 1,
      diameter: 1,
    },
    also: OF_NODES,
  },
  {
    does: "an observation of an entity that another has as well",
    write: () => memory.addObservations("Ada", "builds engines"),
    moves: statements(1),
    also: ["commonestShare"],
  },
  {
    does: "the same observation again, which the server does not store twice",
    write: () => memory.addObservations("Ada", "builds engines"),
    moves: {},
  },
  {
    does: "an entity with an observation that is stated twice",
    write: () => memory.createEntities({ name: "Mary", type: "person", observations: ["translates", "translates"] }),
    moves: { ...statements(2), nodeCount: 1, "nodes/person": 1, orphanNodes: 1, connectedComponents: 1 },
    also: [...OF_NODES, "memoryEfficiency", "commonestShare"],
  },
  {
    does: "a relation that closes a triangle",
    write: () => memory.createRelations({ source: "Ada", target: "Charles", relationType: "KNOWS" }),
    moves: {
      ...statements(1),
      edgeCount: 1,
      "edges/KNOWS": 1,
      "relations/person/KNOWS/person": 1,
      leafNodes: -2,
      diameter: -1,
    },
    also: ["density", "averageCentrality", "clusteringCoefficient"],
  },
  {
    does: "another program writes an entity of a name that is taken",
    write: () => run("CREATE (:Memory:person {name: 'Ada', type: 'person', observations: []})"),
    moves: { nodeCount: 1, "nodes/person": 1, orphanNodes: 1, connectedComponents: 1, unreferencedNodes: 1, "duplicates/name": 1 },
    also: [...OF_NODES, "clusteringCoefficient"],
  },
  {
    does: "that entity is deleted",
    write: () => run("MATCH (m:Memory {name: 'Ada'}) WHERE NOT (m)--() DELETE m"),
    moves: { nodeCount: -1, "nodes/person": -1, orphanNodes: -1, connectedComponents: -1, unreferencedNodes: -1, "duplicates/name": -1 },
    also: [...OF_NODES, "clusteringCoefficient"],
  },
  {
    does: "an observation is deleted",
    write: () => memory.deleteObservations("Charles", "builds engines"),
    moves: { ...statements(-1), unreferencedNodes: 1 },
    also: ["memoryEfficiency", "commonestShare"],
  },
  {
    does: "a relation is deleted",
    write: () => memory.deleteRelations({ source: "Ada", target: "Charles", relationType: "KNOWS" }),
    moves: {
      ...statements(-1),
      edgeCount: -1,
      "edges/KNOWS": -1,
      "relations/person/KNOWS/person": -1,
      leafNodes: 2,
      diameter: 1,
    },
    also: ["density", "averageCentrality", "clusteringCoefficient"],
  },
  {
    does: "an entity is deleted with its relation",
    write: () => memory.deleteEntities("Charles"),
    moves: {
      ...relation("BUILDS", -1),
      nodeCount: -1,
      "nodes/person": -1,
      unreferencedNodes: -1,
      maxDegree: -1,
      largestComponentSize: -1,
      diameter: -1,
    },
    also: ["orphanShare", "averageCentrality"],
  },
];

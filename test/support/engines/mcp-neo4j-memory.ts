import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { folderOf } from "./cache.ts";
import type { Neo4j } from "./neo4j.ts";

export interface MemoryEntity {
  readonly name: string;
  readonly type: string;
  readonly observations: readonly string[];
}

export interface MemoryRelation {
  readonly source: string;
  readonly target: string;
  readonly relationType: string;
}

/** Each method calls the tool of that name and resolves when everything is stored. */
export interface McpNeo4jMemory extends AsyncDisposable {
  /** Of the server's process. */
  readonly pid: number | null;
  createEntities(...entities: readonly MemoryEntity[]): Promise<void>;
  createRelations(...relations: readonly MemoryRelation[]): Promise<void>;
  addObservations(entityName: string, ...observations: readonly string[]): Promise<void>;
  deleteObservations(entityName: string, ...observations: readonly string[]): Promise<void>;
  deleteRelations(...relations: readonly MemoryRelation[]): Promise<void>;
  deleteEntities(...entityNames: readonly string[]): Promise<void>;
}

/** The real mcp-neo4j-memory server over stdio, with a client that calls its tools; both end with the scope. */
export async function startMcpNeo4jMemory({ url, username, password = "" }: Neo4j): Promise<McpNeo4jMemory> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const transport = new StdioClientTransport({
    command: "python3",
    args: ["-c", "from mcp_neo4j_memory import main; main()"],
    env: {
      PATH: process.env["PATH"] ?? "",
      PYTHONPATH: folderOf("writers"),
      PYTHONDONTWRITEBYTECODE: "1",
      NEO4J_URL: url,
      NEO4J_USERNAME: username,
      NEO4J_PASSWORD: password,
      NEO4J_DATABASE: "neo4j",
      NEO4J_TRANSPORT: "stdio",
      FASTMCP_CHECK_FOR_UPDATES: "off",
    },
    stderr: "ignore",
  });
  await client.connect(transport);
  const call = async (name: string, input: Readonly<Record<string, unknown>>): Promise<void> => {
    const { isError, content } = await client.callTool({ name, arguments: input });
    if (isError) throw new Error(`${name}: ${JSON.stringify(content)}`);
  };
  return {
    pid: transport.pid,
    createEntities: (...entities) => call("create_entities", { entities }),
    createRelations: (...relations) => call("create_relations", { relations }),
    addObservations: (entityName, ...observations) => call("add_observations", { observations: [{ entityName, observations }] }),
    deleteObservations: (entityName, ...observations) => call("delete_observations", { deletions: [{ entityName, observations }] }),
    deleteRelations: (...relations) => call("delete_relations", { relations }),
    deleteEntities: (...entityNames) => call("delete_entities", { entityNames }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

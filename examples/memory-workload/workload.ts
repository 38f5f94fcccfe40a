import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-memory/dist/index.js"));

/** Maximum number of entities; beyond it, the oldest is deleted. */
const MAX_ENTITIES = 24;

const TYPES = ["person", "event", "skill", "decision", "tool"];
const RELATIONS = ["knows", "uses", "decided", "took_part_in"];

/**
 * Uses a memory like an agent, on a small scale: each step creates an entity, relates it to earlier ones, adds an observation, searches, and
 * deletes the oldest. It calls the Model Context Protocol's own memory server over stdio.
 */
export class MemoryWorkload implements AsyncDisposable {
  readonly #client: Client;
  readonly #known: string[] = [];
  #learned = 0;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** Starts the memory server. It creates the file with the first entity. */
  static async start(memoryFile: string): Promise<MemoryWorkload> {
    const client = new Client({ name: "memory-workload", version: "1.0.0" });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [SERVER],
      env: { MEMORY_FILE_PATH: memoryFile },
      stderr: "ignore",
    });
    await client.connect(transport);
    return new MemoryWorkload(client);
  }

  /** Performs one step. @throws if the memory server returns an error */
  async step(): Promise<void> {
    const n = this.#learned++;
    const name = `thing-${n}`;
    const entityType = TYPES[n % TYPES.length] as string;
    await this.call("create_entities", { entities: [{ name, entityType, observations: [`learned as number ${n}`] }] });
    // Relates it to the newest entity and to an older one, so the graph has chains as well as cycles.
    const others = new Set([this.#known.at(-1), this.#known.at(-1 - (n % 7))].filter((other) => other !== undefined));
    const relations = [...others].map((to, k) => ({ from: name, to, relationType: RELATIONS[(n + k) % RELATIONS.length] }));
    if (relations.length > 0) await this.call("create_relations", { relations });
    await this.call("add_observations", { observations: [{ entityName: name, contents: [`${name} was used again`] }] });
    await this.call("search_nodes", { query: name });
    this.#known.push(name);
    if (this.#known.length > MAX_ENTITIES) await this.forget(this.#known.shift() as string);
  }

  /** Creates one entity with `text` as its observation. */
  async learn(name: string, text: string): Promise<void> {
    await this.call("create_entities", { entities: [{ name, entityType: "document", observations: [text] }] });
  }

  async forget(name: string): Promise<void> {
    await this.call("delete_entities", { entityNames: [name] });
  }

  /** Calls a tool of the memory server. @throws if it returns an error */
  async call(tool: string, args: Record<string, unknown>): Promise<void> {
    const { isError, content } = await this.#client.callTool({ name: tool, arguments: args });
    if (isError === true) throw new Error(`the memory server returned an error for ${tool}: ${JSON.stringify(content).slice(0, 300)}`);
  }

  /** Stops the memory server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}

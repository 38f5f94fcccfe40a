import { createClient } from "redis";
import { randomUUID } from "node:crypto";

/** Indexes that Graphiti creates before it writes to FalkorDB. */
const INDEXES: readonly string[] = [
  "CREATE INDEX FOR (n:Entity) ON (n.uuid, n.group_id, n.name, n.created_at)",
  "CREATE INDEX FOR (n:Episodic) ON (n.uuid, n.group_id, n.created_at, n.valid_at)",
  "CREATE INDEX FOR ()-[r:RELATES_TO]-() ON (r.uuid, r.group_id, r.name, r.created_at, r.expired_at, r.valid_at, r.invalid_at)",
  "CREATE INDEX FOR ()-[r:MENTIONS]-() ON (r.uuid, r.group_id)",
  "CALL db.idx.fulltext.createNodeIndex('Entity', 'name', 'summary', 'group_id')",
  "CALL db.idx.fulltext.createNodeIndex('Episodic', 'content', 'source', 'source_description', 'group_id')",
];

const EPISODE = `CREATE (:Episodic {uuid: $episode, group_id: $group, name: $name, source: 'message', source_description: 'chat',
  content: $content, entity_edges: [], created_at: $now, valid_at: $now})`;

/** The entities of one fact, the fact between them, and the links from the episode that they come from. */
const FACT = `MATCH (e:Episodic {uuid: $episode})
  MERGE (p:Entity {name: $person, group_id: $group})
    ON CREATE SET p:Person, p.uuid = $personId, p.summary = '', p.created_at = $now, p.name_embedding = vecf32($vector)
  MERGE (t:Entity {name: $ticket, group_id: $group})
    ON CREATE SET t:Ticket, t.uuid = $ticketId, t.summary = '', t.created_at = $now, t.name_embedding = vecf32($vector)
  CREATE (e)-[:MENTIONS {uuid: $firstMention, group_id: $group, created_at: $now}]->(p),
    (e)-[:MENTIONS {uuid: $secondMention, group_id: $group, created_at: $now}]->(t),
    (p)-[:RELATES_TO {uuid: $fact, group_id: $group, name: $relation, fact: $statement, fact_embedding: vecf32($vector),
      episodes: [$episode], created_at: $now, valid_at: $now}]->(t)
  SET e.entity_edges = [$fact]`;

/** What was true until now is kept with the time at which it ended. */
const RETIRE = `MATCH ()-[r:RELATES_TO {group_id: $group, name: 'WORKS_ON'}]->(t:Entity {name: $ticket})
  WHERE r.expired_at IS NULL SET r.expired_at = $now, r.invalid_at = $now`;

const PEOPLE = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Margaret"] as const;

/** A ticket is closed this many messages after it was opened. */
const TICKET_LIFE = 8;

/** Numbers in an embedding of the demo. */
const DIMENSION = 8;

/**
 * A memory as Graphiti keeps it in FalkorDB: each message of a team is stored as an episode, and the fact that is extracted from it as an edge
 * between two entities. The facts are made up here, so no language model is needed.
 */
export class TeamMemory implements AsyncDisposable {
  /** Whether facts are extracted from the messages that arrive. */
  isExtracting = true;
  readonly graph: string;
  readonly #client;
  #messages = 0;

  private constructor(url: string, graph: string) {
    this.graph = graph;
    this.#client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } });
    // Each command is rejected with the error, too.
    this.#client.on("error", () => {});
  }

  /** Connects, and creates the graph with its indexes. */
  static async connect(url: string, graph: string): Promise<TeamMemory> {
    const memory = new TeamMemory(url, graph);
    await memory.#client.connect();
    for (const index of INDEXES) await memory.#write(index, {});
    return memory;
  }

  /** Stores the next message, and the facts in it unless the extraction is broken. */
  async step(): Promise<void> {
    const n = this.#messages++;
    const person = PEOPLE[n % PEOPLE.length] as string;
    const closed = n - TICKET_LIFE;
    await this.#store(person, `ticket ${n}`, "WORKS_ON", `${person} works on ticket ${n}`);
    if (closed < 0 || closed % 4 !== 0) return;
    await this.#store(person, `ticket ${closed}`, "CLOSED", `${person} closed ticket ${closed}`);
    if (this.isExtracting) await this.#write(RETIRE, { group: this.graph, ticket: `ticket ${closed}`, now: now() });
  }

  async #store(person: string, ticket: string, relation: string, statement: string): Promise<void> {
    const common = { episode: randomUUID(), group: this.graph, now: now() };
    await this.#write(EPISODE, { ...common, name: `message ${this.#messages}`, content: `${person}: ${statement}.` });
    if (!this.isExtracting) return;
    const ids = {
      personId: randomUUID(),
      ticketId: randomUUID(),
      fact: randomUUID(),
      firstMention: randomUUID(),
      secondMention: randomUUID(),
    };
    const vector = Array.from({ length: DIMENSION }, () => Math.random());
    await this.#write(FACT, { ...common, ...ids, vector, person, ticket, relation, statement });
  }

  async #write(text: string, parameters: Readonly<Record<string, string | readonly number[]>>): Promise<void> {
    const head = Object.entries(parameters).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    await this.#client.sendCommand(["GRAPH.QUERY", this.graph, head.length === 0 ? text : `CYPHER ${head.join(" ")} ${text}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#client.isOpen) this.#client.destroy();
  }
}

/** Now as Python writes it: with microseconds and the offset from UTC. */
const now = (): string => new Date().toISOString().replace("Z", "000+00:00");

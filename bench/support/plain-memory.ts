import { createReadStream } from "node:fs";
import { gzipSync } from "node:zlib";
import type { MemoryTypes } from "../../src/source/mcp-memory/memory-graph.ts";
import { NumberList } from "../../src/source/mcp-memory/number-list.ts";
import type { FileMeasurement } from "../../src/source/mcp-memory/measure-file.ts";
import { hash53, StatementSet } from "../../src/source/mcp-memory/statement-set.ts";
import type { MemoryType } from "../../src/source/mcp-memory/statements.ts";
import { measureGraph } from "../../src/topology/index.ts";

/** What a way stores a file's numbers and distinct statements in. */
interface Way {
  readonly list: () => { readonly length: number; push(number: number): void; at(index: number): number | undefined };
  readonly statements: () => { readonly size: number; add(a: number, b: number, text: string): void };
  /** Whether a relation is matched with a pattern before a line is parsed as JSON. */
  readonly matchesRelations?: true;
}

class StringSet {
  readonly #statements = new Set<string>();
  get size(): number {
    return this.#statements.size;
  }
  add(a: number, b: number, text: string): void {
    this.#statements.add(`${a} ${b} ${text}`);
  }
}

class HashSet {
  readonly #hashes = new Set<number>();
  get size(): number {
    return this.#hashes.size;
  }
  add(a: number, b: number, text: string): void {
    this.#hashes.add(hash53(a, b, text));
  }
}

const typed = (): NumberList => new NumberList();
const table = (): StatementSet => new StatementSet();

/** The plainest way, then the source's own with one piece replaced. In all of them names are the keys of a Map. */
export const PLAIN_WAYS: Readonly<Record<string, Way>> = {
  "JSON, Set of strings, arrays": { list: () => [], statements: () => new StringSet() },
  "JSON without the pattern": { list: typed, statements: table },
  "Set of hashes": { list: typed, statements: () => new HashSet(), matchesRelations: true },
  arrays: { list: () => [], statements: table, matchesRelations: true },
};

export interface PlainRequest {
  readonly way: string;
  readonly path: string;
  readonly types: MemoryTypes;
}

interface Line {
  readonly type: string;
  readonly name: string;
  readonly entityType: string;
  readonly observations: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly relationType: string;
}

const TEXT = '"([^"\\\\\\p{Cc}]*)"';
const RELATION = new RegExp(`^\\{"type":"relation","from":${TEXT},"to":${TEXT},"relationType":${TEXT}\\}$`, "u");

/** Measures a memory file whose entities all precede its relations, without the checks that the source makes. */
export async function readPlainly({ way, path, types }: PlainRequest): Promise<Pick<FileMeasurement, "statements" | "graph">> {
  const { list, statements, matchesRelations } = PLAIN_WAYS[way] as Way;
  const memoryTypes = new Map<string, MemoryType>([
    ...types.procedural.map((type) => [type, "procedural"] as const),
    ...types.episodic.map((type) => [type, "episodic"] as const),
  ]);
  const memories: Record<MemoryType, number> = { procedural: 0, semantic: 0, episodic: 0 };
  const [nodes, edges, names] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  const [observed, related] = [statements(), statements()];
  const [from, to] = [list(), list()];
  let bytes = 0;
  const numberOf = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, names.size);
    return names.size - 1;
  };
  const relate = (start: string, end: string, type: string): void => {
    const [a, b] = [numberOf(start), numberOf(end)];
    from.push(a);
    to.push(b);
    edges.set(type, (edges.get(type) ?? 0) + 1);
    memories.semantic += 1;
    bytes += Buffer.byteLength(start) + 1 + Buffer.byteLength(type) + 1 + Buffer.byteLength(end);
    related.add(a, b, type);
  };
  await forEachLine(path, (text) => {
    const found = matchesRelations && RELATION.exec(text);
    if (found) return relate(found[1] as string, found[2] as string, found[3] as string);
    const line = JSON.parse(text) as Line;
    if (line.type === "relation") return relate(line.from, line.to, line.relationType);
    const entity = numberOf(line.name);
    nodes.set(line.entityType, (nodes.get(line.entityType) ?? 0) + 1);
    for (const observation of line.observations) {
      memories[memoryTypes.get(line.entityType.toLowerCase()) ?? "semantic"] += 1;
      bytes += Buffer.byteLength(observation);
      observed.add(entity, 0, observation);
    }
  });
  const ends = (numbers: ReturnType<Way["list"]>): Uint32Array =>
    Uint32Array.from({ length: numbers.length }, (_, n) => numbers.at(n) as number);
  const graph = { nodeCount: names.size, from: ends(from), to: ends(to) };
  return {
    statements: { memories, distinct: observed.size + related.size, bytes },
    graph: {
      nodeCount: names.size,
      nodes: Object.fromEntries(nodes),
      edgeCount: from.length,
      edges: Object.fromEntries(edges),
      ...measureGraph(graph, { budgetMs: 0 }),
    },
  };
}

async function forEachLine(path: string, visit: (line: string) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    // The source measures how well the start of the file compresses.
    if (isFirst) gzipSync(chunk);
    isFirst = false;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      visit(bytes.toString("utf8", start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) visit(rest.toString("utf8"));
}

import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { needs } from "../../support/programs.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { OTHER } from "../../../src/sample/field.ts";
import { validateReading } from "../../../src/sample/sample-type.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { measureFile } from "../../../src/source/mcp-memory/measure-file.ts";
import { MemoryFile } from "../../../src/source/mcp-memory/memory-file.ts";
import { ObservationSet } from "../../../src/source/mcp-memory/observation-set.ts";
import { TypeCounts } from "../../../src/source/mcp-memory/type-counts.ts";

const entity = (name: string, entityType: string, ...observations: string[]): string =>
  JSON.stringify({ type: "entity", name, entityType, observations });
const relation = (from: string, relationType: string, to: string): string => JSON.stringify({ type: "relation", from, to, relationType });

describe("a memory file counted by hand", () => {
  it("MemoryFile reports duplicates, the share of the commonest text, and how entities are connected and described", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-memory-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "memory.jsonl");
    writeFileSync(
      path,
      [
        entity("anna", "person", "likes tea", "n/a"),
        entity("bert", "person", "n/a"),
        entity("anna", "person", "likes tea", "n/a", "has a dog"),
        entity("café", "place", "n/a"),
        entity("dock", "place"),
        entity("exam", "event"),
        relation("anna", "visits", "café"),
        relation("bert", "visits", "café"),
        relation("bert", "visits", "café"),
        relation("anna", "knows", "bert"),
        relation("dock", "near", "café"),
        relation("exam", "in", "nowhere"),
      ].join("\n"),
    );
    const types = { episodic: ["event"], procedural: ["skill"] };
    const request = { path, shownPath: "memory.jsonl", types, maxBytes: 1e6, budgetMs: 1_000 };
    const file = new MemoryFile(request, measureFile, { clock: new ManualClock(), expensiveIntervalMs: 0, close: async () => {} });
    const [insights, graph] = [await file.insights(), await file.graph()];
    // Anna is listed twice. Of 13 statements two observations and one relation were there before.
    expect(insights).toMatchObject({ totalMemories: 13, duplicates: { name: 1, hash: 3 }, memoryEfficiency: 10 / 13 });
    // Of 7 observations "n/a" is four, two of which belong to one entity.
    expect(insights.commonestShare).toBe(4 / 7);
    expect(graph).toMatchObject({ nodeCount: 5, unreferencedNodes: 2, orphanNodes: 1, orphanShare: 0.2, leafNodes: 1, maxDegree: 3 });
    expect(graph.relations).toEqual({
      person: { visits: { place: 3 }, knows: { person: 1 } },
      place: { near: { place: 1 } },
      event: { in: { "(missing)": 1 } },
    });
    expect(graph.storeSize).toBe(statSync(path).size);
    expect([validateReading(agentMemory, insights).ok, validateReading(graphMetrics, graph).ok]).toEqual([true, true]);
  });
});

describe("measureFile", () => {
  it("measureFile refuses a file that has contents and no size, as those of /proc have", needs("linux"), async () => {
    const request = { path: "/proc/version", shownPath: "version", types: { episodic: [], procedural: [] }, maxBytes: 1e6, budgetMs: 0 };
    await expect(measureFile(request)).rejects.toMatchObject({
      code: "reading_invalid",
      message: 'memory file "version" has contents, but no size; expected a regular file',
    });
  });
});

describe("ObservationSet", () => {
  it("ObservationSet counts what a map of strings counts, with texts of one entity and of many", () => {
    const observations = new ObservationSet();
    const texts = new Map<string, number>();
    const statements = new Set<string>();
    for (let n = 0; n < 60_000; n += 1) {
      // The text of every third one belongs to seven entities, each of which has it several times.
      const [entity, text] = n % 3 === 0 ? [n % 7, `text ${n % 300}`] : [n, `text of ${n}`];
      observations.add(entity, text);
      texts.set(text, (texts.get(text) ?? 0) + 1);
      statements.add(`${entity} ${text}`);
    }
    for (const text of ["", "a", "ab", "ba", "", ""]) observations.add(0, text);
    expect(statements.size).toBeGreaterThan(40_000);
    expect(observations).toMatchObject({ count: 60_006, size: statements.size + 4, commonest: Math.max(...texts.values()) });
  });

  it("ObservationSet tells texts and entities apart whose numbers differ little", () => {
    const observations = new ObservationSet();
    for (let twice = 0; twice < 2; twice += 1)
      for (let entity = 0; entity < 500; entity += 1) for (let text = 0; text < 500; text += 1) observations.add(entity, String(text));
    expect(observations).toMatchObject({ count: 2 * 500 * 500, size: 500 * 500, commonest: 2 * 500 });
  });
});

describe("TypeCounts", () => {
  it("TypeCounts measures the most frequent types apart and adds up the others, beside those that appear too late to be counted apart", () => {
    const types = new TypeCounts();
    for (let n = 0; n < 100_000; n += 1) types.add(`t${n}`);
    const numbers = ["late", "later", "t7", "late"].map((type) => types.add(type));
    for (let n = 0; n < 999; n += 1) types.add(`t${1_000 + n}`);
    // What comes late shares the number of the others.
    expect(numbers).toEqual([100_000, 100_000, 7, 100_000]);
    expect(types.names()[100_000]).toBe(OTHER);
    const largest = types.largest();
    expect(Object.keys(largest).length).toBe(1_001);
    expect(largest).toMatchObject({ t7: 2, t1000: 2, t1998: 2, [OTHER]: 99_000 + 3 });
  });
});

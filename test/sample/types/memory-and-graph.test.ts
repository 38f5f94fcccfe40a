import { describe, expect, it } from "vitest";
import { CardinalityLimiter } from "../../../src/collection/cardinality.ts";
import { sumOf, validateReading } from "../../../src/sample/sample-type.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";

describe("the sample type graph", () => {
  it("a reading of overlapping types gives the number of nodes without the types", () => {
    expect(validateReading(graphMetrics, { nodeCount: 26, orphanNodes: 2, orphanShare: 2 / 26 })).toEqual({
      ok: true,
      values: { nodeCount: 26, orphanNodes: 2, orphanShare: 2 / 26 },
    });
    const overlapping = { nodeCount: 26, nodes: { Entity: 20, Person: 10, Episodic: 5, Community: 1 } };
    expect(validateReading(graphMetrics, overlapping)).toMatchObject({ ok: false, check: "nodes sums to nodeCount" });
  });

  it("relations of more types than have series add up to all relations", () => {
    const relations: Record<string, Record<string, Record<string, number>>> = {};
    for (let n = 0; n < 60; n += 1) ((relations[`from ${n % 30}`] ??= {})[`type ${n}`] ??= {})["thing"] = n + 1;
    const admitted = new CardinalityLimiter(graphMetrics).admit({ relations })["relations"];
    expect(sumOf(admitted)).toBe((60 * 61) / 2);
    const series = Object.values(admitted as typeof relations).flatMap((types) =>
      Object.values(types).flatMap((ends) => Object.keys(ends)),
    );
    expect(series.length).toBeLessThan(60);
    expect(validateReading(graphMetrics, { relations: admitted }).ok).toBe(true);
  });
});

describe("the sample type agent-memory", () => {
  it("a reading gives only the types of memory that its store can tell apart", () => {
    expect(validateReading(agentMemory, { totalMemories: 7, memories: { message: 5, other: 2 } }).ok).toBe(true);
    expect(validateReading(agentMemory, { memories: { note: 1 } })).toMatchObject({ ok: false, check: "schema" });
  });

  it.each([
    ["a share above one", { invalidatedShare: 1.01 }],
    ["a negative lag", { extractionLag: -1 }],
    ["an unknown outcome of an ingestion", { ingestions: { started: 1 } }],
    ["an unknown kind of write", { writes: { merged: 1 } }],
    ["an unknown kind of duplicate", { duplicates: { similar: 1 } }],
  ])("the schema refuses %s", (_, values) => {
    expect(validateReading(agentMemory, values)).toMatchObject({ ok: false, check: "schema" });
  });
});

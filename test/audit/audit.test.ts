import { describe, expect, it } from "vitest";
import { auditsOf, type Audit } from "../../src/audit/audit.ts";
import { ITEMS, fieldOf } from "../../src/audit/items.ts";
import { parseLimit, type Limit } from "../../src/audit/limit.ts";
import type { SourceReading, TypeReading } from "../../src/audit/reading.ts";
import { auditDocument, auditLines } from "../../src/audit/report.ts";
import { VitalsError } from "../../src/base/errors.ts";
import type { AnyValues } from "../../src/sample/sample-type.ts";
import { agentMemory } from "../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../src/sample/types/graph.ts";

const memoryValues = {
  totalMemories: 10,
  memories: { semantic: 7, episodic: 3 },
  memoryEfficiency: 0.9,
  duplicates: { hash: 1 },
  embeddingCoverage: 0.975,
  newestMemoryAge: 7_200,
};

const readingOf = (...types: readonly TypeReading[]): SourceReading => ({
  types: new Map(types.map((each) => [each.type.name, each])),
  unmeasured: [
    { type: "agent-memory", field: "scopes", reason: "a diary has no scopes", part: "main" },
    { type: "agent-memory", field: "episodes", reason: "a diary has no episodes" },
  ],
});
const whole = (values: AnyValues): ReadonlyMap<string | undefined, AnyValues> => new Map([[undefined, values]]);
const limitOf = (bound: Limit["bound"], text: string): Limit => parseLimit(bound, text) as Limit;

const SOURCE = { name: "diary", kind: "neo4j" };
const valuesOf = ({ findings }: Audit): Readonly<Record<string, number | string>> =>
  Object.fromEntries(findings.map(({ item, value, reason }) => [item.name, value ?? reason ?? "neither"]));

describe("auditsOf", () => {
  it("Every number has a value or the reason why it was not measured", () => {
    const [only, ...others] = auditsOf(SOURCE, readingOf({ type: agentMemory, parts: whole(memoryValues) }), []);
    expect(others).toEqual([]);
    expect(valuesOf(only!)).toMatchObject({
      memories: 10,
      duplicates: 1,
      "duplicate-share": 0.1,
      "missing-embeddings": 0.025,
      newest: 7_200,
      // Of the only part, although the source names it.
      scopes: "a diary has no scopes",
      episodes: "a diary has no episodes",
      "duplicate-names": "the source counts duplicates by hash only",
      commonest: "the reading has no such value, as for an empty memory",
      orphans: "the source does not read graph",
    });
    expect(Object.keys(valuesOf(only!))).toEqual(ITEMS.map(({ name }) => name));
  });

  it("A reading that failed is the reason of all its numbers, and the others keep theirs", () => {
    const error = new VitalsError("source_failed", "the graph is locked");
    const [only] = auditsOf(
      SOURCE,
      readingOf({ type: agentMemory, parts: whole(memoryValues) }, { type: graphMetrics, parts: new Map(), error }),
      [],
    );
    expect(valuesOf(only!)).toMatchObject({ memories: 10, orphans: "the graph is locked", nodes: "the graph is locked" });
  });

  it("A source with several graphs has an audit of each, with its own numbers, reasons and limits", () => {
    const parts = new Map<string | undefined, AnyValues>([
      ["main", { totalMemories: 3 }],
      ["archive", { totalMemories: 1 }],
    ]);
    const audits = auditsOf(SOURCE, readingOf({ type: agentMemory, parts }), [limitOf("min", "memories=2")]);
    expect(audits.map((each) => [each.part, valuesOf(each)["memories"], valuesOf(each)["scopes"], each.limits[0]?.isKept])).toEqual([
      ["archive", 1, "the reading has no such value, as for an empty memory", false],
      ["main", 3, "a diary has no scopes", true],
    ]);
  });

  it("A number that was not measured keeps no limit", () => {
    const [only] = auditsOf(SOURCE, readingOf({ type: agentMemory, parts: whole(memoryValues) }), [
      limitOf("max", "orphans=5"),
      limitOf("max", "duplicates=1"),
    ]);
    expect(only?.limits.map(({ isKept, problem }) => [isKept, problem])).toEqual([
      [false, "not measured: the source does not read graph"],
      [true, undefined],
    ]);
  });

  it("Every item takes a field that exists, and its parts are a field that the number sums", () => {
    expect(ITEMS.length).toBeGreaterThan(20);
    expect(new Set(ITEMS.map(({ name }) => name)).size).toBe(ITEMS.length);
    for (const item of ITEMS) {
      const { by, sums, max } = fieldOf(item);
      expect([item.name, by.length]).toEqual([item.name, item.part === undefined ? 0 : 1]);
      expect([item.name, item.parts]).toEqual([item.name, sums]);
      if (item.part !== undefined) expect(by[0]?.values).toContain(item.part);
      if (item.isComplement === true) expect([item.name, max]).toEqual([item.name, 1]);
    }
  });
});

describe("The report of an audit", () => {
  const reading = readingOf({ type: agentMemory, parts: whole(memoryValues), missing: "1 of 4 measures failed" });
  const audits = auditsOf(SOURCE, reading, [limitOf("max", "duplicates=0"), limitOf("max", "newest=1d")]);

  it("shows numbers in people's units, marks what is not zero, and groups what was not measured by its reason", () => {
    const lines = auditLines(audits[0]!);
    const squeezed = lines.map((line) => line.replaceAll(/(?<=\S) {2,}/g, " | "));
    expect(lines[0]).toBe("diary  neo4j");
    expect(squeezed).toContain("    memories | 10 | stored statements: observations, relations, facts (semantic 7, episodic 3)");
    expect(squeezed).toContain("    newest | 2h | time since the newest write");
    expect(squeezed).toContain("  ! duplicate-share | 10 % | share of the statements that repeat another one");
    expect(lines).toContain("  agent-memory: 1 of 4 measures failed");
    expect(lines.find((line) => line.endsWith(": the source does not read graph"))).toBe(
      "    nodes, edges, islands, orphans, orphan-share, unreferenced: the source does not read graph",
    );
    expect(lines.slice(-2)).toEqual(["  ✖ max duplicates=0: 1, more than 0", "  ● max newest=1d"]);
  });

  it("as JSON has every number with its unit, its field and its reason, and whether it passed", () => {
    const { passed, auditedAt, audits: entries } = auditDocument(audits, Date.parse("2026-11-20T12:00:00Z"));
    expect([passed, auditedAt, entries.length]).toEqual([false, "2026-11-20T12:00:00.000Z", 1]);
    expect(entries[0]?.items.find(({ name }) => name === "missing-embeddings")).toEqual({
      name: "missing-embeddings",
      section: "findings",
      value: 0.025,
      unit: "1",
      meaning: "share of what is searched by embedding and has none",
      field: "agent-memory.embeddingCoverage",
    });
    expect(entries[0]?.items.find(({ name }) => name === "scopes")).toMatchObject({ value: null, reason: "a diary has no scopes" });
    expect(entries[0]?.limits).toEqual([
      { limit: "max duplicates=0", passed: false, problem: "1, more than 0" },
      { limit: "max newest=1d", passed: true },
    ]);
  });
});

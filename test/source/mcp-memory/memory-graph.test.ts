import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryGraph } from "../../../src/source/mcp-memory/memory-graph.ts";
import { NameTable } from "../../../src/source/mcp-memory/name-table.ts";
import { relationIn } from "../../../src/source/mcp-memory/relation-line.ts";

const spanOf = (text: string) => {
  const bytes = Buffer.from(text);
  return { bytes, start: 0, end: bytes.length };
};

function totalsOf(lines: readonly string[]) {
  const graph = new MemoryGraph({ episodic: ["event"], procedural: ["skill"] });
  lines.forEach((line, n) => graph.add(spanOf(line), n + 1));
  return graph.totals();
}

/** Few names, so that they meet, and such as need escapes, are of other scripts, begin alike or are empty. */
const name = fc.oneof(
  fc.constantFrom("a", "b", "c", "ab", "", 'a"', "a\\", "a\n", "é", "日本", "\u{1F980}", "\ufeffa", "__proto__"),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);
const item = fc.oneof(
  fc.record({ type: fc.constant("relation" as const), from: name, to: name, relationType: name }),
  fc.record({
    type: fc.constant("entity" as const),
    name,
    entityType: fc.constantFrom("event", "Skill", "person", "__proto__"),
    observations: fc.array(name, { maxLength: 3 }),
  }),
);
type Item = typeof item extends fc.Arbitrary<infer T> ? T : never;

/** Sets and maps of strings. */
function obvious(items: readonly Item[]) {
  const entities = items.filter((each) => each.type === "entity");
  const relations = items.filter((each) => each.type === "relation");
  const names = [...new Set(entities.map((each) => each.name))];
  const statements = [
    ...entities.flatMap((each) => each.observations.map((text) => ({ key: JSON.stringify([each.name, text]), text }))),
    ...relations.map(({ from, relationType, to }) => ({
      key: JSON.stringify([from, relationType, to]),
      text: `${from} ${relationType} ${to}`,
    })),
  ];
  const tally = (types: readonly string[]): ReadonlyMap<string, number> =>
    new Map(types.map((type) => [type === "__proto__" ? "(__proto__)" : type, types.filter((each) => each === type).length]));
  return {
    edges: relations.map(({ from, to }) => [names.indexOf(from), names.indexOf(to)]).filter((ends) => !ends.includes(-1)),
    nodeCount: names.length,
    edgeCount: relations.length,
    nodeTypes: tally(names.map((each) => entities.find((entity) => entity.name === each)?.entityType ?? "")),
    edgeTypes: tally(relations.map(({ relationType }) => relationType)),
    distinct: new Set(statements.map(({ key }) => key)).size,
    bytes: statements.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
  };
}

describe("the graph of a memory file", () => {
  it("is what sets and maps of strings make of it, however a line is written", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(item, fc.boolean()), { maxLength: 40 }), (written) => {
        const items = written.map(([each]) => each);
        // As the server writes it, or with its keys the other way round.
        const lines = written.map(([each, isOther]) =>
          JSON.stringify(isOther ? Object.fromEntries(Object.entries(each).toReversed()) : each),
        );
        const { graph, statements, ...found } = totalsOf(lines);
        const expected = obvious(items);
        expect(Array.from(graph.from, (a, e) => [a, graph.to[e]])).toEqual(expected.edges);
        expect(found).toMatchObject({ nodeCount: expected.nodeCount, edgeCount: expected.edgeCount });
        expect(new Map(Object.entries(found.nodes))).toEqual(expected.nodeTypes);
        expect(new Map(Object.entries(found.edges))).toEqual(expected.edgeTypes);
        expect(statements).toMatchObject({ distinct: expected.distinct, bytes: expected.bytes });
      }),
      { numRuns: 500 },
    );
  });

  it("keeps apart a hundred thousand names and finds each again", () => {
    const table = new NameTable();
    for (let twice = 0; twice < 2; twice += 1) {
      for (let n = 0; n < 100_000; n += 1) if (table.numberOf(spanOf(`entity ${n}`)) !== n) throw new Error(`another number for ${n}`);
    }
    expect(table.size).toBe(100_000);
    expect(table.nameOf(70_000)).toBe("entity 70000");
  });
});

describe("a table of names", () => {
  it("keeps apart names that have the same hash, and those that only begin alike", () => {
    const table = new NameTable();
    const names = ["name 449599", "name 612382", "name 44959", ""];
    for (let twice = 0; twice < 2; twice += 1) expect(names.map((each) => table.numberOf(spanOf(each)))).toEqual([0, 1, 2, 3]);
    expect(names.map((_, number) => table.nameOf(number))).toEqual(names);
  });
});

describe("a line as the memory server writes a relation", () => {
  const relation = '{"type":"relation","from":"a","to":"b","relationType":"knows"}';

  it("is found without parsing it, in the middle of a chunk", () => {
    const bytes = Buffer.from(`x${relation}\n{"type"`);
    const found = relationIn(bytes, 1, 1 + relation.length);
    const texts = Object.entries(found ?? {}).map(([key, { start, end }]) => [key, bytes.toString("utf8", start, end)]);
    expect(Object.fromEntries(texts)).toEqual({ from: "a", to: "b", type: "knows" });
  });

  it.each([
    ["an escape", relation.replace("knows", "kn\\u006fws")],
    ["a character that JSON would refuse", relation.replace("knows", "kn\tows")],
    ["another order", '{"type":"relation","to":"b","from":"a","relationType":"knows"}'],
    ["something more", relation.replace("}", ',"since":1}')],
    ["its end missing", relation.slice(0, -1)],
    ["a quote missing", relation.slice(0, -2)],
    ["something after it", `${relation}}`],
    ["nothing", ""],
  ])("is left to JSON with %s", (_, line) => {
    const bytes = Buffer.from(`${line}"}`);
    expect(relationIn(bytes, 0, bytes.length - 2)).toBeUndefined();
  });
});

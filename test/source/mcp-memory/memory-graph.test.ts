import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pointsOfField } from "../../../src/sample/sample-type.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { NumberList } from "../../../src/source/mcp-memory/number-list.ts";
import { MemoryLines } from "../../../src/source/mcp-memory/memory-lines.ts";

function totalsOf(lines: readonly string[]) {
  const memory = new MemoryLines({ episodic: ["event"], procedural: ["skill"] });
  lines.forEach((line, n) => memory.add(line, n + 1));
  return { ...memory.graph.totals(), lines: memory.totals() };
}

const entity = (name: string): string => JSON.stringify({ type: "entity", name, entityType: "person", observations: [] });

/** Few names, so that they repeat; some need escapes, are of other scripts, start alike or are empty. */
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
  const typeOf = (entity: string): string => {
    const { entityType = "(missing)" } = entities.find((each) => each.name === entity) ?? {};
    return entityType === "__proto__" ? "(__proto__)" : entityType;
  };
  const observed = entities.flatMap(({ observations }) => observations);
  const tally = (types: readonly string[]): ReadonlyMap<string, number> =>
    new Map(types.map((type) => [type === "__proto__" ? "(__proto__)" : type, types.filter((each) => each === type).length]));
  return {
    edges: relations.map(({ from, to }) => [names.indexOf(from), names.indexOf(to)]).filter((ends) => !ends.includes(-1)),
    nodeCount: names.length,
    edgeCount: relations.length,
    nodeTypes: tally(names.map((each) => entities.find((entity) => entity.name === each)?.entityType ?? "")),
    edgeTypes: tally(relations.map(({ relationType }) => relationType)),
    relations: tally(
      relations.map(({ from, relationType, to }) =>
        JSON.stringify([typeOf(from), relationType === "__proto__" ? "(__proto__)" : relationType, typeOf(to)]),
      ),
    ),
    undescribedCount: names.filter((each) => entities.every((entity) => entity.name !== each || entity.observations.length === 0)).length,
    repeats: {
      entities: entities.length - names.length,
      observations: observed.length,
      commonest: Math.max(0, ...observed.map((text) => observed.filter((each) => each === text).length)),
    },
    distinct: new Set(statements.map(({ key }) => key)).size,
    bytes: statements.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
  };
}

describe("MemoryLines", () => {
  it("MemoryLines finds what sets and maps of strings find, however each line is written", () => {
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
        const counted = pointsOfField("relations", graphMetrics.fields.relations, found.relations);
        expect(new Map(counted.map(({ path, value }) => [JSON.stringify(path), value]))).toEqual(expected.relations);
        expect(found).toMatchObject({ undescribedCount: expected.undescribedCount, repeats: expected.repeats });
        expect(statements).toMatchObject({ distinct: expected.distinct, bytes: expected.bytes });
      }),
      { numRuns: 500 },
    );
  });

  const relation = '{"type":"relation","from":"a","to":"b","relationType":"knows"}';

  it.each([
    ["as the server writes it", relation],
    ["with an escape", relation.replace("knows", "kn\\u006fws")],
    ["with its keys in another order", '{"type":"relation","to":"b","from":"a","relationType":"knows"}'],
    ["with another key", relation.replace("}", ',"since":1}')],
    ["with spaces", relation.replaceAll(":", ": ")],
  ])("MemoryLines reads a relation %s", (_, line) => {
    const { edges, edgeCount, graph, statements } = totalsOf([entity("a"), entity("b"), line]);
    expect({ edges, edgeCount, from: [...graph.from], to: [...graph.to] }).toEqual({
      edges: { knows: 1 },
      edgeCount: 1,
      from: [0],
      to: [1],
    });
    expect(statements).toEqual({ memories: { procedural: 0, semantic: 1, episodic: 0 }, distinct: 1, bytes: "a knows b".length });
  });

  it.each([
    ["with a raw control character", relation.replace("knows", "kn\tows")],
    ["without its closing brace", relation.slice(0, -1)],
    ["without its last quote", `${relation.slice(0, -2)}}`],
  ])("MemoryLines skips a relation %s", (_, line) => {
    const { edgeCount, lines } = totalsOf([line]);
    expect(edgeCount).toBe(0);
    expect(lines).toMatchObject({
      read: 0,
      skipped: { not_json: 1 },
      first: "line 1: expected a JSON object, found text that is not JSON",
    });
  });

  it("MemoryLines skips empty lines and lines of other types", () => {
    expect(totalsOf(["", "  ", '{"type":"note"}', entity("a")])).toMatchObject({ nodeCount: 1, edgeCount: 0 });
  });
});

describe("NumberList", () => {
  it("NumberList keeps every number that was pushed or set, up to the largest of 32 bits", () => {
    const list = new NumberList();
    for (let n = 0; n < 5_000; n += 1) list.push(n);
    list.set(1_500, 2 ** 32 - 1);
    const kept = Array.from({ length: list.length }, (_, n) => list.at(n));
    expect(kept).toEqual(Array.from({ length: 5_000 }, (_, n) => (n === 1_500 ? 2 ** 32 - 1 : n)));
    expect([...list.values()]).toEqual(kept);
  });
});

import { describe, expect, it } from "vitest";
import { OTHER } from "../../src/sample/field.ts";
import { relationBreakdown, type Relation } from "../../src/sample/relations.ts";
import { pointsOfField, sumOf, validateReading } from "../../src/sample/sample-type.ts";
import { graphMetrics } from "../../src/sample/types/graph.ts";

const relation = (from: string, type: string, to: string, count: number): Relation => ({ from, type, to, count });
const pointsIn = (relations: readonly Relation[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    pointsOfField("relations", graphMetrics.fields.relations, relationBreakdown(relations)).map(({ path, value }) => [
      path.join(" "),
      value,
    ]),
  );

describe("relationBreakdown", () => {
  it("relationBreakdown splits by the type of the start, the edge and the end", () => {
    expect(
      pointsIn([relation("person", "knows", "person", 3), relation("person", "knows", "place", 1), relation("place", "in", "place", 2)]),
    ).toEqual({ "person knows person": 3, "person knows place": 1, "place in place": 2 });
  });

  it("relationBreakdown keeps the 50 largest combinations and adds up the others, so that the whole stays", () => {
    const relations = Array.from({ length: 80 }, (_, n) => relation(`a${n % 7}`, `t${n}`, `b${n % 3}`, 1 + ((n * 37) % 80)));
    const points = pointsIn([...relations, relation(OTHER, OTHER, OTHER, 1_000)]);
    const { [`${OTHER} ${OTHER} ${OTHER}`]: rest, ...named } = points;
    // The counts are 1 to 80, each once.
    expect(Object.values(named).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 31));
    expect(rest).toBe(1_000 + (30 * 31) / 2);
    expect(sumOf(points)).toBe(1_000 + (80 * 81) / 2);
  });

  it("relationBreakdown has no entry for others where there are none, and none for a combination without edges", () => {
    expect(pointsIn([relation("a", "t", "b", 1), relation("a", "u", "b", 0)])).toEqual({ "a t b": 1 });
    expect(pointsIn([])).toEqual({});
  });

  it("relationBreakdown takes types that are names of an object's properties, and types that are too long", () => {
    const long = "x".repeat(300);
    const relations = relationBreakdown([relation("__proto__", "constructor", long, 2), relation("a", "t", `${long}y`, 1)]);
    const cut = `${"x".repeat(199)}…`;
    expect(relations).toEqual({ "(__proto__)": { constructor: { [cut]: 2 } }, a: { t: { [cut]: 1 } } });
    expect(validateReading(graphMetrics, { relations })).toMatchObject({ ok: true });
  });
});

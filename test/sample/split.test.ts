import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, gauge, OTHER, total, upDownCounter, upTo } from "../../src/sample/field.ts";
import { attributesOf, defineSampleType, pointsOf, validateReading, type Fields } from "../../src/sample/sample-type.ts";
import { splitBy } from "../../src/sample/split.ts";

const AXIS = upTo(50, "db.namespace");

const stock = defineSampleType(
  "stock",
  {
    items: total("itemsByKind", "{item}"),
    itemsByKind: upDownCounter("stock.items", "{item}", { by: [upTo(10, "stock.kind")] }),
    shelves: upDownCounter("stock.shelves", "{shelf}"),
    fill: gauge("stock.fill", "1", { max: 1 }),
    search: duration("stock.search.duration"),
  },
  { "shelves hold items": ({ items, shelves }) => items === undefined || shelves === undefined || items >= shelves },
);
const split = splitBy(stock, AXIS);

/** The checks that a reading of the split type violates, at most one. */
const verdict = (values: unknown): string => {
  const found = validateReading(split, values);
  return found.ok ? "valid" : found.check;
};

describe("splitBy", () => {
  it("every field has the axis as its outermost, and keeps its instrument, its kind and its own axes", () => {
    expect(split.name).toBe("stock");
    for (const [key, field] of Object.entries(split.fields)) {
      const before = (stock.fields as Fields)[key]!;
      expect(field).toEqual({ ...before, by: [AXIS, ...before.by] });
    }
    expect(Object.keys(split.fields)).toEqual(Object.keys(stock.fields));
  });

  it("a number is a point with the attribute of the axis before its own", () => {
    const points = [...pointsOf(split, { fill: { a: 0.5 }, itemsByKind: { b: { nail: 3 } } })];
    expect(points.map(({ field, path, value }) => [attributesOf(split.fields[field]!, path), value])).toEqual([
      [{ "db.namespace": "b", "stock.kind": "nail" }, 3],
      [{ "db.namespace": "a" }, 0.5],
    ]);
  });

  it("the bounds of each field hold for each value of the axis", () => {
    expect(verdict({ fill: { a: 1, b: 0 } })).toBe("valid");
    expect(verdict({ fill: { a: 1, b: 1.5 } })).toBe("schema");
    expect(verdict({ shelves: { a: -1 } })).toBe("schema");
    expect(verdict({ fill: 0.5 })).toBe("schema");
    expect(verdict({ unknown: { a: 1 } })).toBe("schema");
  });

  it("a condition holds for each value of the axis by itself", () => {
    // Together there are as many shelves as items; in b there are more.
    expect(verdict({ items: { a: 9, b: 1 }, shelves: { a: 1, b: 2 } })).toBe("shelves hold items");
    expect(verdict({ items: { a: 9, b: 1 }, shelves: { a: 1, b: 1 } })).toBe("valid");
    expect(verdict({ items: { a: 1 }, shelves: { b: 2 } })).toBe("valid");
  });

  it("a total is the sum of its parts for the same value of the axis", () => {
    expect(verdict({ items: { a: 3, b: 4 }, itemsByKind: { a: { nail: 1, screw: 2 }, b: { nail: 4 } } })).toBe("valid");
    // The sum over both is right.
    expect(verdict({ items: { a: 4, b: 3 }, itemsByKind: { a: { nail: 3 }, b: { nail: 4 } } })).toBe("itemsByKind sums to items");
  });

  it("a value of the axis may be named like the prototype of an object", () => {
    expect(verdict({ items: { constructor: 1 }, shelves: { constructor: 2 } })).toBe("shelves hold items");
  });

  it("a reading is valid exactly if that of each value of the axis is", () => {
    const part = fc.record(
      { items: fc.nat(4), shelves: fc.nat(4), fill: fc.double({ min: 0, max: 1.2, noNaN: true }) },
      { requiredKeys: [] },
    );
    const name = fc.constantFrom("a", "b", "constructor", OTHER);
    fc.assert(
      fc.property(fc.dictionary(name, part, { minKeys: 1 }), (parts) => {
        const values: Record<string, Record<string, number>> = {};
        for (const [graph, fields] of Object.entries(parts))
          for (const [field, value] of Object.entries(fields)) (values[field] ??= {})[graph] = value;
        const each = Object.values(parts).every((fields) => validateReading(stock, fields).ok);
        expect(verdict(values) === "valid").toBe(each);
      }),
    );
  });
});

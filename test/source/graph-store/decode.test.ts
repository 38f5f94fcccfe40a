import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gauge, oneOf, upDownCounter, upTo } from "../../../src/sample/field.ts";
import { defineSampleType, validateReading } from "../../../src/sample/sample-type.ts";
import { valuesOf } from "../../../src/source/graph-store/decode.ts";
import type { Cell } from "../../../src/store/store.ts";
import { row, rows } from "../../support/fake-store.ts";

const shop = defineSampleType("shop", {
  orders: upDownCounter("shop.orders", "{order}", { by: [upTo(10, "shop.country")] }),
  shares: upDownCounter("shop.shares", "{order}", { by: [oneOf("shop.state", "open", "paid"), upTo(10, "shop.country")] }),
  states: upDownCounter("shop.states", "{order}", { by: [oneOf("shop.state", "open", "paid")] }),
  load: gauge("shop.load", "1"),
  delay: gauge("shop.delay", "s"),
});

describe("valuesOf", () => {
  it("columns become fields, and a column with a slash becomes one value of the field's axis", () => {
    expect(valuesOf(row({ load: 0.5, delay: 3, "states/open": 4, "states/paid": 5 }), shop)).toEqual({
      load: 0.5,
      delay: 3,
      states: { open: 4, paid: 5 },
    });
  });

  it("a null is absent, and so is every field of an empty result", () => {
    expect(valuesOf(row({ load: null, delay: 0 }), shop)).toEqual({ delay: 0 });
    expect(valuesOf(rows(["load", "delay"]), shop)).toEqual({});
  });

  it("rows become the values of an open axis", () => {
    expect(valuesOf(rows(["country", "orders"], ["de", 3], ["fr", 4]), shop)).toEqual({ orders: { de: 3, fr: 4 } });
    expect(valuesOf(rows(["country", "orders"]), shop)).toEqual({ orders: {} });
  });

  it("rows of which the axis is null or equal are added up", () => {
    expect(valuesOf(rows(["country", "orders"], [null, 1], [null, 2], ["de", 3], ["de", null]), shop)).toEqual({
      orders: { "": 3, de: 3 },
    });
  });

  it("numbers and booleans are values of an axis as text", () => {
    expect(valuesOf(rows(["country", "orders"], [49, 1], [true, 2]), shop)).toEqual({ orders: { 49: 1, true: 2 } });
  });

  it("an axis that is fixed in the column's name precedes those in the rows", () => {
    expect(valuesOf(rows(["country", "shares/paid"], ["de", 3]), shop)).toEqual({ shares: { paid: { de: 3 } } });
    expect(valuesOf(rows(["state", "country", "shares"], ["open", "de", 3]), shop)).toEqual({ shares: { open: { de: 3 } } });
  });

  it("a value of an axis may be named like the prototype of an object", () => {
    const values = valuesOf(rows(["country", "orders"], ["constructor", 1], ["toString", 2]), shop);
    expect(validateReading(shop, values)).toMatchObject({ ok: true, values: { orders: { constructor: 1, toString: 2 } } });
  });

  it.each<[string, Cell, string]>([
    ["an integer above 2^53", 9_007_199_254_740_993n, "an integer above 2^53"],
    ["a text", "5", "a string"],
    ["a truth", true, "a boolean"],
    ["a list", [1], "a list"],
    ["a map", { a: 1 }, "a map"],
  ])("%s is no number, and the message names what was found and the column", (_name, cell, found) => {
    const expected = `returned ${found} in the column "load"; expected a number`;
    expect(() => valuesOf(row({ delay: 1, load: cell }), shop)).toThrow(expected);
  });

  it("a list or a large integer is no value of an axis", () => {
    for (const cell of [["de"], 2n ** 60n])
      expect(() => valuesOf(rows(["country", "orders"], [cell, 1]), shop)).toThrow("as the value of an axis; expected a text");
  });

  it.each([
    [
      "two rows of a field that is not split",
      rows(["load"], [1], [2]),
      'returned 2 rows; expected one, because the field "load" is not split',
    ],
    ["a column that is no field", row({ loads: 1 }), 'returned the column "loads"; expected a field of shop'],
    ["a column that is a property of every object", row({ constructor: 1 }), 'returned the column "constructor"; expected a field of shop'],
    ["one more value than the field has axes", row({ "load/a": 1 }), 'returned the column "load/a"; expected the field and one value'],
    [
      "no column for the axis",
      row({ orders: 1 }),
      'returned 1 columns; expected 2: one for each axis of the field "orders", then the number',
    ],
    ["a second number beside a split one", row({ country: "de", load: 1, orders: 1 }), "returned 3 columns; expected 2"],
  ])("%s is refused", (_name, result, message) => {
    expect(() => valuesOf(result, shop)).toThrow(message);
  });

  it("the sum over an open axis is the sum of the rows, in any order and with any names", () => {
    const names = fc.string({ unit: "binary", maxLength: 5 }).filter((name) => name !== "__proto__");
    const entries = fc.array(fc.tuple(names, fc.integer({ min: 0, max: 1_000 })), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(entries, (pairs) => {
        const { orders } = valuesOf(rows(["country", "orders"], ...pairs), shop) as { orders: Record<string, number> };
        const byName = Map.groupBy(pairs, ([name]) => name);
        expect(Object.keys(orders).length).toBe(byName.size);
        for (const [name, group] of byName) expect(orders[name]).toBe(group.reduce((sum, [, count]) => sum + count, 0));
      }),
    );
  });
});

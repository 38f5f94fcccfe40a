import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentMemory } from "../../src/sample/types/agent-memory.ts";
import { counter, duration, gauge, oneOf, OTHER, total, upDownCounter, upTo } from "../../src/sample/field.ts";
import { graphMetrics } from "../../src/sample/types/graph.ts";
import {
  assemble,
  attributesOf,
  AXIS_READING_LIMIT,
  defineSampleType,
  validateReading,
  nearly,
  columnName,
  pointKey,
  pointsOf,
  sumOf,
  type SampleType,
} from "../../src/sample/sample-type.ts";
import { systemMetrics } from "../../src/sample/types/system.ts";

const QUEUE_DEPTH = gauge("queue.depth", "{job}");

it.each([
  ["no fields", "x", null, {}, "expected a map of fields, found nothing"],
  ["an empty name", "", { depth: QUEUE_DEPTH }, {}, "expected a name: a letter, then letters, digits, _ . or -, at most 64"],
  ["a name with a space", "a b/c", { depth: QUEUE_DEPTH }, {}, "expected a name: a letter, then letters, digits, _ . or -, at most 64"],
  ["a field that is null", "x", { depth: null }, {}, 'expected a field "depth" such as gauge("queue.age", "s"), found nothing'],
  [
    "an unknown kind",
    "x",
    { depth: { ...QUEUE_DEPTH, kind: "foo" } },
    {},
    'unknown kind "foo" of field "depth"; expected gauge, counter, up_down_counter, duration or total',
  ],
  ["a unit that is no text", "x", { depth: gauge("a.b", 5 as never) }, {}, 'expected text as the unit of field "depth", found 5'],
  [
    "a max below its min",
    "x",
    { depth: gauge("a.b", "1", { min: 5, max: 1 }) },
    {},
    'the max of field "depth" is below its min: expected at least 5, found 1',
  ],
  [
    "a min that is no number",
    "x",
    { depth: gauge("a.b", "1", { min: Number.NaN }) },
    {},
    'expected a number as the min of field "depth", found NaN',
  ],
  [
    "an unknown direction",
    "x",
    { depth: gauge("a.b", "1", { good: "up" as never }) },
    {},
    'invalid good of field "depth": expected low or high, found "up"',
  ],
  [
    "a negative limit",
    "x",
    { depth: gauge("a.b", "1", { by: [upTo(-3, "queue.name")] }) },
    {},
    'invalid limit of the attribute "queue.name" of field "depth": expected a whole number from 1 to 10000, found -3',
  ],
  [
    "a closed axis without values",
    "x",
    { depth: gauge("a.b", "1", { by: [oneOf("queue.name")] }) },
    {},
    'invalid values of the attribute "queue.name" of field "depth": expected 1 to 10000, found 0',
  ],
  ["checks that are null", "x", { depth: QUEUE_DEPTH }, null, "expected a map of checks, found nothing"],
  [
    "a check that is no function",
    "x",
    { depth: QUEUE_DEPTH },
    { full: 5 },
    'the check "full" is no function: expected a function, found 5',
  ],
])("defineSampleType refuses %s as config_invalid", (_, name, fields, checks, problem) => {
  const define = (): unknown => defineSampleType(name, fields as never, checks as never);
  const expected = { code: "config_invalid", message: `sample type "${name}": ${problem}` };
  expect(define).toThrow(expect.objectContaining(expected) as Error);
});

describe("built-in sample types", () => {
  it.each([
    [agentMemory, { totalMemories: 3, memories: { semantic: 1, episodic: 1 } }, "memories sums to totalMemories"],
    [graphMetrics, { nodeCount: 2, nodes: { a: 1, b: 2 } }, "nodes sums to nodeCount"],
    [graphMetrics, { nodeCount: 2, connectedComponents: 3 }, "components do not exceed nodes"],
    [graphMetrics, { nodeCount: 2, largestComponentSize: 3 }, "largest component does not exceed nodes"],
    [graphMetrics, { nodeCount: 4, edgeCount: 1, density: 0.5 }, "density agrees with the counts"],
    [systemMetrics, {}, "measures something"],
  ] as readonly (readonly [SampleType, object, string])[])(
    "$0.name rejects the reading %j by name of the check it violates",
    (type, raw, check) => {
      expect(validateReading(type, raw)).toMatchObject({ ok: false, check });
    },
  );

  it("graph accepts readings without the fields that a check needs", () => {
    expect(validateReading(graphMetrics, { density: 0.5 }).ok).toBe(true);
    expect(validateReading(graphMetrics, { nodeCount: 4, edgeCount: 3, density: 0.5 }).ok).toBe(true);
  });
});

const queue = defineSampleType(
  "queue",
  {
    depth: upDownCounter("queue.depth", "{job}", { max: 1_000, by: [upTo(3, "queue.name"), oneOf("queue.state", "ready", "delayed")] }),
    all: total("depth", "{job}"),
    done: counter("queue.done", "{job}"),
    wait: duration("queue.wait"),
    load: gauge("queue.load", "1", { max: 1 }),
    drift: gauge("queue.drift", "s", { min: Number.NEGATIVE_INFINITY }),
  },
  { "load has a wait": ({ load, wait }) => load === undefined || wait !== undefined },
);

describe("defineSampleType", () => {
  it("defineSampleType allows a total beside the breakdown whose instrument it shares", () => {
    expect(queue.checks.map(({ name }) => name)).toEqual(["depth sums to all", "load has a wait"]);
  });
});

describe("validateReading", () => {
  it.each([
    ["a reading without values", {}],
    ["a reading with some of the fields", { done: 3, wait: 0 }],
    ["a reading with part of a breakdown", { depth: { mail: { ready: 1 } } }],
    ["a total equal to the sum of its parts", { depth: { mail: { ready: 1, delayed: 2 }, print: {} }, all: 3 }],
    ["a total without its parts", { all: 3 }],
    ["a sum off by a rounding", { depth: { a: { ready: 0.1, delayed: 0.2 } }, all: 0.3 }],
    ["a value below zero if the field has no minimum", { drift: -5 }],
    [
      "as many values as an axis allows",
      { depth: Object.fromEntries(Array.from({ length: AXIS_READING_LIMIT }, (_, n) => [`q${n}`, {}])) },
    ],
    ["attribute values named like properties of every object", { depth: { constructor: { ready: 1 }, toString: { ready: 2 } } }],
  ])("accepts %s", (_, raw) => {
    const verdict = validateReading(queue, raw);
    expect(verdict).toEqual({ ok: true, values: raw });
  });

  it.each([
    ["nothing", undefined, /^the reading: /],
    ["null", null, /^the reading: /],
    ["a list", [], /^the reading: /],
    ["a number", 5, /^the reading: /],
    ["text for a number", { done: "3" }, /^done: expected a number, found "3"$/],
    ["null for a number", { done: null }, /^done: expected a number, found nothing$/],
    ["NaN", { done: Number.NaN }, /^done: expected a number, found NaN$/],
    ["Infinity", { done: Number.POSITIVE_INFINITY }, /^done: /],
    ["-Infinity, even without a minimum", { drift: Number.NEGATIVE_INFINITY }, /^drift: /],
    ["a number too small", { done: -1 }, /^done: expected at least 0, found -1$/],
    ["a number too large", { load: 1.01 }, /^load: expected at most 1, found 1.01$/],
    ["an unknown field", { speed: 1 }, /^speed: unknown key "speed"; expected depth, /],
    ["a number for a breakdown", { depth: 5 }, /^depth: /],
    ["a list for a breakdown", { depth: [] }, /^depth: /],
    ["a breakdown with too few levels", { depth: { mail: 5 } }, /^depth\.mail: /],
    ["a breakdown with too many levels", { depth: { mail: { ready: { now: 5 } } } }, /^depth\.mail\.ready: /],
    ["a value missing from a closed axis", { depth: { mail: { lost: 5 } } }, /^depth\.mail\.lost: unknown key "lost"; expected /],
    ["a breakdown for a number", { done: { a: 1 } }, /^done: expected a number, found a map$/],
    ["a __proto__ key", JSON.parse('{"__proto__": {"done": 1}}') as object, /the key __proto__, which is not a field/],
    ["a nested __proto__ key", JSON.parse('{"depth": {"__proto__": {"ready": 1}}}') as object, /the key __proto__/],
    [
      "too many values",
      { depth: Object.fromEntries(Array.from({ length: AXIS_READING_LIMIT + 1 }, (_, n) => [n, "x"])) },
      /^expected at most 10000 values, found 10001$/,
    ],
    ["50 levels of nesting", nested(50), /^expected at most 8 levels of nesting, found more$/],
  ])("rejects %s under the check schema", (_, raw, message) => {
    expect(validateReading(queue, raw)).toEqual({ ok: false, check: "schema", message: expect.stringMatching(message) as string });
  });

  it("rejects a reading under the name of the first check it violates", () => {
    const raw = { depth: { mail: { ready: 1 } }, all: 2, load: 0.5 };
    expect(validateReading(queue, raw)).toMatchObject({
      ok: false,
      check: "depth sums to all",
      message: expect.stringMatching(/the check "depth sums to all" does not hold$/) as string,
    });
    expect(validateReading(queue, { load: 0.5 })).toMatchObject({ ok: false, check: "load has a wait" });
  });

  it("bounds its message to 500 characters for a reading with 9999 problems", () => {
    const raw = { depth: Object.fromEntries(Array.from({ length: 9_999 }, (_, n) => [`q${n}`, "x"])) };
    const verdict = validateReading(queue, raw);
    expect(verdict.ok ? "" : verdict.message).toMatch(/; and 9996 more$/);
    expect(verdict.ok ? "" : verdict.message.length).toBeLessThan(500);
  });

  it("returns a copy, so that a source cannot change a sample afterwards", () => {
    const raw = { depth: { mail: { ready: 1 } } };
    const verdict = validateReading(queue, raw);
    raw.depth.mail.ready = 99;
    expect(verdict).toEqual({ ok: true, values: { depth: { mail: { ready: 1 } } } });
  });
});

function nested(depth: number): unknown {
  return Array.from({ length: depth }).reduce<unknown>((inner) => ({ a: inner }), 1);
}

/** Values of `queue`, with names that are awkward on purpose. */
const names = fc
  .oneof(fc.string(), fc.constantFrom("constructor", "a.b", "a\0b", "", "0"), fc.string({ unit: "binary" }))
  .filter((name) => name !== "__proto__");
const number = fc.double({ min: 0, max: 1_000, noNaN: true });
const depths = fc.dictionary(names, fc.record({ ready: number, delayed: number }, { requiredKeys: [] }), { noNullPrototype: true });

describe("points", () => {
  it("pointsOf yields every number with its path, in the order of the type's fields", () => {
    const points = [...pointsOf(queue, { done: 3, depth: { mail: { ready: 1 }, print: { ready: 0, delayed: 4 } } })];
    expect(points).toEqual([
      { field: "depth", path: ["mail", "ready"], value: 1 },
      { field: "depth", path: ["print", "ready"], value: 0 },
      { field: "depth", path: ["print", "delayed"], value: 4 },
      { field: "done", path: [], value: 3 },
    ]);
  });

  it("assemble reverses pointsOf, except for empty breakdowns", () => {
    fc.assert(
      fc.property(depths, number, (depth, done) => {
        const full = Object.fromEntries(Object.entries(depth).filter(([, inner]) => Object.keys(inner).length > 0));
        const points = [...pointsOf(queue, { depth, done })];
        const values = assemble(points.map((point) => [point, point.value] as const));
        expect({ ...(values.depth as object) }).toEqual(full);
        expect(values["done"]).toBe(done);
      }),
    );
  });

  it("columnName is the field and the values, and is different for different points", () => {
    expect(columnName({ field: "depth", path: [] })).toBe("depth");
    expect(columnName({ field: "used", path: ["/mnt/data"] })).toBe("used//mnt/data");
    expect(columnName({ field: "io", path: ["cciss/c0d0", "read"] })).toBe("io/cciss~1c0d0/read");
    const step = fc.stringMatching(/^[a/~01]{0,4}$/);
    fc.assert(
      fc.property(fc.tuple(step, step), fc.tuple(step, step), (a, b) => {
        const isEqual = JSON.stringify(a) === JSON.stringify(b);
        expect(columnName({ field: "io", path: a }) === columnName({ field: "io", path: b })).toBe(isEqual);
      }),
      { numRuns: 2_000 },
    );
  });

  it("pointKey is different for different fields or paths", () => {
    fc.assert(
      fc.property(depths, (depth) => {
        const noZeros = Object.fromEntries(Object.entries(depth).filter(([name]) => !name.includes("\0")));
        const keys = [...pointsOf(queue, { depth: noZeros })].map(pointKey);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
    expect(pointKey({ field: "done", path: [] })).toBe("done");
    expect(pointKey({ field: "io", path: ["a\0b", "c"] })).not.toBe(pointKey({ field: "io", path: ["a", "b\0c"] }));
    expect(pointKey({ field: "io", path: ["a.b", "c"] })).not.toBe(pointKey({ field: "io", path: ["a", "b.c"] }));
  });

  it("attributesOf names the value on each axis, and _OTHER where the path is short", () => {
    expect(attributesOf(queue.fields.depth, ["mail", "ready"])).toEqual({ "queue.name": "mail", "queue.state": "ready" });
    expect(attributesOf(queue.fields.depth, ["mail"])).toEqual({ "queue.name": "mail", "queue.state": OTHER });
    expect(attributesOf(queue.fields.done, [])).toEqual({});
  });
});

describe("sums", () => {
  it("sumOf adds up a breakdown of any depth", () => {
    expect(sumOf(5)).toBe(5);
    expect(sumOf({})).toBe(0);
    expect(sumOf({ a: 1, b: { c: 2, d: { e: 3 } } })).toBe(6);
  });

  it("nearly ignores rounding errors", () => {
    expect(nearly(0.1 + 0.2, 0.3)).toBe(true);
    expect(nearly(1e15, 1e15 + 1)).toBe(true);
    expect(nearly(100, 101)).toBe(false);
    expect(nearly(0, 1e-6)).toBe(false);
  });
});

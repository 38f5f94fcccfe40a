import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentMemory } from "../../src/sample/types/agent-memory.ts";
import { declaredTypeOptions, declareSampleType } from "../../src/sample/declared.ts";
import { counter, duration, gauge, isAdditive, oneOf, OTHER, total, upTo, type Field } from "../../src/sample/field.ts";
import { graphMetrics } from "../../src/sample/types/graph.ts";
import {
  assemble,
  attributesOf,
  AXIS_READING_LIMIT,
  defineSampleType,
  judge,
  nearly,
  pointKey,
  pointsOf,
  sumOf,
  type SampleType,
} from "../../src/sample/sample-type.ts";
import { systemMetrics } from "../../src/sample/types/system.ts";

const io = defineSampleType("io", {
  io: counter("io", "By", { by: [upTo(2, "device"), oneOf("direction", "in", "out")] }),
  load: gauge("load", "1", { min: Number.NEGATIVE_INFINITY, max: 1 }),
});

describe("points", () => {
  it("are taken apart and put together again", () => {
    const values = { io: { sda: { in: 1, out: 2 }, sdb: { in: 3 } }, load: 0.5 };
    const points = [...pointsOf(io, values)];
    expect(points).toHaveLength(4);
    expect(new Set(points.map(pointKey)).size).toBe(4);
    expect(assemble(points.map((point) => [point, point.value]))).toEqual(values);
    expect(attributesOf(io.fields.io, ["sda", "in"])).toEqual({ device: "sda", direction: "in" });
  });
});

describe("a reading", () => {
  it.each([
    ["bounds", { load: 1.1 }, /^load: /],
    ["no bound below", { load: -5 }, undefined],
    ["numbers that are finite", { load: Number.NaN }, /^load: /],
    ["values of a closed axis", { io: { sda: { sideways: 1 } } }, /^io\.sda: /],
    ["known fields", { speed: 1 }, /Unrecognized key/],
    ["breakdowns of the right depth", { io: { sda: 1 } }, /^io\.sda: /],
    ["an object", 5, /^the reading: /],
    ["nothing deeper than it can be", { io: { a: { b: { c: { d: { e: { f: { g: { h: {} } } } } } } } } }, /8 levels/],
  ])("has %s", (_, raw, message) => {
    const verdict = judge(io, raw);
    if (message === undefined) expect(verdict.ok).toBe(true);
    else expect(verdict).toMatchObject({ ok: false, check: "schema", message: expect.stringMatching(message) as string });
  });

  it.each([
    [agentMemory, { totalMemories: 3, memories: { semantic: 1, episodic: 1 } }, "memories sums to totalMemories"],
    [graphMetrics, { nodeCount: 2, nodes: { a: 1, b: 2 } }, "nodes sums to nodeCount"],
    [graphMetrics, { nodeCount: 2, connectedComponents: 3 }, "components do not exceed nodes"],
    [graphMetrics, { nodeCount: 2, largestComponentSize: 3 }, "largest component does not exceed nodes"],
    [graphMetrics, { nodeCount: 4, edgeCount: 1, density: 0.5 }, "density agrees with the counts"],
    [systemMetrics, {}, "measures something"],
  ] as readonly (readonly [SampleType, object, string])[])("is counted by the check across fields that it breaks", (type, raw, check) => {
    expect(judge(type, raw)).toMatchObject({ ok: false, check });
  });

  it("may leave out what a check needs", () => {
    expect(judge(graphMetrics, { density: 0.5 }).ok).toBe(true);
    expect(judge(graphMetrics, { nodeCount: 4, edgeCount: 3, density: 0.5 }).ok).toBe(true);
  });
});

describe("defining a type", () => {
  it.each([
    [() => defineSampleType("x", {}), /at least one field/],
    [() => defineSampleType("x", { a: gauge("1x", "1") }), /no OpenTelemetry instrument name/],
    [() => defineSampleType("x", { a: gauge("q", "1"), b: gauge("q", "1") }), /share the instrument q/],
    [() => defineSampleType("x", { a: total("b", "{x}") }), /sums "b", which is no field/],
    [() => defineSampleType("x", { "a b": gauge("q", "1") }), /expected letters and digits/],
  ])("refuses %s", (define, message) => expect(define).toThrow(message));
});

describe("a declared type", () => {
  it("is what the same calls would make", () => {
    const declared = declaredTypeOptions.parse({
      depth: {
        instrument: "queue.depth",
        unit: "{job}",
        good: "low",
        by: [
          { attribute: "queue.name", limit: 20 },
          { attribute: "state", values: ["ready", "delayed"] },
        ],
      },
      all: { kind: "total", sums: "depth", unit: "{job}" },
      done: { kind: "counter", instrument: "queue.done", unit: "{job}", max: 10 },
      wait: { kind: "duration", instrument: "queue.wait" },
    });
    expect(declareSampleType("queue", declared).fields).toEqual({
      depth: gauge("queue.depth", "{job}", { good: "low", by: [upTo(20, "queue.name"), oneOf("state", "ready", "delayed")] }),
      all: total("depth", "{job}"),
      done: counter("queue.done", "{job}", { max: 10 }),
      wait: duration("queue.wait"),
    });
  });

  it.each([
    [{ a: { unit: "s" } }, /expected an instrument/],
    [{ a: { instrument: "x" } }, /expected a unit/],
    [{ a: { kind: "total", unit: "s" } }, /expected the field that the total sums/],
  ])("says what %j lacks", (declared, message) =>
    expect(() => declareSampleType("t", declaredTypeOptions.parse(declared))).toThrow(message),
  );
});

const queue = defineSampleType(
  "queue",
  {
    depth: gauge("queue.depth", "{job}", { max: 1_000, by: [upTo(3, "queue.name"), oneOf("queue.state", "ready", "delayed")] }),
    all: total("depth", "{job}"),
    done: counter("queue.done", "{job}"),
    wait: duration("queue.wait"),
    load: gauge("queue.load", "1", { max: 1 }),
    drift: gauge("queue.drift", "s", { min: Number.NEGATIVE_INFINITY }),
  },
  { "load has a wait": ({ load, wait }) => load === undefined || wait !== undefined },
);

describe("a sample type", () => {
  it.each([
    ["has no field", {}, /expected at least one field, found none/],
    ["has a field with a bad key", { "a-b": gauge("a.b", "1") }, /field "a-b": expected letters and digits, a letter first, at most 64/],
    [
      "has an instrument that OpenTelemetry does not allow",
      { a: gauge("1.b", "1") },
      /field "a": "1\.b" is no OpenTelemetry instrument name/,
    ],
    ["has an instrument too long", { a: gauge("a".repeat(256), "1") }, /is no OpenTelemetry instrument name/],
    ["has two fields of one instrument", { a: gauge("a.b", "1"), b: counter("a.b", "s") }, /fields "a" and "b" share the instrument a\.b/],
    ["sums what is not there", { a: total("b", "1") }, /field "a" sums "b", which is no field of it/],
  ])("is refused when it %s", (_, fields, message) => {
    expect(() => defineSampleType("bad", fields as Record<string, Field>)).toThrow(message);
    expect(() => defineSampleType("bad", fields as Record<string, Field>)).toThrow(/^sample type "bad": /);
  });

  it("may have a total beside the breakdown whose instrument it shares", () => {
    expect(queue.checks.map(({ name }) => name)).toEqual(["depth sums to all", "load has a wait"]);
  });
});

describe("a reading is", () => {
  it.each([
    ["one without any value", {}],
    ["one with some", { done: 3, wait: 0 }],
    ["one with a part of a breakdown", { depth: { mail: { ready: 1 } } }],
    ["a total that its parts add up to", { depth: { mail: { ready: 1, delayed: 2 }, print: {} }, all: 3 }],
    ["a total alone", { all: 3 }],
    ["a sum off by a rounding", { depth: { a: { ready: 0.1, delayed: 0.2 } }, all: 0.3 }],
    ["a value below zero where it may be", { drift: -5 }],
    [
      "as many values as an axis may have",
      { depth: Object.fromEntries(Array.from({ length: AXIS_READING_LIMIT }, (_, n) => [`q${n}`, {}])) },
    ],
    ["a name that every object has", { depth: { constructor: { ready: 1 }, toString: { ready: 2 } } }],
  ])("valid: %s", (_, raw) => {
    const verdict = judge(queue, raw);
    expect(verdict).toEqual({ ok: true, values: raw });
  });

  it.each([
    ["nothing", undefined, /^the reading: /],
    ["null", null, /^the reading: /],
    ["a list", [], /^the reading: /],
    ["a number", 5, /^the reading: /],
    ["text for a number", { done: "3" }, /^done: .*expected number, received string/],
    ["null for a number", { done: null }, /^done: .*expected number, received null/],
    ["NaN", { done: Number.NaN }, /^done: .*received NaN/],
    ["Infinity", { done: Number.POSITIVE_INFINITY }, /^done: /],
    ["-Infinity, also where there is no minimum", { drift: Number.NEGATIVE_INFINITY }, /^drift: /],
    ["a number too small", { done: -1 }, /^done: .*>=0/],
    ["a number too large", { load: 1.01 }, /^load: .*<=1$/],
    ["a field that is not there", { speed: 1 }, /Unrecognized key: "speed"/],
    ["a number for a breakdown", { depth: 5 }, /^depth: /],
    ["a list for a breakdown", { depth: [] }, /^depth: /],
    ["a breakdown not deep enough", { depth: { mail: 5 } }, /^depth\.mail: /],
    ["a breakdown too deep", { depth: { mail: { ready: { now: 5 } } } }, /^depth\.mail\.ready: /],
    ["a value that a closed axis does not have", { depth: { mail: { lost: 5 } } }, /^depth\.mail: .*"lost"/],
    ["a breakdown for a number", { done: { a: 1 } }, /^done: .*received object/],
    ["a __proto__ key", JSON.parse('{"__proto__": {"done": 1}}') as object, /the key __proto__, which no field has/],
    ["a __proto__ key further in", JSON.parse('{"depth": {"__proto__": {"ready": 1}}}') as object, /the key __proto__/],
    [
      "too many values",
      { depth: Object.fromEntries(Array.from({ length: AXIS_READING_LIMIT + 1 }, (_, n) => [n, "x"])) },
      /^expected at most 10000 values, found 10001$/,
    ],
    ["endless nesting", nested(50), /^expected at most 8 levels of nesting, found more$/],
  ])("invalid by its structure: %s", (_, raw, message) => {
    expect(judge(queue, raw)).toEqual({ ok: false, check: "schema", message: expect.stringMatching(message) as string });
  });

  it("invalid by the first check that it breaks, which is named", () => {
    const raw = { depth: { mail: { ready: 1 } }, all: 2, load: 0.5 };
    expect(judge(queue, raw)).toMatchObject({
      ok: false,
      check: "depth sums to all",
      message: expect.stringMatching(/depth sums to all does not hold$/) as string,
    });
    expect(judge(queue, { load: 0.5 })).toMatchObject({ ok: false, check: "load has a wait" });
  });

  it("told of in a few words, however much is wrong with it", () => {
    const raw = { depth: Object.fromEntries(Array.from({ length: 9_999 }, (_, n) => [`q${n}`, "x"])) };
    const verdict = judge(queue, raw);
    expect(verdict.ok ? "" : verdict.message).toMatch(/; and 9996 more$/);
    expect(verdict.ok ? "" : verdict.message.length).toBeLessThan(500);
  });

  it("copied: what the source does with it afterwards changes no sample", () => {
    const raw = { depth: { mail: { ready: 1 } } };
    const verdict = judge(queue, raw);
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

describe("the points of values", () => {
  it("are the numbers of the values, in the order of the fields, each with its place", () => {
    const points = [...pointsOf(queue, { done: 3, depth: { mail: { ready: 1 }, print: { ready: 0, delayed: 4 } } })];
    expect(points).toEqual([
      { field: "depth", path: ["mail", "ready"], value: 1 },
      { field: "depth", path: ["print", "ready"], value: 0 },
      { field: "depth", path: ["print", "delayed"], value: 4 },
      { field: "done", path: [], value: 3 },
    ]);
  });

  it("put together again are the values, but for what was empty", () => {
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

  it("of different places have different keys", () => {
    fc.assert(
      fc.property(depths, (depth) => {
        const noZeros = Object.fromEntries(Object.entries(depth).filter(([name]) => !name.includes("\0")));
        const keys = [...pointsOf(queue, { depth: noZeros })].map(pointKey);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
    expect(pointKey({ field: "done", path: [] })).toBe("done");
    expect(pointKey({ field: "io", path: ["a.b", "c"] })).not.toBe(pointKey({ field: "io", path: ["a", "b.c"] }));
  });

  it("carry the attributes of their field's axes", () => {
    expect(attributesOf(queue.fields.depth, ["mail", "ready"])).toEqual({ "queue.name": "mail", "queue.state": "ready" });
    expect(attributesOf(queue.fields.depth, ["mail"])).toEqual({ "queue.name": "mail", "queue.state": OTHER });
    expect(attributesOf(queue.fields.done, [])).toEqual({});
  });
});

describe("sums", () => {
  it("go through a breakdown of any depth", () => {
    expect(sumOf(5)).toBe(5);
    expect(sumOf({})).toBe(0);
    expect(sumOf({ a: 1, b: { c: 2, d: { e: 3 } } })).toBe(6);
  });

  it("are equal but for a rounding", () => {
    expect(nearly(0.1 + 0.2, 0.3)).toBe(true);
    expect(nearly(1e15, 1e15 + 1)).toBe(true);
    expect(nearly(100, 101)).toBe(false);
    expect(nearly(0, 1e-6)).toBe(false);
  });

  it("make no sense of shares, scores and flags", () => {
    expect(["1", "{score}", "{flag}"].map((unit) => isAdditive({ unit }))).toEqual([false, false, false]);
    expect(["By", "{job}", "s"].map((unit) => isAdditive({ unit }))).toEqual([true, true, true]);
  });
});

import { describe, expect, it } from "vitest";
import { agentMemory } from "../../src/sample/agent-memory.ts";
import { declaredTypeOptions, declareSampleType } from "../../src/sample/declared.ts";
import { counter, duration, gauge, oneOf, total, upTo } from "../../src/sample/field.ts";
import { graphMetrics } from "../../src/sample/graph-metrics.ts";
import { assemble, attributesOf, defineSampleType, judge, pointKey, pointsOf, type SampleType } from "../../src/sample/sample-type.ts";
import { systemMetrics } from "../../src/sample/system-metrics.ts";

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
      depth: { instrument: "queue.depth", unit: "{job}", good: "low", by: [{ attribute: "queue.name", limit: 20 }, { attribute: "state", values: ["ready", "delayed"] }] },
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
    [{ a: { unit: "s" } }, /needs an instrument/],
    [{ a: { instrument: "x" } }, /needs a unit/],
    [{ a: { kind: "total", unit: "s" } }, /needs sums/],
  ])("says what %j lacks", (declared, message) => expect(() => declareSampleType("t", declaredTypeOptions.parse(declared))).toThrow(message));
});

import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parse } from "../../src/base/issues.ts";
import { declaredTypeOptions, declareSampleType } from "../../src/sample/declared.ts";
import { counter, duration, gauge, oneOf, total, upDownCounter, upTo } from "../../src/sample/field.ts";
import { defineSampleType, validateReading, type SampleType } from "../../src/sample/sample-type.ts";

const declare = (yaml: string): SampleType => declareSampleType("queue", declaredTypeOptions.parse(parseYaml(yaml)));

/** Problems of a declaration, each with its path. */
function problems(yaml: string): readonly string[] {
  const parsed = parse(declaredTypeOptions, parseYaml(yaml));
  return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const QUEUE = `
depth:
  instrument: queue.depth
  unit: "{job}"
  kind: up_down_counter
  good: low
  max: 1000000
  description: Jobs waiting.
  by: [{ attribute: queue.name, limit: 3 }, { attribute: queue.state, values: [ready, delayed] }]
all: { kind: total, sums: depth, unit: "{job}" }
done: { kind: counter, instrument: queue.done, unit: "{job}", by: [{ attribute: queue.worker }] }
wait: { kind: duration, instrument: queue.wait, good: low }
warmth: { instrument: room.temperature, unit: Cel, min: -.inf }
`;

describe("declareSampleType", () => {
  it("returns the same type as defineSampleType would in a program", () => {
    const defined = defineSampleType("queue", {
      depth: upDownCounter("queue.depth", "{job}", {
        good: "low",
        max: 1_000_000,
        description: "Jobs waiting.",
        by: [upTo(3, "queue.name"), oneOf("queue.state", "ready", "delayed")],
      }),
      all: total("depth", "{job}"),
      done: counter("queue.done", "{job}", { by: [upTo(20, "queue.worker")] }),
      wait: duration("queue.wait", { good: "low" }),
      warmth: gauge("room.temperature", "Cel", { min: Number.NEGATIVE_INFINITY }),
    });
    const declared = declare(QUEUE);
    expect(declared.name).toBe("queue");
    expect(declared.fields).toEqual(defined.fields);
    expect(declared.checks.map(({ name }) => name)).toEqual(defined.checks.map(({ name }) => name));
  });

  it("returns a type that checks readings by its bounds, axes and totals", () => {
    const queue = declare(QUEUE);
    const depth = { mail: { ready: 2, delayed: 1 }, print: { ready: 4 } };
    expect(validateReading(queue, { depth, all: 7, wait: 0.5, warmth: -40 })).toMatchObject({ ok: true });
    expect(validateReading(queue, { depth, all: 8 })).toMatchObject({ ok: false, check: "depth sums to all" });
    expect(validateReading(queue, { depth: { mail: { lost: 1 } } })).toMatchObject({ ok: false, check: "schema" });
    expect(validateReading(queue, { depth: { mail: { ready: 1_000_001 } } })).toMatchObject({ ok: false });
    expect(validateReading(queue, { wait: -1 })).toMatchObject({ ok: false });
  });

  it("makes a field without a kind a gauge with a minimum of 0", () => {
    const { fields } = declare('a: { instrument: a.b, unit: "1" }');
    expect(fields["a"]).toEqual(gauge("a.b", "1"));
    expect(fields["a"]).toMatchObject({ kind: "gauge", min: 0 });
  });

  it("treats an option whose value is undefined as absent", () => {
    const declared = declaredTypeOptions.parse({ a: { instrument: "a.b", unit: "1", min: undefined, max: undefined } });
    expect(declareSampleType("t", declared).fields["a"]).toEqual(gauge("a.b", "1"));
  });

  it("accepts the unit s for a duration", () => {
    expect(declare("a: { kind: duration, instrument: a.b, unit: s }").fields["a"]).toEqual(duration("a.b"));
  });
});

describe("declaredTypeOptions", () => {
  it.each([
    ["a field without an instrument", 'a: { unit: "1" }', ["a.instrument: expected an instrument name, because the field is a gauge"]],
    [
      "a field without a unit",
      "a: { kind: up_down_counter, instrument: a.b }",
      ['a.unit: expected a unit such as "{job}", because the field is an up-down counter'],
    ],
    ["a total that sums nothing", 'a: { kind: total, unit: "1" }', ["a.sums: expected the name of the field that the total sums"]],
    [
      "a total with an instrument",
      'a: { kind: total, unit: "1", sums: b, instrument: a.b }',
      ['a.instrument: expected none, because a total has the instrument of the field it sums; found "a.b"'],
    ],
    [
      "a gauge that sums another field",
      'a: { unit: "1", instrument: a.b, sums: b }',
      ['a.sums: expected nothing, because the field is a gauge and only a total sums another field; found "b"'],
    ],
    [
      "a duration in milliseconds",
      "a: { kind: duration, instrument: a.b, unit: ms }",
      ['a.unit: expected "s", because a duration is in seconds; found "ms"'],
    ],
    [
      "a duration split by an attribute",
      "a: { kind: duration, instrument: a.b, by: [{ attribute: c, limit: 2 }] }",
      ["a.by: expected nothing, because a duration is a single number; found an attribute"],
    ],
    [
      "a max below min",
      'a: { instrument: a.b, unit: "1", min: 5, max: 1 }',
      ['a.max: the max of field "a" is below its min: expected at least 5, found 1'],
    ],
    [
      "a max below the default min",
      'a: { instrument: a.b, unit: "1", max: -1 }',
      ['a.max: the max of field "a" is below its min: expected at least 0, found -1'],
    ],
    [
      "an unknown kind",
      'a: { instrument: a.b, unit: "1", kind: gage }',
      ['a.kind: expected gauge, counter, up_down_counter, duration or total; found "gage"; did you mean "gauge"?'],
    ],
    ["an unknown option", 'a: { instrument: a.b, unit: "1", maxx: 1 }', ['a.maxx: unknown setting "maxx"; did you mean "max"?']],
    [
      "an axis both open and closed",
      'a: { instrument: a.b, unit: "1", by: [{ attribute: c, limit: 2, values: [x] }] }',
      ["a.by.0: expected { attribute, values } or { attribute, limit }; found a map"],
    ],
    [
      "a minimum that is text",
      'a: { instrument: a.b, unit: "1", min: "0" }',
      ['a.min: expected a number, or -.inf for no minimum; found "0"'],
    ],
    [
      "every problem of every field",
      "a: { kind: total }\nb: {}",
      [
        'a.unit: expected a unit such as "{job}", because the field is a total',
        "a.sums: expected the name of the field that the total sums",
        "b.instrument: expected an instrument name, because the field is a gauge",
        'b.unit: expected a unit such as "{job}", because the field is a gauge',
      ],
    ],
    ["a type without fields", "{}", [": expected at least one field, found none"]],
    ["a total of an unknown field", 'a: { kind: total, unit: "1", sums: b }', ['a.sums: the total "a" sums an unknown field "b"']],
    ["an invalid instrument name", 'a: { instrument: "1 a", unit: "1" }', [/^a\.instrument: invalid instrument name "1 a"/]],
    [
      "two fields of one instrument",
      'a: { instrument: a.b, unit: "1" }\nb: { instrument: a.b, unit: "1" }',
      [/^b\.instrument: fields "a" and "b" share the instrument a\.b/],
    ],
    ["an invalid field name", '"a b": { instrument: a.b, unit: "1" }', [/^a b: invalid field name "a b"/]],
    [
      "a reserved attribute name",
      'a: { instrument: a.b, unit: "1", by: [{ attribute: c }, { attribute: le }] }',
      [/^a\.by\.1\.attribute: the attribute name "le" of field "a" is reserved/],
    ],
  ])("rejects %s", (_, yaml, expected) => {
    expect(problems(yaml)).toEqual(expected.map((each) => (typeof each === "string" ? each : expect.stringMatching(each))));
  });
});

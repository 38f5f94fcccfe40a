import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isVitalsError } from "../../src/base/errors.ts";
import { declaredTypeOptions, declareSampleType } from "../../src/sample/declared.ts";
import { counter, duration, gauge, oneOf, total, upTo } from "../../src/sample/field.ts";
import { defineSampleType, judge, type SampleType } from "../../src/sample/sample-type.ts";

const declare = (yaml: string): SampleType => declareSampleType("queue", declaredTypeOptions.parse(parse(yaml)));

/** What is wrong with a declaration, each problem with its place. */
function problems(yaml: string): readonly string[] {
  const parsed = declaredTypeOptions.safeParse(parse(yaml));
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const QUEUE = `
depth:
  instrument: queue.depth
  unit: "{job}"
  kind: gauge
  good: low
  max: 1000000
  description: Jobs that wait.
  by: [{ attribute: queue.name, limit: 3 }, { attribute: queue.state, values: [ready, delayed] }]
all: { kind: total, sums: depth, unit: "{job}" }
done: { kind: counter, instrument: queue.done, unit: "{job}", by: [{ attribute: queue.worker }] }
wait: { kind: duration, instrument: queue.wait, good: low }
warmth: { instrument: room.temperature, unit: Cel, min: -.inf }
`;

describe("a sample type declared in a file", () => {
  it("is the one that a program would define", () => {
    const defined = defineSampleType("queue", {
      depth: gauge("queue.depth", "{job}", {
        good: "low",
        max: 1_000_000,
        description: "Jobs that wait.",
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

  it("judges readings as it says", () => {
    const queue = declare(QUEUE);
    const depth = { mail: { ready: 2, delayed: 1 }, print: { ready: 4 } };
    expect(judge(queue, { depth, all: 7, wait: 0.5, warmth: -40 })).toMatchObject({ ok: true });
    expect(judge(queue, { depth, all: 8 })).toMatchObject({ ok: false, check: "depth sums to all" });
    expect(judge(queue, { depth: { mail: { lost: 1 } } })).toMatchObject({ ok: false, check: "schema" });
    expect(judge(queue, { depth: { mail: { ready: 1_000_001 } } })).toMatchObject({ ok: false });
    expect(judge(queue, { wait: -1 })).toMatchObject({ ok: false });
  });

  it("has gauges where no kind is named, none below zero unless they may be", () => {
    const { fields } = declare('a: { instrument: a.b, unit: "1" }');
    expect(fields["a"]).toEqual(gauge("a.b", "1"));
    expect(fields["a"]).toMatchObject({ kind: "gauge", min: 0 });
  });

  it("takes what a program leaves undefined for left out", () => {
    const declared = declaredTypeOptions.parse({ a: { instrument: "a.b", unit: "1", min: undefined, max: undefined } });
    expect(declareSampleType("t", declared).fields["a"]).toEqual(gauge("a.b", "1"));
  });

  it("may say that a duration is in seconds", () => {
    expect(declare("a: { kind: duration, instrument: a.b, unit: s }").fields["a"]).toEqual(duration("a.b"));
  });
});

describe("a declaration is refused", () => {
  it.each([
    ["without an instrument", 'a: { unit: "1" }', ["a.instrument: expected an instrument, because the field is a gauge"]],
    [
      "without a unit",
      "a: { kind: counter, instrument: a.b }",
      ['a.unit: expected a unit such as "{job}", because the field is a counter'],
    ],
    ["that sums nothing", 'a: { kind: total, unit: "1" }', ["a.sums: expected the field that the total sums"]],
    [
      "of a total with an instrument of its own",
      'a: { kind: total, unit: "1", sums: b, instrument: a.b }',
      ["a.instrument: expected none, because a total has the instrument of the field it sums"],
    ],
    [
      "of a gauge that sums",
      'a: { unit: "1", instrument: a.b, sums: b }',
      ["a.sums: expected nothing, because the field is a gauge and no total"],
    ],
    ["of milliseconds", "a: { kind: duration, instrument: a.b, unit: ms }", ["a.unit: expected s, because a duration is in seconds"]],
    [
      "of a duration by something",
      "a: { kind: duration, instrument: a.b, by: [{ attribute: c, limit: 2 }] }",
      ["a.by: expected nothing, because a duration is a single number"],
    ],
    ["with its bounds crossed", 'a: { instrument: a.b, unit: "1", min: 5, max: 1 }', ["a.max: expected at least min (5), found 1"]],
    ["with nothing between its bounds", 'a: { instrument: a.b, unit: "1", max: -1 }', ["a.max: expected at least min (0), found -1"]],
    ["of a kind that is none", 'a: { instrument: a.b, unit: "1", kind: gage }', [/^a\.kind: .*"gauge"\|"counter"\|"duration"\|"total"/]],
    ["with a word that means nothing", 'a: { instrument: a.b, unit: "1", maxx: 1 }', ['a: Unrecognized key: "maxx"']],
    [
      "with an axis both open and closed",
      'a: { instrument: a.b, unit: "1", by: [{ attribute: c, limit: 2, values: [x] }] }',
      ["a.by.0: expected { attribute, values } or { attribute, limit }"],
    ],
    ["with a minimum that is text", 'a: { instrument: a.b, unit: "1", min: "0" }', ["a.min: expected a number, or -.inf for no minimum"]],
    [
      "with all that is wrong with it",
      "a: { kind: total }\nb: {}",
      [
        'a.unit: expected a unit such as "{job}", because the field is a total',
        "a.sums: expected the field that the total sums",
        "b.instrument: expected an instrument, because the field is a gauge",
        'b.unit: expected a unit such as "{job}", because the field is a gauge',
      ],
    ],
  ])("%s", (_, yaml, expected) => {
    expect(problems(yaml)).toEqual(expected.map((each) => (typeof each === "string" ? each : expect.stringMatching(each))));
  });

  it.each([
    ["of no field", "{}", /expected at least one field, found none/],
    ["of a total of what is not there", 'a: { kind: total, unit: "1", sums: b }', /field "a" sums "b", which is no field of it/],
    ["with an instrument that is none", 'a: { instrument: "1 a", unit: "1" }', /"1 a" is no OpenTelemetry instrument name/],
    [
      "with two fields of one instrument",
      'a: { instrument: a.b, unit: "1" }\nb: { instrument: a.b, unit: "1" }',
      /fields "a" and "b" share the instrument a\.b/,
    ],
    ["with a key that is no name", '"a b": { instrument: a.b, unit: "1" }', /field "a b": expected letters and digits/],
  ])("%s, as it would be of a program", (_, yaml, message) => {
    let thrown: unknown;
    try {
      declare(yaml);
    } catch (error) {
      thrown = error;
    }
    expect(isVitalsError(thrown) && thrown.code).toBe("config_invalid");
    expect(thrown).toMatchObject({ message: expect.stringMatching(message) as string });
  });
});

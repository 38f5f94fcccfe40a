import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { BUILT_IN_TYPES } from "../../src/collector/kinds.ts";
import { fieldProblems } from "../../src/sample/field-problems.ts";
import {
  counter,
  duration,
  gauge,
  isAdditive,
  labelOf,
  oneOf,
  total,
  upDownCounter,
  upTo,
  type Axis,
  type Field,
} from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";

/** Each problem with its path. */
const problemsOf = (fields: Readonly<Record<string, Field>>): readonly string[] =>
  [...fieldProblems(fields)].map(({ path, message }) => `${path.join(".")}: ${message}`);

const splitBy = (...by: readonly Axis[]): Readonly<Record<string, Field>> => ({ a: gauge("a.b", "1", { by }) });

describe("fieldProblems", () => {
  it.each([
    ["no field", {}, [": expected at least one field, found none"]],
    [
      "an invalid field name",
      { "a-b": gauge("a.b", "1") },
      ['a-b: invalid field name "a-b"; expected a letter, then up to 63 letters and digits'],
    ],
    [
      "an instrument name that OpenTelemetry does not allow",
      { a: gauge("1.b", "1") },
      ['a.instrument: invalid instrument name "1.b" of field "a"; expected a letter, then up to 254 letters, digits, _ . - or /'],
    ],
    [
      "an instrument name of 256 characters",
      { a: gauge("a".repeat(256), "1") },
      [/^a\.instrument: invalid instrument name "a+" of field "a"/],
    ],
    [
      "two fields of one instrument",
      { a: gauge("a.b", "1"), b: counter("A.b", "s") },
      ['b.instrument: fields "a" and "b" share the instrument A.b; give each its own'],
    ],
    [
      "a total of an unknown field",
      { depth: upDownCounter("a.b", "{job}"), all: total("dept", "{job}") },
      ['all.sums: the total "all" sums an unknown field "dept"; did you mean "depth"?'],
    ],
    [
      "a total of a property that every object has",
      { all: total("constructor", "1") },
      ['all.sums: the total "all" sums an unknown field "constructor"'],
    ],
    [
      "a total of a gauge",
      { depth: gauge("a.b", "{job}"), all: total("depth", "{job}") },
      ['all.sums: the total "all" sums "depth", which is a gauge; only a counter or an up_down_counter can be summed'],
    ],
    [
      "a total of a total",
      { depth: counter("a.b", "{job}"), all: total("depth", "{job}"), more: total("all", "{job}") },
      ['more.sums: the total "more" sums "all", which is a total; only a counter or an up_down_counter can be summed'],
    ],
    [
      "every problem at once",
      { "": gauge("", "1"), b: duration("b c") },
      [/^: invalid field name ""/, /^\.instrument: invalid instrument name ""/, /^b\.instrument: invalid instrument name "b c"/],
    ],
  ] as const)("finds %s", (_, fields, expected) => {
    expect(problemsOf(fields)).toEqual(expected.map((each) => (typeof each === "string" ? each : expect.stringMatching(each))));
  });

  it.each(["constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString"])(
    "reserves the field name %s, a property of every object",
    (key) => {
      const message = `the field name "${key}" is reserved: every JavaScript object has a property "${key}"; choose another`;
      expect(problemsOf({ [key]: gauge("a.b", "1") })).toEqual([`${key}: ${message}`]);
    },
  );

  it("refuses the field name __proto__", () => {
    expect(problemsOf({ ["__proto__"]: gauge("a.b", "1") })).toEqual([expect.stringMatching(/^__proto__: invalid field name "__proto__"/)]);
  });

  it.each([
    ["vitals.collection.name", "every data point carries it as the name of its collection"],
    ["vitals-collection..name", "every data point carries it as the name of its collection"],
    ["le", "Prometheus uses it for the buckets of a histogram"],
    ["quantile", "Prometheus uses it for the quantiles of a summary"],
    ["instance", "Prometheus sets it for each scraped target"],
    ["job", "Prometheus sets it for each scraped target"],
    ["otel.scope.name", "its label is one of the instrumentation scope's"],
  ])("reserves the attribute name %s", (attribute, reason) => {
    const message = `the attribute name "${attribute}" of field "a" is reserved: ${reason}; choose another`;
    expect(problemsOf(splitBy(upTo(2, attribute)))).toEqual([`a.by.0.attribute: ${message}`]);
  });

  it.each(["9lives", "_x", ".x", "", "a b", "ä"])("refuses the attribute name %j, which Prometheus would refuse or rename", (attribute) => {
    const message = `invalid attribute name "${attribute}" of field "a"; expected a letter, then up to 254 letters, digits, _ . - or /`;
    expect(problemsOf(splitBy(upTo(2, attribute)))).toEqual([`a.by.0.attribute: ${message}`]);
  });

  it.each([
    ["queue.name", "queue-name", "queue_name"],
    ["queue.name", "queue..name", "queue_name"],
    ["queue__name", "queue.-name", "queue_name"],
    ["queue", "queue", "queue"],
  ])("refuses the attributes %s and %s, which share a label", (first, second, label) => {
    const message = `the attributes "${first}" and "${second}" of field "a" share the label ${label} on /metrics; rename one`;
    expect(problemsOf(splitBy(upTo(2, first), oneOf(second, "x")))).toEqual([`a.by.1.attribute: ${message}`]);
  });

  it("refuses __proto__ as a value of a closed axis", () => {
    expect(problemsOf(splitBy(oneOf("state", "ready", "__proto__")))).toEqual([
      'a.by.0.values.1: the value "__proto__" cannot be measured; choose another',
    ]);
  });

  it("finds nothing wrong with the built-in types", () => {
    for (const { fields } of BUILT_IN_TYPES) expect(problemsOf(fields)).toEqual([]);
  });

  it("makes defineSampleType throw config_invalid with its first problem and the name of the type", () => {
    const define = (): unknown => defineSampleType("queue", { constructor: gauge("a.b", "1", { by: [upTo(2, "le")] }) });
    expect(define).toThrow(/^sample type "queue": the field name "constructor" is reserved/);
    try {
      define();
    } catch (error) {
      expect(isVitalsError(error) && error.code).toBe("config_invalid");
    }
  });
});

describe("labelOf", () => {
  it("returns the label that the SDK's Prometheus serializer writes, for any attribute name", async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
    const provider = new MeterProvider({ readers: [reader] });
    const recorder = provider.getMeter("test").createGauge("g");
    recorder.record(1);
    const { resourceMetrics } = await reader.collect();
    const [scopeMetrics] = resourceMetrics.scopeMetrics;
    const metric = scopeMetrics?.metrics[0];
    const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
    const written = (attribute: string): string => {
      const dataPoints = [{ ...(metric?.dataPoints[0] as object), attributes: { [attribute]: "v" } }];
      const changed = { ...resourceMetrics, scopeMetrics: [{ ...scopeMetrics, metrics: [{ ...metric, dataPoints }] }] };
      return /^g\{(.*)="v"\} 1$/m.exec(serializer.serialize(changed as never))?.[1] ?? "";
    };
    fc.assert(fc.property(fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_.\-/]{0,20}$/), (attribute) => labelOf(attribute) === written(attribute)));
    await provider.shutdown();
  });
});

describe("isAdditive", () => {
  it("is true for counters, up-down counters and totals, whatever their unit", () => {
    expect([counter("c", "1"), upDownCounter("u", "{score}"), total("u", "1")].map(isAdditive)).toEqual([true, true, true]);
  });

  it("is false for gauges and durations, whatever their unit", () => {
    expect([gauge("g", "By"), gauge("g", "{job}"), duration("d")].map(isAdditive)).toEqual([false, false, false]);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUILT_IN_TYPES } from "../../src/collector/kinds.ts";
import {
  collidingNames,
  labelsOf,
  metricKindOf,
  prometheusName,
  type MetricKind,
  type NamedInstrument,
} from "../../src/telemetry/names.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";

/** The families a scrape shows when these instruments hold a value. */
async function scraped(instruments: readonly NamedInstrument[]): Promise<readonly string[]> {
  await using telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
  const meter = telemetry.meterProvider.getMeter("names");
  for (const { name, unit, kind } of instruments) {
    if (kind === "counter") meter.createCounter(name, { unit }).add(1);
    else if (kind === "up_down_counter") meter.createUpDownCounter(name, { unit }).add(1);
    else if (kind === "histogram") meter.createHistogram(name, { unit }).record(1);
    else meter.createGauge(name, { unit }).record(1);
  }
  const { text } = (await telemetry.scrape?.()) ?? { text: "" };
  const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, family]) => String(family));
  return families.filter((family) => family !== "target_info" && !family.startsWith("otel_sdk_"));
}

describe("prometheusName", () => {
  it.each([
    ["system.cpu.utilization", "1", "gauge", "system_cpu_utilization_ratio"],
    ["system.cpu.time", "s", "counter", "system_cpu_time_seconds_total"],
    ["system.network.io", "By", "counter", "system_network_io_bytes_total"],
    ["system.cpu.load_average.1m", "{thread}", "gauge", "system_cpu_load_average_1m"],
    ["graph.node.count", "{node}", "gauge", "graph_node_count"],
    ["graph.service.query.rate", "{query}/s", "gauge", "graph_service_query_rate_per_second"],
    ["graph.service.cache.hit_ratio", "1", "gauge", "graph_service_cache_hit_ratio"],
    ["agent.memory.size.mean", "By", "gauge", "agent_memory_size_mean_bytes"],
    ["vitals.collection.duration", "s", "histogram", "vitals_collection_duration_seconds"],
    ["delay", "ms", "gauge", "delay_milliseconds"],
    ["fill", "%", "gauge", "fill_percent"],
    ["rate", "1/s", "gauge", "rate_per_second"],
    ["rate", "{job}/min", "gauge", "rate_per_min"],
    ["speed", "m/s", "gauge", "speed_meters_per_second"],
    ["flow", "By/{tick}", "gauge", "flow_bytes"],
    ["size", "KiBy", "gauge", "size_kibibytes"],
    ["load", "furlong", "gauge", "load_furlong"],
    ["share", "1", "counter", "share_total"],
    ["share", "1", "up_down_counter", "share"],
    ["system.memory.usage", "By", "up_down_counter", "system_memory_usage_bytes"],
    ["plain", "", "gauge", "plain"],
  ] as const)("prometheusName turns %s in %s as a %s into %s", (name, unit, kind, family) => {
    expect(prometheusName(name, unit, kind)).toBe(family);
  });

  it.each([
    ["uptime_seconds", "s", "gauge", "uptime_seconds"],
    ["latency.seconds", "s", "histogram", "latency_seconds"],
    ["memory.bytes.mean", "By", "gauge", "memory_bytes_mean"],
    ["requests.total", "{request}", "counter", "requests_total"],
    ["requests-total", "{request}", "counter", "requests_total"],
    ["sent_total", "By", "counter", "sent_bytes_total"],
    ["ratio.of.hits", "1", "gauge", "of_hits_ratio"],
  ] as const)("prometheusName repeats no suffix: %s in %s as a %s becomes %s", (name, unit, kind, family) => {
    expect(prometheusName(name, unit, kind)).toBe(family);
  });

  it("prometheusName returns the name that the serialiser writes, for any instrument", async () => {
    const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_.\-/]{0,12}$/);
    const instrument = fc.record({
      name: fc.oneof(
        word,
        word.map((text) => `${text}.total`),
        word.map((text) => `${text}_ratio`),
      ),
      unit: fc.constantFrom("", "1", "s", "By", "By/s", "{job}", "{job}/s", "%", "1/s", "furlong"),
      kind: fc.constantFrom<MetricKind>("gauge", "counter", "up_down_counter", "histogram"),
    });
    const check = async (one: NamedInstrument): Promise<void> => {
      expect(await scraped([one])).toEqual([prometheusName(one.name, one.unit, one.kind)]);
    };
    await fc.assert(fc.asyncProperty(instrument, check), { numRuns: 200 });
  });

  it("prometheusName gives every instrument of the built-in types a name of its own", () => {
    const instruments = BUILT_IN_TYPES.flatMap(({ fields }) =>
      Object.values(fields).flatMap(({ instrument, unit, kind }): NamedInstrument[] =>
        kind === "total" ? [] : [{ name: instrument, unit, kind: metricKindOf(kind) }],
      ),
    );
    expect(instruments.length).toBeGreaterThan(30);
    expect(collidingNames(instruments)).toEqual([]);
  });
});

describe("collidingNames", () => {
  const gauge = (name: string, unit = "{job}"): NamedInstrument => ({ name, unit, kind: "gauge" });

  it("collidingNames finds names that differ in punctuation or unit only", () => {
    expect(collidingNames([gauge("a.b"), gauge("a_b"), gauge("c")])).toEqual([[gauge("a.b"), gauge("a_b")]]);
    expect(collidingNames([gauge("a", "s"), gauge("a.seconds")])).toEqual([[gauge("a", "s"), gauge("a.seconds")]]);
  });

  it("collidingNames finds a gauge named like a counter with its suffix", () => {
    const counter: NamedInstrument = { name: "jobs", unit: "{job}", kind: "counter" };
    expect(collidingNames([counter, gauge("jobs.total")])).toEqual([[counter, gauge("jobs.total")]]);
  });

  it("collidingNames finds a gauge named like the count of a histogram", () => {
    const wait: NamedInstrument = { name: "wait", unit: "s", kind: "histogram" };
    expect(collidingNames([wait, gauge("wait.seconds.count")])).toEqual([[wait, gauge("wait.seconds.count")]]);
  });

  it("collidingNames returns two histograms once, although they share four names", () => {
    const [a, b]: NamedInstrument[] = [
      { name: "x.y", unit: "s", kind: "histogram" },
      { name: "x_y", unit: "s", kind: "histogram" },
    ];
    expect(collidingNames([a, b] as NamedInstrument[])).toEqual([[a, b]]);
  });

  it("collidingNames ignores the same instrument in several sample types", () => {
    expect(collidingNames([gauge("a.b"), gauge("a.b")])).toEqual([]);
  });
});

describe("labelsOf", () => {
  // The names of prometheus/otlptranslator's table of labels, translated without its options, as Prometheus' OTLP endpoint does by default.
  it.each([
    ["label:with:colons", "label_with_colons"],
    ["LabelWithCapitalLetters", "LabelWithCapitalLetters"],
    ["label!with&special$chars)", "label_with_special_chars_"],
    ["label_with_foreign_characters_字符", "label_with_foreign_characters_"],
    ["label.with.dots", "label_with_dots"],
    [".foo", "_foo"],
    ["123label", "key_123label"],
    ["_label_starting_with_underscore", "_label_starting_with_underscore"],
    ["__label_starting_with_2underscores", "_label_starting_with_2underscores"],
    ["label__with__double__underscores", "label_with_double_underscores"],
    ["label.name__with&&special##chars", "label_name_with_special_chars"],
    ["trailing_underscores___", "trailing_underscores_"],
  ])("labelsOf names the label of %s as Prometheus does: %s", (attribute, label) => {
    expect(labelsOf({ [attribute]: "x" })).toEqual({ [label]: "x" });
  });

  it.each([
    // Kept there; in a scrape a name in double underscores is one of Prometheus' own, such as __name__.
    ["__reserved__label__name__", { _reserved_label_name_: "x" }],
    // Errors there, for which the whole resource is refused.
    ["ようこそ", { _: "x" }],
    ["__", { _: "x" }],
    ["", {}],
  ])("labelsOf differs from Prometheus for %j on purpose", (attribute, labels) => {
    expect(labelsOf({ [attribute]: "x" })).toEqual(labels);
  });

  it("labelsOf joins the values of attributes that share a label by ; in the order of the attributes' names", () => {
    expect(labelsOf({ deployment_environment: "other", "deployment.environment": "prod" })).toEqual({
      deployment_environment: "prod;other",
    });
    expect(labelsOf({ "a-b": ["x", 1 as never], "a.b": true, a_b: 7, c: "d" })).toEqual({ a_b: '["x",1];true;7', c: "d" });
    expect(labelsOf({ key_1st: "b", "1st": "a" })).toEqual({ key_1st: "a;b" });
  });

  it("labelsOf leaves out what has no value, and a label that the series has already", () => {
    expect(labelsOf({ a: "", b: undefined, "a.b": "", a_b: "x", le: "0.5" }, "le")).toEqual({ a_b: "x" });
  });
});

import { expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { CollectorConfig } from "../../src/collector/options.ts";
import type { CollectorSettings } from "../../src/collector/collector.ts";
import { RecordingSink } from "../../src/health/sink/recording-sink.ts";

/** Code and message of what a call throws. */
function refusalOf(call: () => unknown): readonly unknown[] {
  try {
    call();
  } catch (error) {
    return isVitalsError(error) ? [error.code, error.message] : [error];
  }
  return [];
}

it.each([
  ["null", null, "the settings: expected a map, found nothing"],
  ["a number as sinks", { sinks: 5 }, "sinks: expected a list, found 5"],
  ["a sink without parts", { sinks: [{}] }, "sinks.0: expected a sink with a name, a target and the method send; found a map"],
  [
    "a meter provider without methods",
    { meterProvider: {} },
    "meterProvider: expected a meter provider with the method getMeter; found a map",
  ],
  [
    "a meter provider that is null",
    { meterProvider: null },
    "meterProvider: expected a meter provider with the method getMeter; found nothing",
  ],
  ["a source kind without parts", { sourceKinds: [{}] }, "sourceKinds.0: expected a source kind made with defineSource; found a map"],
  ["a sample type without parts", { sampleTypes: [{}] }, "sampleTypes.0: expected a sample type made with defineSampleType; found a map"],
  [
    "an incomplete logger",
    { logger: { info: () => {} } },
    "logger: expected a logger with the methods debug, info, warn, error; found a map",
  ],
  ["an identity that is no text", { identity: { service: 5 } }, "identity.service: expected text, found 5"],
  ["an unknown setting", { sink: [] }, 'sink: unknown setting "sink"; did you mean "sinks"?'],
])("createCollector refuses settings with %s as config_invalid", (_, settings, problem) => {
  const create = (): unknown => createCollector({}, settings as unknown as CollectorSettings);
  expect(refusalOf(create)).toEqual(["config_invalid", `invalid collector settings: ${problem}`]);
});

it("createCollector accepts settings whose methods are inherited", () => {
  class Sink extends RecordingSink {}
  expect(refusalOf(() => createCollector({}, { sinks: [new Sink()], logger: console }))).toEqual([]);
});

it.each([
  ["a window twice", { windows: ["1m", "5m", "1m"] }, 'windows.2: the window "1m" is as long as an earlier one; remove one'],
  ["two windows of one length", { windows: ["1m", "60s"] }, 'windows.1: the window "60s" is as long as the earlier "1m"; remove one'],
  [
    "a source named __proto__",
    { sources: { ["__proto__"]: { kind: "host" } } },
    'sources.__proto__: the name "__proto__" is reserved; choose another',
  ],
  [
    "a source option named __proto__",
    { sources: { a: { kind: "host", nested: [{ ["__proto__"]: 1 }] } } },
    'sources.a.nested.0.__proto__: the name "__proto__" is reserved; choose another',
  ],
])("createCollector refuses a configuration with %s as config_invalid", (_, config, problem) => {
  const create = (): unknown => createCollector(config as unknown as CollectorConfig);
  expect(refusalOf(create)).toEqual(["config_invalid", `invalid collector configuration: ${problem}`]);
});

it("addCollection refuses the name __proto__ as config_invalid", () => {
  const collector = createCollector({ sources: { here: { kind: "host" } } });
  expect(refusalOf(() => collector.addCollection("__proto__", { source: "here" }))).toEqual([
    "config_invalid",
    'invalid collector configuration: collections.__proto__: the name "__proto__" is reserved; choose another',
  ]);
});

it("health.register refuses an empty name and a check that is no function as config_invalid", () => {
  const { health } = createCollector({});
  expect(refusalOf(() => health.register("", () => {}))).toEqual([
    "config_invalid",
    'invalid name of a check: expected text that is not empty, found ""',
  ]);
  expect(refusalOf(() => health.register("x", null as never))).toEqual([
    "config_invalid",
    'invalid check "x": expected a function, found nothing',
  ]);
  expect(health.report().components.map(({ component }) => component)).toEqual(["process"]);
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lineOf } from "../../src/config/document.ts";
import { loadRuleTests } from "../../src/config/rule-tests.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-rule-file-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

/** The problems of a file, without its name. */
async function problems(text: string): Promise<readonly string[]> {
  writeFileSync(join(cwd, "t.yaml"), text);
  const { tests, problems: found } = await loadRuleTests("t.yaml", { env: {}, cwd });
  expect(tests.length === 0).toBe(found.length > 0);
  return found.map((problem) => lineOf(problem).replace(/^t\.yaml:/, ""));
}

const COLLECTIONS =
  "collections:\n  analytics: { type: system, interval: 1s }\n  memory: { type: agent-memory, interval: 5s, source: agent }\n";
const test = (series: string, expected = "quiet: true"): string =>
  `${COLLECTIONS}tests:\n  - name: t\n    series: { ${series} }\n    ${expected}\n`;
const GOOD = "analytics: { cpuUtilization: 0.5x30 }";

describe("a test file", () => {
  it("loadRuleTests accepts valid series and expectations", async () => {
    expect(await problems(test(GOOD))).toEqual([]);
    expect(
      await problems(test("analytics: { cpuUtilization: 0.5x3 failed x2, memoryUsage: { used: _x2 5, free: 4 }, $duration: _x2 0.1 }")),
    ).toEqual([]);
    expect(await problems(test("memory: { totalMemories: 9x3, memories: { semantic: 4x3, episodic: 5x3 } }"))).toEqual([]);
  });

  it.each([
    ["an empty list of tests", `${COLLECTIONS}tests: []\n`, ["4:1 tests: expected at least one test, found an empty list"]],
    [
      "a test without an expectation",
      `${COLLECTIONS}tests:\n  - { name: t, series: { ${GOOD} } }\n`,
      ["5:13 tests.0.name: the test has no expectation; add expect, timeline or quiet"],
    ],
    [
      "an empty list of expected states",
      test(GOOD, "expect: []"),
      ["7:5 tests.0.expect: expected at least one entry, found an empty list"],
    ],
    [
      "an empty timeline",
      test(GOOD, "timeline: []"),
      ["7:5 tests.0.timeline: expected at least one alert; for a run without alerts write quiet: true; found an empty list"],
    ],
    ["a test without series", test(""), ["6:5 tests.0.series: expected the series of at least one collection"]],
    [
      "a collection without a series",
      test("analytics: {}"),
      ["6:15 tests.0.series.analytics: no tick of the series has a sample; expected at least one"],
    ],
    [
      "ticks without a sample",
      test("analytics: { $outcome: silent x9 }"),
      ["6:15 tests.0.series.analytics: no tick of the series has a sample; expected at least one"],
    ],
    [
      "no configuration",
      `tests:\n  - { name: t, series: { ${GOOD} }, quiet: true }\n`,
      ["1:1: expected either config or collections: the configuration to test"],
    ],
    ["two configurations", `config: c.yaml\n${test(GOOD)}`, ["1:1: expected either config or collections: the configuration to test"]],
    [
      "a missing configuration file",
      `config: c.yaml\ntests:\n  - { name: t, series: { ${GOOD} }, quiet: true }\n`,
      [/^1:9 config: \/.*\/c\.yaml: no such file$/],
    ],
    [
      "a misspelled sample type",
      test(GOOD).replace("type: system", "type: sytem"),
      ['2:22 collections.analytics.type: source "analytics" has no sample type "sytem"; did you mean "system"?'],
    ],
    [
      "an invalid timestamp",
      test(GOOD, "expect: [{ at: 59z, alerts: [] }]"),
      ['7:20 tests.0.expect.0.at: expected a time since the start of the run, such as "90s" or "1m30s", at most 24d; found "59z"'],
    ],
    [
      "a timestamp without an expectation",
      test(GOOD, "expect: [{ at: 59s }]"),
      ["7:20 tests.0.expect.0.at: nothing is expected at this time; add alerts, or a component with its status or reason"],
    ],
    [
      "a status without a component",
      test(GOOD, "expect: [{ at: 59s, status: healthy }]"),
      ["7:20 tests.0.expect.0.at: component is required, because a status or a reason is expected"],
    ],
    [
      "a misspelled status",
      test(GOOD, "expect: [{ at: 59s, component: overall, status: helthy }]"),
      ['7:53 tests.0.expect.0.status: expected unknown, healthy, degraded, unhealthy or critical; found "helthy"; did you mean "healthy"?'],
    ],
    [
      "an invalid regular expression",
      test(GOOD, "expect: [{ at: 59s, component: overall, reason: /(/ }]"),
      ['7:53 tests.0.expect.0.reason: expected a text, or a valid JavaScript regular expression between slashes; found "/(/"'],
    ],
    [
      "a misspelled alert",
      test(GOOD, "timeline: [{ at: 9s, fired: VitalsColectionSlow }]"),
      ['7:33 tests.0.timeline.0.fired: unknown alert "VitalsColectionSlow"; did you mean "VitalsCollectionSlow"?'],
    ],
    [
      "an alert of the overall status",
      test(GOOD, "expect: [{ at: 9s, component: overall, alerts: [{ alert: VitalsCollectionSlow }] }]"),
      ['7:62 tests.0.expect.0.alerts.0.alert: unknown alert "VitalsCollectionSlow" of overall; none is defined'],
    ],
    [
      "a component that the test does not simulate",
      test(GOOD, 'expect: [{ at: 9s, component: "collection:memory", status: healthy }]'),
      [
        '7:35 tests.0.expect.0.component: unknown component "collection:memory"; expected source:analytics, collection:analytics or overall',
      ],
    ],
    [
      "an event that neither fires nor resolves",
      test(GOOD, "timeline: [{ at: 9s }]"),
      ["7:22 tests.0.timeline.0.at: the event names no alert; add either fired or resolved"],
    ],
    [
      "a misspelled collection",
      test("analytic: { cpuUtilization: 1 }"),
      ['6:15 tests.0.series.analytic: unknown collection "analytic"; did you mean "analytics"?'],
    ],
    [
      "a misspelled field",
      test("analytics: { cpuUtilisation: 1 }"),
      [
        '6:44 tests.0.series.analytics.cpuUtilisation: unknown field "cpuUtilisation" of sample type "system"; did you mean "cpuUtilization"?',
      ],
    ],
    [
      "a misspelled attribute value",
      test("analytics: { memoryUsage: { usd: 1 } }"),
      ['6:48 tests.0.series.analytics.memoryUsage.usd: unknown value "usd" of system.memory.state; did you mean "used"?'],
    ],
    [
      "one series for a field with attributes",
      test("analytics: { memoryUsage: 1 }"),
      ["6:41 tests.0.series.analytics.memoryUsage: expected a series for each system.memory.state, such as { used: 0.5x30 }"],
    ],
    [
      "several series for a field without attributes",
      test("analytics: { cpuUtilization: { a: 1 } }"),
      ["6:28 tests.0.series.analytics.cpuUtilization: expected a series such as 0.5x30 0.9x60"],
    ],
    [
      "a misspelled word in a series",
      test("analytics: { cpuUtilization: 0.5x3 faild }"),
      [
        '6:44 tests.0.series.analytics.cpuUtilization: invalid entry "faild": expected a number, _, silent, success, failed, timeout, invalid, rejected, missed or waiting; did you mean "failed"?',
      ],
    ],
    [
      "a number outside its field's bounds",
      test("analytics: { cpuUtilization: 50 }"),
      ["6:44 tests.0.series.analytics.cpuUtilization: expected numbers from 0 to 1, found 50"],
    ],
    [
      "a number as an outcome",
      test("analytics: { $outcome: 1 }"),
      ["6:38 tests.0.series.analytics.$outcome: expected outcomes or silent, found 1"],
    ],
    [
      "an outcome as a duration",
      test("analytics: { cpuUtilization: 1, $duration: failed }"),
      ["6:58 tests.0.series.analytics.$duration: expected numbers or _, found failed"],
    ],
    [
      "the outcome success in a field",
      test("analytics: { cpuUtilization: success }"),
      ["6:44 tests.0.series.analytics.cpuUtilization: expected numbers or _, found success"],
    ],
    [
      "a tick with two outcomes",
      test("analytics: { cpuUtilization: 0.5x3, $outcome: success failed }"),
      ["6:44 tests.0.series.analytics.cpuUtilization: expected _ at tick 2 (1s), because its outcome is failed by $outcome; found 0.5"],
    ],
    [
      "values that violate a check",
      test("memory: { totalMemories: 9, memories: { semantic: 4 } }"),
      [
        '6:15 tests.0.series.memory: tick 1 (0s): the values contradict each other: the check "memories sums to totalMemories" does not hold',
      ],
    ],
    [
      "overlapping ticks",
      test("analytics: { cpuUtilization: 0.5x3, $duration: 1.6 }"),
      ["6:15 tests.0.series.analytics: expected the outcome missed at tick 2 (1s), because the tick before it lasts until 1.6s"],
    ],
    [
      "an invalid rule",
      `health: { rules: [{ collection: analytics, field: cpuUtilisation, above: 1 }] }\n${test(GOOD)}`,
      [/^1:51 health\.rules\.0\.field: .*did you mean "cpuUtilization"\?$/],
    ],
  ])("loadRuleTests reports %s with its position", async (_, text, expected) => {
    const found = await problems(text);
    expect(found).toHaveLength(expected.length);
    expected.forEach((line, n) => {
      if (typeof line === "string") expect(found[n]).toBe(line);
      else expect(found[n]).toMatch(line);
    });
    for (const line of found) expect(line).toMatch(/^\d+:\d+/);
  });
});

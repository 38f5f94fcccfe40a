import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lineOf } from "../../src/config/document.ts";
import { loadRuleTests } from "../../src/config/rule-tests.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-rule-file-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

/** The problems of a file, less its name. */
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

describe("a file of rule tests", () => {
  it("is right when it says what there is and what is expected", async () => {
    expect(await problems(test(GOOD))).toEqual([]);
    expect(
      await problems(test("analytics: { cpuUtilization: 0.5x3 failed x2, memoryUsage: { used: _x2 5, free: 4 }, $duration: _x2 0.1 }")),
    ).toEqual([]);
    expect(await problems(test("memory: { totalMemories: 9x3, memories: { semantic: 4x3, episodic: 5x3 } }"))).toEqual([]);
  });

  it.each([
    ["no tests", `${COLLECTIONS}tests: []\n`, ["4:1 tests: expected a test at least"]],
    [
      "nothing expected",
      `${COLLECTIONS}tests:\n  - { name: t, series: { ${GOOD} } }\n`,
      [/^5:13 tests\.0\.name: expected something to be expected: expect, timeline or quiet$/],
    ],
    ["an empty list of moments", test(GOOD, "expect: []"), [/^7:5 tests\.0\.expect: expected a moment at least$/]],
    [
      "an empty timeline",
      test(GOOD, "timeline: []"),
      [/tests\.0\.timeline: expected an alert at least; a run without any is quiet: true$/],
    ],
    ["no series", test(""), [/tests\.0\.series: expected the series of a collection at least$/]],
    [
      "a collection without a series",
      test("analytics: {}"),
      [/series\.analytics: expected a tick at least that makes a sample, found none$/],
    ],
    [
      "ticks of which none makes a sample",
      test("analytics: { $outcome: silent x9 }"),
      [/expected a tick at least that makes a sample, found none$/],
    ],
    [
      "nothing to test",
      `tests:\n  - { name: t, series: { ${GOOD} }, quiet: true }\n`,
      [/^1:1: expected a configuration to test, as config or as collections$/],
    ],
    ["two things to test", `config: c.yaml\n${test(GOOD)}`, [/expected a configuration to test/]],
    [
      "a configuration that is not there",
      `config: c.yaml\ntests:\n  - { name: t, series: { ${GOOD} }, quiet: true }\n`,
      [/^1:9 config: .*c\.yaml: there is no such file$/],
    ],
    [
      "a sample type that is not there",
      test(GOOD).replace("type: system", "type: sytem"),
      [/^2:22 collections\.analytics\.type: .*did you mean "system"\?$/],
    ],
    [
      "a moment that is none",
      test(GOOD, "expect: [{ at: 59z, alerts: [] }]"),
      [/^7:20 tests\.0\.expect\.0\.at: expected a moment of the run such as "90s" or "1m30s"/],
    ],
    [
      "a moment without a claim",
      test(GOOD, "expect: [{ at: 59s }]"),
      [/expect\.0\.at: expected alerts, or a component with its status or reason/],
    ],
    ["a status of nobody", test(GOOD, "expect: [{ at: 59s, status: healthy }]"), [/expect\.0\.at: expected the component whose status/]],
    [
      "a slip in a status",
      test(GOOD, "expect: [{ at: 59s, component: overall, status: helthy }]"),
      [/expect\.0\.status: .*did you mean "healthy"\?$/],
    ],
    [
      "an expression that is none",
      test(GOOD, "expect: [{ at: 59s, component: overall, reason: /(/ }]"),
      [/expect\.0\.reason: expected a text, or a regular expression/],
    ],
    [
      "an alert that no rule has",
      test(GOOD, "timeline: [{ at: 9s, fired: VitalsColectionSlow }]"),
      [/timeline\.0\.fired: .*did you mean "VitalsCollectionSlow"\?$/],
    ],
    [
      "an alert of what tells nobody",
      test(GOOD, 'expect: [{ at: 9s, component: "buffer:analytics", alerts: [{ alert: VitalsBufferGaps }] }]'),
      [/expect\.0\.alerts\.0\.alert: expected the name of an alert \(none\)/],
    ],
    [
      "a component that is not in the test",
      test(GOOD, 'expect: [{ at: 9s, component: "collection:memory", status: healthy }]'),
      [/expect\.0\.component: expected a component \(source:analytics, collection:analytics, buffer:analytics, overall\)/],
    ],
    [
      "an event that neither fires nor resolves",
      test(GOOD, "timeline: [{ at: 9s }]"),
      [/timeline\.0\.at: expected the name of an alert, as fired or as resolved$/],
    ],
    ["a slip in a collection", test("analytic: { cpuUtilization: 1 }"), [/series\.analytic: .*did you mean "analytics"\?$/]],
    [
      "a slip in a field",
      test("analytics: { cpuUtilisation: 1 }"),
      [/^6:44 tests\.0\.series\.analytics\.cpuUtilisation: .*did you mean "cpuUtilization"\?$/],
    ],
    [
      "a slip in a point",
      test("analytics: { memoryUsage: { usd: 1 } }"),
      [/memoryUsage\.usd: expected one of used, free, cached, buffers, found another; did you mean "used"\?$/],
    ],
    [
      "one series for many points",
      test("analytics: { memoryUsage: 1 }"),
      [/memoryUsage: expected a series for each system\.memory\.state, such as \{ used: 0\.5x30 \}$/],
    ],
    ["many series for one point", test("analytics: { cpuUtilization: { a: 1 } }"), [/cpuUtilization: expected a series such as/]],
    [
      "a slip in a series",
      test("analytics: { cpuUtilization: 0.5x3 faild }"),
      [/cpuUtilization: entry "faild": .*did you mean "failed"\?$/],
    ],
    [
      "a number its field cannot have",
      test("analytics: { cpuUtilization: 50 }"),
      [/cpuUtilization: expected numbers from 0 to 1, found 50$/],
    ],
    ["an outcome that is a number", test("analytics: { $outcome: 1 }"), [/\$outcome: expected outcomes or silent, found 1$/]],
    [
      "a duration that is an outcome",
      test("analytics: { cpuUtilization: 1, $duration: failed }"),
      [/\$duration: expected numbers or _, found failed$/],
    ],
    [
      "a success that a field claims",
      test("analytics: { cpuUtilization: success }"),
      [/cpuUtilization: expected numbers or _, found success$/],
    ],
    [
      "a tick that failed and did not",
      test("analytics: { cpuUtilization: 0.5x3, $outcome: success failed }"),
      [/cpuUtilization: expected _ at tick 2 \(1s\), which \$outcome says is failed; found 0\.5$/],
    ],
    [
      "values that do not agree",
      test("memory: { totalMemories: 9, memories: { semantic: 4 } }"),
      [/series\.memory: tick 1 \(0s\): the values do not agree: memories sums to totalMemories does not hold$/],
    ],
    [
      "ticks that overlap",
      test("analytics: { cpuUtilization: 0.5x3, $duration: 1.6 }"),
      [/series\.analytics: expected missed at tick 2 \(1s\), because the one before it takes until 1\.6s$/],
    ],
    [
      "a wrong rule",
      `health: { rules: [{ collection: analytics, field: cpuUtilisation, above: 1 }] }\n${test(GOOD)}`,
      [/^1:51 health\.rules\.0\.field: .*did you mean "cpuUtilization"\?$/],
    ],
  ])("with %s is told so by line and column", async (_, text, expected) => {
    const found = await problems(text);
    expect(found).toHaveLength(expected.length);
    expected.forEach((pattern, n) => expect(found[n]).toMatch(pattern));
    for (const line of found) expect(line).toMatch(/^\d+:\d+/);
  });
});

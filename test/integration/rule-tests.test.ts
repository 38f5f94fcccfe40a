import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../support/command.ts";

const cwd = mkdtempSync(join(tmpdir(), "vitals-rule-tests-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const RULE = "{ name: Busy, collection: analytics, field: cpuUtilization, above: 0.9, clear: 0.8, for: 10s, keep_firing_for: 20s }";
const HEAD = `collections: { analytics: { type: system, interval: 1s } }
health:
  startup_grace: 0s
  rules:
    - ${RULE}
tests:
`;

const GOOD = `${HEAD}  - name: busy for a while
    series: { analytics: { cpuUtilization: 0.5x10 0.95x30 0.5x60 } }
    expect:
      - { at: 19s, alerts: [] }
      - { at: 20s, alerts: [{ alert: Busy, component: "collection:analytics", severity: warning, reason: (degraded above 0.90) }] }
      - { at: 30s, component: overall, status: degraded }
    timeline:
      - { at: 20s, fired: Busy }
      - { at: 1m, resolved: Busy }
  - name: never busy
    series: { analytics: { cpuUtilization: 0.5x3600 } }
    quiet: true
`;

/** Runs `otel-vitals test` on files with these contents. */
async function tested(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return command(["test", ...options, ...Object.keys(files).filter((name) => name.endsWith(".test.yaml"))], { cwd });
}

describe("otel-vitals test", () => {
  it("otel-vitals test prints a line for each passing test", async () => {
    expect(await tested({ "good.test.yaml": GOOD })).toEqual({
      code: 0,
      stdout: "passed  busy for a while  (1m39s simulated)\npassed  never busy  (59m59s simulated)\n2 tests passed\n",
      stderr: "",
    });
  });

  it("otel-vitals test prints each unmet expectation with its position, the expected and the actual alerts", async () => {
    const text = `${HEAD}  - name: too hasty
    series: { analytics: { cpuUtilization: 0.5x10 0.95x30 0.5x60 } }
    expect:
      - { at: 15s, alerts: [{ alert: Busy }] }
      - at: 25s
        component: collection:analytics
        status: critical
        reason: nothing like it
        alerts: []
      - { at: 25s, alerts: [{ alert: Busy, severity: critical }] }
    timeline:
      - { at: 21s, fired: Busy }
      - { at: 1m, resolved: Busy, severity: warning }
`;
    const { code, stdout } = await tested({ "bad.test.yaml": text });
    const reason = "cpuUtilization over 1m is 0.95 (degraded above 0.90); clears below 0.80 for 20s";
    const busy = `Busy of collection:analytics (warning): ${reason}`;
    expect(code).toBe(1);
    expect(stdout).toBe(`failed  too hasty
  bad.test.yaml:10:29
    expected  at 15s Busy is firing
    found     no alert
  bad.test.yaml:13:17
    expected  at 25s collection:analytics is critical
    found     degraded: ${reason}
  bad.test.yaml:14:17
    expected  at 25s the reason of collection:analytics matches nothing like it
    found     ${reason}
  bad.test.yaml:15:9
    expected  at 25s no alert is firing
    found     ${busy}
  bad.test.yaml:16:29
    expected  at 25s Busy (critical) is firing
    found     ${busy}
  bad.test.yaml:18:9
    expected  at 21s Busy fires
    found     at 20s Busy of collection:analytics (warning) fires: ${reason}
    found     at 1m Busy of collection:analytics (warning) resolves: cpuUtilization over 1m is 0.50
1 of 1 test failed
`);
  });

  it("otel-vitals test reports alerts after the end of a timeline, and alerts where none are expected", async () => {
    const series = "series: { analytics: { cpuUtilization: 0.95x30 0.5x60 } }";
    const text = `${HEAD}  - name: half\n    ${series}\n    timeline:\n      - { at: 10s, fired: Busy }\n  - name: none\n    ${series}\n    quiet: true\n`;
    const { code, stdout } = await tested({ "more.test.yaml": text });
    expect(code).toBe(1);
    expect(stdout).toContain(
      "more.test.yaml:9:5\n    expected  no other alert fires or resolves\n    found     at 50s Busy of collection:analytics (warning) resolves",
    );
    expect(stdout).toContain(
      "more.test.yaml:13:12\n    expected  no alert fires or resolves\n    found     at 10s Busy of collection:analytics (warning) fires",
    );
    expect(stdout).toContain("2 of 2 tests failed");
  });

  it("otel-vitals test prints its results as JSON", async () => {
    const { code, stdout } = await tested({ "bad.test.yaml": GOOD.replace("at: 19s, alerts: []", "at: 21s, alerts: []") }, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      tests: [
        {
          file: "bad.test.yaml",
          name: "busy for a while",
          ok: false,
          simulatedMs: 99_000,
          mismatches: [{ line: 10, expected: "at 21s no alert is firing", found: [expect.stringContaining("above 0.9")] }],
        },
        { name: "never busy", ok: true, mismatches: [] },
      ],
    });
  });

  it("otel-vitals test runs the rules of a configuration file, and reports that file's problems with its own line numbers", async () => {
    const config = `file_format: "1.0"\ncollector:\n  sources: { here: { kind: host } }\n  collections: { analytics: { source: here, type: system, interval: 1s } }\n  health:\n    startup_grace: 0s\n    rules:\n      - ${RULE}\n`;
    const text = `config: otel.yaml\n${GOOD.slice(GOOD.indexOf("tests:"))}`;
    expect((await tested({ "c.test.yaml": text, "otel.yaml": config })).stdout).toContain("2 tests passed");
    const set = await tested({ "c.test.yaml": text }, "--set", "collector.health.rules.0.for=15s");
    expect(set.code).toBe(1);
    expect(set.stdout).toContain("at 25s Busy of collection:analytics (warning) fires");
    const wrong = await tested({ "c.test.yaml": text, "otel.yaml": config.replace("cpuUtilization", "cpuUtilisation") });
    expect(wrong).toEqual({
      code: 3,
      stdout: "",
      stderr:
        'otel.yaml:8:53 collector.health.rules.0.field: sample type "system" has no field "cpuUtilisation"; did you mean "cpuUtilization"?\n',
    });
  });

  it("otel-vitals test runs nothing if one of several files is invalid", async () => {
    const { code, stdout, stderr } = await tested({ "good.test.yaml": GOOD, "wrong.test.yaml": GOOD.replace("fired", "fird") });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^wrong\.test\.yaml:14:26 tests\.0\.timeline\.0\.fird: .*; did you mean "fired"\?$/m);
  });

  it("otel-vitals test requires a readable file", async () => {
    const none = await command(["test"], { cwd });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("test: expected at least one test file")]);
    const missing = await command(["test", "nowhere.yaml"], { cwd });
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining("no such file")]);
    const { stdout } = await command(["test", "--help"], { cwd });
    expect(stdout).toMatch(/^usage: otel-vitals test \[options\] FILE\.\.\.\n/);
  });
});

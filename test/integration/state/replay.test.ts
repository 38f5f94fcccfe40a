import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readState } from "../../../src/collector/retained.ts";
import { command, running, type Finished } from "../../support/command.ts";
import { until } from "../../support/until.ts";

const TOKEN = "a-token-of-the-test-0123456789";

/** The alert fires at the first sample: no machine has a free memory. */
const CONFIG = `
file_format: "1.0"
collector:
  state: { dir: state }
  server: { token: "\${VITALS_TOKEN}" }
  sources: { here: { kind: host } }
  collections: { host: { source: here, interval: 500ms } }
  health:
    startup_grace: 0s
    rules:
      - { name: InUse, collection: host, field: memoryUtilization, above: 0.0001 }
`;

const HIGHER = ["--set", "collector.health.rules.0.above=0.9999"];

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitals-replay-"));
  writeFileSync(join(folder, "otel-config.yaml"), CONFIG);
});
afterEach(() => rmSync(folder, { recursive: true }));

const surroundings = (token = TOKEN) => ({ cwd: folder, env: { VITALS_TOKEN: token } });

const replay = (from: string, ...more: readonly string[]): Promise<Finished> =>
  command(["test", "--replay", from, ...more], surroundings());

/** A collector of which an alert has fired, on disk as well. */
async function fired() {
  const collector = await running([], surroundings());
  await collector.logged(({ message }) => message === "started");
  const inState = async () => readState(join(folder, "state"));
  await until(inState, ({ alerts, samples }) => alerts.length > 0 && samples.length > 5);
  return collector;
}

describe("otel-vitals test --replay", () => {
  it("otel-vitals test --replay shows what a threshold changes, from the state of a running collector and from its API", async () => {
    await using collector = await fired();
    for (const from of ["state", collector.url]) {
      const same = await replay(from, "--fail-on-difference");
      expect(same.stdout).toContain("InUse\n          collection:host: memoryUtilization over 1m is ");
      expect(same.stdout).toContain("would fire once: 1 as before\nwould resolve 0 times\n");
      expect([same.stderr, same.code]).toEqual(["", 0]);
      const higher = await replay(from, ...HIGHER);
      expect(higher.stdout).toContain("would fire 0 times\nof 1 that fired, 1 would not: InUse of collection:host (warning)\n");
      expect(higher.code).toBe(0);
      const json = await replay(from, ...HIGHER, "--json", "--fail-on-difference");
      expect(JSON.parse(json.stdout)).toMatchObject({ same: false, collections: ["host"], alerts: [{ alert: "InUse", would: null }] });
      expect(json.code).toBe(1);
    }
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
    expect(collector.log.filter(({ message }) => /^state|journal/.test(String(message)))).toEqual([]);
    expect((await replay("state")).stdout).toContain("would fire once: 1 as before");
  });

  it("otel-vitals test --replay explains a wrong token, an address without a collector, and a directory without a state", async () => {
    await using collector = await running([], surroundings());
    const refused = await command(["test", "--replay", collector.url], surroundings("another-token-0123456789"));
    expect([refused.stderr, refused.code]).toEqual([expect.stringContaining("requires its token"), 1]);
    const credentials = await replay(collector.url.replace("//", "//user:secret@"));
    expect([credentials.stderr, credentials.code]).toEqual([expect.stringContaining("expected a URL without credentials"), 2]);
    expect(credentials.stderr).not.toContain("secret");
    collector.signal("SIGTERM");
    await collector.ended;
    const gone = await replay(collector.url);
    expect([gone.stderr, gone.code]).toEqual([expect.stringMatching(/no collector responds at 127\.0\.0\.1:\d+: ECONNREFUSED/), 4]);
    const none = await replay(".");
    expect([none.stderr, none.code]).toEqual([expect.stringContaining("expected the state directory of a collector"), 4]);
  });

  it.each([
    [["rules.test.yaml", "--replay", "state"], "expected test files or --replay, found both"],
    [["--replay", "state", "--since", "soon"], '--since: expected a duration such as "1h", found "soon"'],
    [["rules.test.yaml", "--since", "1h"], "--since: only with --replay"],
    [[], "expected at least one test file, or --replay"],
  ])("otel-vitals test refuses %j", async (args, message) => {
    const { code, stderr } = await command(["test", ...args], surroundings());
    expect([stderr, code]).toEqual([expect.stringContaining(message), 2]);
  });
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { command, running } from "../../support/command.ts";
import { follow } from "../../support/events.ts";

const RULE_TEST = `
config: etc/otel-config.yaml
tests:
  - { name: quiet, series: { analytics: { cpuUtilization: "0.1x60" } }, quiet: true }
`;

let [folder, config, state] = ["", "", ""];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "vitals-commands-"));
  config = join(folder, "etc", "otel-config.yaml");
  state = join(folder, "etc", ".otel-vitals");
  mkdirSync(join(folder, "etc"));
  mkdirSync(join(folder, "elsewhere"));
  expect(await command(["init", "-c", config])).toMatchObject({ code: 0 });
  writeFileSync(join(folder, "rules.test.yaml"), RULE_TEST);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As a person runs it: from another folder, and without a state of its own. */
const surroundings = () => ({ cwd: join(folder, "elsewhere"), env: { STATE_DIRECTORY: "" } });

const start = () => running(["-c", config], surroundings());

/** Names, sizes and times of change of everything in the state. */
const contents = (): readonly string[] =>
  readdirSync(state).map((name) => {
    const { mtimeMs, size } = statSync(join(state, name));
    return `${name} ${size} ${mtimeMs}`;
  });

const COMMANDS = [
  ["once", "--format", "json"],
  ["check"],
  ["validate"],
  ["test", "../rules.test.yaml"],
  ["dashboards", "--out", "grafana"],
] as const;

describe("the state of the starter configuration", () => {
  it("The state lies beside the configuration, wherever the command is started, and a restart continues from it", async () => {
    {
      await using collector = await start();
      using stream = follow(`${collector.url}/api/v1/events?types=sample`);
      await stream.until("sample", 2);
      collector.signal("SIGTERM");
      expect(await collector.ended).toBe(0);
    }
    expect([statSync(state).mode & 0o777, existsSync(join(folder, "elsewhere", ".otel-vitals"))]).toEqual([0o700, false]);
    await using again = await start();
    const continues = await again.logged(({ message }) => String(message).startsWith("continues from the state"));
    expect(continues).toMatchObject({ level: "info" });
  });

  it("A second collector with the same state waits, and then says in one line how it gets one of its own", async () => {
    await using _ = await start();
    const begun = performance.now();
    const second = await command(["run", "--log-format", "json", "--listen", "127.0.0.1:0", "-c", config], surroundings());
    expect(second).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `the state directory ${state} is in use by another collector, which did not stop within 10 s; ` +
        "stop it, or give this one a directory of its own, for example with --set collector.state.dir=PATH\n",
    });
    expect(performance.now() - begun).toBeGreaterThan(10_000);
    const own = ["--set", `collector.state.dir=${join(folder, "own")}`];
    await using third = await running(["-c", config, ...own], surroundings());
    expect((await fetch(`${third.url}/livez`)).status).toBe(200);
  });

  it("once, check, validate, test and dashboards neither need nor change the state of a running collector", async () => {
    await using collector = await start();
    using stream = follow(`${collector.url}/api/v1/events?types=sample`);
    await stream.until("sample", 2);
    // Stopped, so that only the commands could change it.
    collector.signal("SIGSTOP");
    const before = contents();
    expect(before.length).toBeGreaterThan(2);
    for (const args of COMMANDS) {
      const { code, stderr } = await command([...args, "-c", config], surroundings());
      expect([args[0], code, stderr]).toEqual([args[0], 0, ""]);
    }
    expect(contents()).toEqual(before);
    collector.signal("SIGCONT");
  });

  it("once, check, validate, test and dashboards make no state, and neither does a collector without a configuration", async () => {
    for (const args of COMMANDS) {
      expect(await command([...args, "-c", config], surroundings())).toMatchObject({ code: 0, stderr: "" });
    }
    expect(existsSync(state)).toBe(false);
    {
      await using collector = await running([], surroundings());
      using stream = follow(`${collector.url}/api/v1/events?types=sample`);
      await stream.until("sample", 2);
      collector.signal("SIGTERM");
      expect(await collector.ended).toBe(0);
    }
    expect(readdirSync(join(folder, "elsewhere"))).toEqual(["grafana"]);
  });
});

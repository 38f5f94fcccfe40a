import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ReconfigurationReport } from "../../src/answer/reconfiguration.ts";
import { VitalsError } from "../../src/base/errors.ts";
import { ManualClock, settle } from "../../src/base/manual-clock.ts";
import { Reloader } from "../../src/cli/reloader.ts";
import { loadConfig, type LoadResult } from "../../src/config/load.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { configFolder } from "../support/config-folder.ts";

const FILE = "otel-config.yaml";
const UNCHANGED: ReconfigurationReport = { collections: [], sources: [], sinks: [], settings: [], restart: [] };
const RIGHT = 'file_format: "1.0"\ncollector: { sources: { here: { kind: host } }, collections: { a: { source: here } } }\n';
const WRONG = 'file_format: "1.0"\ncollector:\n  windows: 5m\n  server: { port: 70000, tokn: hunter2 }\n';

const { load, path } = configFolder();

interface Parts {
  readonly load?: () => Promise<LoadResult>;
  readonly apply?: () => Promise<ReconfigurationReport>;
}

/** A reloader, with what it logged and what it measures: whether the last reload succeeded, and when one last did. */
function setUp({ load: read = () => load(RIGHT), apply = async () => UNCHANGED }: Parts = {}) {
  const clock = new ManualClock({ wallMs: 1_000_000 });
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const logged: string[] = [];
  const log =
    (level: string) =>
    (message: string, fields: object = {}): void =>
      void logged.push([level, message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(" "));
  const reloader = new Reloader({
    file: FILE,
    load: read,
    apply,
    meter: telemetry.meterProvider.getMeter("test"),
    logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    clock,
  });
  const measured = async (): Promise<readonly string[]> =>
    ((await telemetry.scrape?.())?.text ?? "").split("\n").filter((line) => line.startsWith("vitals_config_reload"));
  return { reloader, clock, logged, measured };
}

const success = (value: number): string => expect.stringMatching(new RegExp(`^vitals_config_reload_success(\\{\\})? ${value}$`)) as string;
const lastSuccess = (seconds: number): string =>
  expect.stringMatching(new RegExp(`^vitals_config_reload_last_success_time_seconds(\\{\\})? ${seconds}$`)) as string;

describe("Reloader", () => {
  it("Reloader counts the start as a success", async () => {
    const { measured } = setUp();
    expect(await measured()).toEqual([success(1), lastSuccess(1_000)]);
  });

  it("Reloader logs one line with what a right file has changed and kept, and one with what needs a restart", async () => {
    const { reloader, clock, logged, measured } = setUp({
      apply: async () => ({
        collections: [
          { name: "a", change: "changed", kept: ["412 samples", "2 open alerts"], reason: "interval 1s, was 2s" },
          { name: "b", change: "added" },
          { name: "c", change: "unchanged" },
          { name: "d", change: "removed" },
        ],
        sources: [{ name: "here", change: "unchanged" }],
        sinks: [{ name: "webhook", change: "changed" }],
        settings: ["collector.health.flapping"],
        restart: ["collector.server.port", "resource"],
      }),
    });
    await clock.advance(5_000);
    const answer = await reloader.reload("SIGHUP");
    expect(logged).toEqual([
      `info configuration reloaded trigger=SIGHUP file=${FILE} added=collection:b changed=collection:a, sink:webhook removed=collection:d ` +
        "settings=collector.health.flapping unchanged=collection:c, source:here " +
        "kept=collection:a: 412 samples and 2 open alerts; interval 1s, was 2s",
      `warn takes effect after a restart: collector.server.port, resource trigger=SIGHUP file=${FILE}`,
    ]);
    expect(answer).toMatchObject({ restart: ["collector.server.port", "resource"] });
    expect(answer).not.toHaveProperty("warnings");
    expect(await measured()).toEqual([success(1), lastSuccess(1_005)]);
  });

  it("Reloader says that a right file has changed nothing", async () => {
    const { reloader, logged } = setUp();
    await reloader.reload("SIGHUP");
    expect(logged).toEqual([`info configuration reloaded, without a change trigger=SIGHUP file=${FILE}`]);
  });

  it("Reloader logs and returns the warnings about a right file", async () => {
    const { reloader, logged } = setUp({ load: () => load(`${RIGHT}propagator: {}\n`) });
    const answer = await reloader.reload("SIGHUP");
    expect(answer).toMatchObject({ warnings: [{ severity: "warning", file: FILE, line: 3, column: 1, path: "propagator" }] });
    expect(logged[0]).toMatch(/^warn otel-config\.yaml:3:1 propagator: warning: not supported/);
  });

  it("Reloader applies nothing of a wrong file, logs every problem with its line, and counts again after a right one", async () => {
    let text = WRONG;
    let applied = 0;
    const { reloader, logged, measured, clock } = setUp({
      load: () => load(text),
      apply: async () => {
        applied += 1;
        return UNCHANGED;
      },
    });
    const answer = await reloader.reload("SIGHUP");
    expect(answer).toMatchObject({ problems: [{ line: 3, column: 12 }, { line: 4 }, { line: 4 }] });
    expect(logged.map((line) => line.replace(/ expected.*| unknown.*/, ""))).toEqual([
      "error otel-config.yaml:3:12 collector.windows:",
      "error otel-config.yaml:4:19 collector.server.port:",
      expect.stringMatching(/^error otel-config\.yaml:4:\d+ collector\.server/),
      `error the configuration was not reloaded; the collector continues with the one it has trigger=SIGHUP file=${FILE}`,
    ]);
    expect(JSON.stringify([answer, logged])).not.toContain("hunter2");
    expect(applied).toBe(0);
    await clock.advance(1_000);
    expect(await measured()).toEqual([success(0), lastSuccess(1_000)]);
    text = RIGHT;
    await reloader.reload("SIGHUP");
    expect(applied).toBe(1);
    expect(await measured()).toEqual([success(1), lastSuccess(1_001)]);
  });

  it.each([
    ["is missing", undefined, /^error otel-config\.yaml: no such file$/],
    ["is empty", "", /^error otel-config\.yaml: expected a configuration, found an empty file$/],
    ["is too long", "#".repeat(1024 * 1024 + 1), /^error otel-config\.yaml: expected a file of at most 1(\.0)? MiB/],
    ["is no YAML", 'file_format: "1.0', /^error otel-config\.yaml:1:\d+: invalid YAML/],
    ["is no text", "\u{d800}", /^error otel-config\.yaml/],
  ])("Reloader changes nothing when the file %s", async (_, text, line) => {
    const cwd = path("");
    if (text !== undefined) writeFileSync(path(FILE), text);
    const { reloader, logged, measured } = setUp({ load: () => loadConfig({ file: FILE, cwd, env: {} }), apply: () => expect.fail() });
    expect(await reloader.reload("SIGHUP")).toMatchObject({ problems: [{ severity: "error", file: FILE }] });
    expect(logged[0]).toMatch(line);
    expect(await measured()).toEqual([success(0), lastSuccess(1_000)]);
  });

  it("Reloader takes a refusal of the collector for a wrong file", async () => {
    const { reloader, measured, logged } = setUp({ apply: () => Promise.reject(new VitalsError("config_invalid", "the name is taken")) });
    expect(await reloader.reload("SIGHUP")).toEqual({
      problems: [{ severity: "error", file: FILE, path: "", message: "the name is taken" }],
    });
    expect(logged[0]).toBe("error otel-config.yaml: the name is taken");
    expect(await measured()).toEqual([success(0), lastSuccess(1_000)]);
  });

  it("Reloader rejects while the collector does not run, which is no failure of the file", async () => {
    const { reloader, measured, logged } = setUp({ apply: () => Promise.reject(new VitalsError("lifecycle", "it is stopping")) });
    await expect(reloader.reload("SIGHUP")).rejects.toMatchObject({ code: "lifecycle" });
    expect(logged).toEqual([`warn the configuration was not reloaded trigger=SIGHUP file=${FILE} reason=it is stopping`]);
    expect(await measured()).toEqual([success(1), lastSuccess(1_000)]);
  });

  it("Reloader logs an unexpected error with its stack, and reloads again afterwards", async () => {
    let isBroken = true;
    const { reloader, measured, logged } = setUp({
      apply: async () => {
        if (isBroken) throw new TypeError("undefined is no function");
        return UNCHANGED;
      },
    });
    await expect(reloader.reload("SIGHUP")).rejects.toThrow(TypeError);
    expect(logged[0]).toMatch(/^error the configuration could not be reloaded.*TypeError: undefined is no function\n\s+at /s);
    expect(await measured()).toEqual([success(0), lastSuccess(1_000)]);
    isBroken = false;
    await reloader.reload("SIGHUP");
    expect(await measured()).toEqual([success(1), lastSuccess(1_000)]);
  });

  it("Reloader runs one reload at a time, and requests during one share the next", async () => {
    const begun: PromiseWithResolvers<ReconfigurationReport>[] = [];
    const loaded = await load(RIGHT);
    const { reloader } = setUp({
      load: async () => loaded,
      apply: () => {
        const apply = Promise.withResolvers<ReconfigurationReport>();
        begun.push(apply);
        return apply.promise;
      },
    });
    const first = reloader.reload("first");
    await settle();
    const [second, third] = [reloader.reload("second"), reloader.reload("third")];
    expect(third).toBe(second);
    await settle();
    expect(begun).toHaveLength(1);
    begun[0]?.resolve({ ...UNCHANGED, settings: ["1"] });
    expect(await first).toMatchObject({ settings: ["1"] });
    await settle();
    expect(begun).toHaveLength(2);
    const fourth = reloader.reload("fourth");
    expect(fourth).not.toBe(second);
    begun[1]?.resolve({ ...UNCHANGED, settings: ["2"] });
    expect(await third).toMatchObject({ settings: ["2"] });
    await settle();
    begun[2]?.resolve({ ...UNCHANGED, settings: ["3"] });
    expect(await fourth).toMatchObject({ settings: ["3"] });
    await settle();
    expect(begun).toHaveLength(3);
  });

  it("Reloader runs the next reload although the one before failed", async () => {
    let count = 0;
    const { reloader } = setUp({
      apply: async () => {
        count += 1;
        if (count === 1) throw new Error("once");
        return UNCHANGED;
      },
    });
    await expect(reloader.reload("first")).rejects.toThrow("once");
    expect(await reloader.reload("second")).toEqual(UNCHANGED);
  });

  it("Reloader finds out whether the file is right without a trace", async () => {
    let text: string | undefined = WRONG;
    const { reloader, logged, measured } = setUp({
      load: async () => (text === undefined ? Promise.reject(new VitalsError("config_unreadable", "no such file")) : load(text)),
      apply: () => expect.fail(),
    });
    expect(await reloader.isValid()).toBe(false);
    text = undefined;
    expect(await reloader.isValid()).toBe(false);
    text = RIGHT;
    expect(await reloader.isValid()).toBe(true);
    expect(logged).toEqual([]);
    expect(await measured()).toEqual([success(1), lastSuccess(1_000)]);
  });
});

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ReloadAnswer } from "../../../src/http/index.ts";
import { command, running, type Running } from "../../support/command.ts";
import { until } from "../../support/until.ts";

const TOKEN = "t0ken";
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

interface Settings {
  readonly interval?: string;
  readonly more?: string;
  readonly server?: string;
}

const configuration = ({ interval = "100ms", more = "", server = "" }: Settings = {}): string => `file_format: "1.0"
meter_provider: { readers: [ { pull: { exporter: { prometheus/development: {} } } } ] }
collector:
  server: { token: ${TOKEN}${server} }
  sources: { here: { kind: host } }
  collections:
    steady: { source: here, type: system, interval: 100ms, retain: 600 }
    tuned: { source: here, type: system, interval: ${interval}, retain: 600 }
    ${more}
`;

const WRONG = configuration({ more: "broken: { source: hree, intervall: 1s }" });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "vitals-reload-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A command with a configuration file that the test changes. */
async function setUp(args: readonly string[] = []) {
  const dir = folder();
  const file = join(dir, "otel-config.yaml");
  writeFileSync(file, configuration());
  const collector = await running(["--config", file, ...args]);
  return { dir, file, collector };
}

const get = async (collector: Running, path: string): Promise<unknown> =>
  (await fetch(`${collector.url}${path}`, { headers: AUTHORIZED })).json();

async function collectionsOf(collector: Running): Promise<Readonly<Record<string, string>>> {
  const { collections } = (await get(collector, "/api/v1/collections")) as { collections: readonly { name: string; intervalMs: number }[] };
  return Object.fromEntries(collections.map(({ name, intervalMs }) => [name, `${intervalMs} ms`]));
}

async function ticksOf(collector: Running): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  return ((await get(collector, "/api/v1/stats")) as { ticks: Readonly<Record<string, Readonly<Record<string, number>>>> }).ticks;
}

/** The value of `vitals.config.reload.success` in a scrape. */
async function successOf(collector: Running): Promise<string | undefined> {
  const text = await (await fetch(`${collector.url}/metrics`, { headers: AUTHORIZED })).text();
  return /^vitals_config_reload_success(?:\{.*\})? (\S+)$/m.exec(text)?.[1];
}

/** Log lines of reloads that succeeded. */
const reloaded = (collector: Running, count: number): Promise<unknown> =>
  collector.logged(() => collector.log.filter(({ message }) => String(message).startsWith("configuration reloaded")).length >= count);

const refused = (collector: Running): Promise<unknown> =>
  collector.logged(({ message }) => String(message).startsWith("the configuration was not reloaded"));

describe("SIGHUP without a terminal", () => {
  it("otel-vitals run reloads its file at SIGHUP: a wrong one changes nothing, a right one keeps what is the same", async () => {
    const { file, collector } = await setUp();
    await using _ = collector;
    await until(
      () => ticksOf(collector),
      (ticks) => (ticks["steady"]?.["success"] ?? 0) > 3,
    );
    expect(await successOf(collector)).toBe("1");

    writeFileSync(file, WRONG);
    collector.signal("SIGHUP");
    await refused(collector);
    const problems = collector.log.filter(({ level, message }) => level === "error" && String(message).startsWith(file));
    expect(problems.map(({ message }) => String(message).slice(file.length))).toEqual([
      expect.stringMatching(/^:9:\d+ collector\.collections\.broken\.source: unknown source "hree"; did you mean "here"\?/),
      expect.stringMatching(/^:9:\d+ collector\.collections\.broken.*intervall/),
    ]);
    expect(await successOf(collector)).toBe("0");
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "100 ms" });

    const before = await ticksOf(collector);
    writeFileSync(file, configuration({ interval: "200ms", more: "added: { source: here, type: system, interval: 100ms }" }));
    collector.signal("SIGHUP");
    await reloaded(collector, 1);
    expect(await successOf(collector)).toBe("1");
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "200 ms", added: "100 ms" });
    const after = await ticksOf(collector);
    for (const name of ["steady", "tuned"])
      expect([name, after[name]?.["success"]]).toEqual([
        name,
        expect.toSatisfy((count: number) => count >= (before[name]?.["success"] ?? 0)),
      ]);

    writeFileSync(file, configuration());
    collector.signal("SIGHUP");
    await reloaded(collector, 2);
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "100 ms" });
    expect((await fetch(`${collector.url}/api/v1/collections/added/samples`, { headers: AUTHORIZED })).status).toBe(404);
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
  });

  it("otel-vitals run does not fall back to its defaults while the file that it found is missing, and takes it when it is there again", async () => {
    const dir = folder();
    const file = join(dir, "otel-config.yaml");
    writeFileSync(file, configuration());
    await using collector = await running([], { cwd: dir });
    rmSync(file);
    collector.signal("SIGHUP");
    await refused(collector);
    expect(collector.log.at(-2)?.["message"]).toBe("otel-config.yaml: no such file");
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "100 ms" });
    writeFileSync(file, configuration({ interval: "200ms" }));
    collector.signal("SIGHUP");
    await reloaded(collector, 1);
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "200 ms" });
  });

  it("otel-vitals run applies its command line to a file that it reads again", async () => {
    const { file, collector } = await setUp(["--set", "collector.collections.tuned.interval=300ms"]);
    await using _ = collector;
    writeFileSync(file, configuration({ interval: "200ms", more: "added: { source: here, type: system, interval: 100ms }" }));
    collector.signal("SIGHUP");
    await reloaded(collector, 1);
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "300 ms", added: "100 ms" });
  });
});

describe("POST /api/v1/reload", () => {
  const post = (collector: Running, token = TOKEN): Promise<Response> =>
    fetch(`${collector.url}/api/v1/reload`, { method: "POST", headers: { authorization: `Bearer ${token}` } });

  it("POST /api/v1/reload returns what has changed, or every problem of the file", async () => {
    const { file, collector } = await setUp();
    await using _ = collector;
    writeFileSync(file, WRONG);
    const wrong = await post(collector);
    expect([wrong.status, wrong.headers.get("content-type")]).toEqual([422, "application/problem+json"]);
    expect(await wrong.json()).toMatchObject({
      type: "urn:otel-vitals:problem:invalid-configuration",
      problems: [
        { severity: "error", file, line: 9, path: "collector.collections.broken.source" },
        { severity: "error", file, line: 9 },
      ],
    });
    expect(await successOf(collector)).toBe("0");

    writeFileSync(file, configuration({ interval: "200ms", server: ", max_clients: 5" }));
    const right = await post(collector);
    expect(right.status).toBe(200);
    const answer = (await right.json()) as ReloadAnswer;
    expect(answer.collections.map(({ name, change }) => [name, change])).toEqual([
      ["steady", "unchanged"],
      ["tuned", "changed"],
    ]);
    expect(answer.restart).toEqual(["collector.server.max_clients"]);
    expect(collector.log.at(-1)).toMatchObject({ level: "warn", message: "takes effect after a restart: collector.server.max_clients" });
    expect(await successOf(collector)).toBe("1");
  });

  it("POST /api/v1/reload applies a new token at once, and shows neither", async () => {
    const { file, collector } = await setUp();
    await using _ = collector;
    writeFileSync(file, configuration().replace(TOKEN, "n3w-token"));
    const response = await post(collector);
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toMatchObject([200, { settings: ["collector.server.token"] }]);
    expect([(await post(collector)).status, (await post(collector, "n3w-token")).status]).toEqual([401, 200]);
    expect(`${text}${JSON.stringify(collector.log)}`).not.toMatch(/n3w-token|t0ken/);
  });

  it("POST /api/v1/reload returns 501 without a file, where there are no metrics of reloads", async () => {
    await using collector = await running(["--set", `collector.server.token=${TOKEN}`], { cwd: folder() });
    expect((await post(collector)).status).toBe(501);
    expect(await successOf(collector)).toBeUndefined();
  });
});

describe("otel-vitals run --watch", () => {
  it("otel-vitals run --watch takes a file that is replaced by renaming, and reports a wrong one", async () => {
    const { dir, file, collector } = await setUp(["--watch"]);
    await using _ = collector;
    const replace = (text: string): void => {
      writeFileSync(join(dir, "next"), text);
      renameSync(join(dir, "next"), file);
    };
    replace(configuration({ interval: "200ms" }));
    await reloaded(collector, 1);
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "200 ms" });
    replace(WRONG);
    await refused(collector);
    expect(await successOf(collector)).toBe("0");
    replace(configuration({ interval: "300ms" }));
    await reloaded(collector, 2);
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "300 ms" });
    expect(await successOf(collector)).toBe("1");
    expect(collector.log.filter(({ trigger }) => trigger !== undefined).map(({ trigger }) => trigger)).toEqual([
      "--watch",
      "--watch",
      "--watch",
    ]);
    collector.signal("SIGTERM");
    expect(await collector.ended).toBe(0);
  });

  it("otel-vitals run --watch takes a ConfigMap whose link is swapped", async () => {
    const dir = folder();
    const put = (version: string, text: string): void => {
      mkdirSync(join(dir, version));
      writeFileSync(join(dir, version, "otel-config.yaml"), text);
      symlinkSync(version, join(dir, "..data_tmp"));
      renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
    };
    put("..1", configuration());
    symlinkSync(join("..data", "otel-config.yaml"), join(dir, "otel-config.yaml"));
    await using collector = await running(["--watch"], { cwd: dir });
    put("..2", configuration({ interval: "200ms" }));
    rmSync(join(dir, "..1"), { recursive: true });
    await reloaded(collector, 1);
    expect(await collectionsOf(collector)).toEqual({ steady: "100 ms", tuned: "200 ms" });
  });

  it("otel-vitals run --watch needs a file", async () => {
    const { code, stderr } = await command(["run", "--watch"], { cwd: folder() });
    expect([code, stderr]).toEqual([2, expect.stringContaining("--watch: expected a configuration file, found none")]);
  });
});

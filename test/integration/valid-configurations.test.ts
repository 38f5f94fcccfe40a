import * as fc from "fast-check";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, firstSamples } from "../../src/cli/compose.ts";
import { openServers } from "../../src/cli/servers.ts";
import { fileSchema } from "../../src/config/file-schema.ts";
import { loadConfig, type LoadedConfig } from "../../src/config/load.ts";
import { expositionProblems } from "../support/exposition.ts";
import { serveHttp } from "../support/http-server.ts";
import { program } from "../support/programs.ts";
import { hostileText, inputOf } from "../support/schema-arbitrary.ts";

/** What the endpoint of every http-json source answers. */
const ANSWER = { a: 1, b: { x: 2, y: 3 }, c: { x: { "1st": 4, 'q"': 5 }, "\n": { "": 6, _OTHER: 7 } }, d: 0.5 };

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let cwd = "";
let url = "";
let server: AsyncDisposable;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), "vitals-valid-"));
  const answering = await serveHttp((_, response) => response.setHeader("content-type", "application/json").end(JSON.stringify(ANSWER)));
  server = answering;
  url = answering.url;
});
afterAll(async () => {
  rmSync(cwd, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const instrument = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-zA-Z][a-z0-9]{0,2}([._/-][a-z0-9]{1,2}){0,2}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "vitals.collection.up",
      "target.info",
      "target",
      "vitals",
      "otel.sdk.x",
      "system.uptime",
      "up",
      "scrape_duration_seconds",
    ),
  },
  { weight: 1, arbitrary: hostileText },
);
const unit = fc.constantFrom("", "1", "s", "ms", "By", "{job}", "By/s", "%", "info", "collection.up", "total", "bucket", "é");
const attribute = fc.oneof({ weight: 4, arbitrary: fc.stringMatching(/^[a-z][a-z._-]{0,4}$/) }, { weight: 1, arbitrary: hostileText });
const axis = fc.oneof(
  fc.record({ attribute, limit: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ attribute, values: fc.uniqueArray(fc.oneof(fc.constantFrom("x", "y"), hostileText), { minLength: 1, maxLength: 3 }) }),
);

/** Attributes that each value of the answer is split by. */
const DEPTHS = { a: 0, b: 1, c: 2, d: 0 };

/** A field whose value in the answer has as many attributes as the field. */
const field = fc.constantFrom(...(["a", "b", "c", "d"] as const)).chain((path) =>
  fc.record(
    {
      path: fc.constant(path),
      kind: fc.constantFrom("gauge", "counter", "up_down_counter", ...(path === "d" ? ["duration"] : [])),
      instrument,
      unit: path === "d" ? fc.constantFrom("s", "1") : unit,
      description: hostileText,
      by: fc.array(axis, { minLength: DEPTHS[path], maxLength: DEPTHS[path] }),
    },
    { requiredKeys: ["path", "kind", "instrument", "unit", "by"] },
  ),
);

const sampleTypes = fc.dictionary(
  fc.oneof({ weight: 8, arbitrary: fc.stringMatching(/^[a-z]{1,4}$/) }, { weight: 1, arbitrary: hostileText }),
  fc.dictionary(
    fc.oneof({ weight: 8, arbitrary: fc.stringMatching(/^[a-z][A-Za-z0-9]{0,4}$/) }, { weight: 1, arbitrary: hostileText }),
    field,
    {
      minKeys: 1,
      maxKeys: 3,
    },
  ),
  { maxKeys: 3 },
);

/** Configurations by the shape of the file's schema; what refers to something else is generated together with it. */
function configurations(): fc.Arbitrary<unknown> {
  const endpoint = fc.constantFrom(`${url}/v1/metrics`, url);
  const local = fc.constantFrom("127.0.0.1", "localhost", "127.0.0.2");
  const settings = inputOf(fileSchema, {
    file_format: fc.constantFrom("1.0", "1.1", "1.7"),
    disabled: fc.constantFrom(false, null),
    // Names that share labels, which texts drawn at random rarely do.
    resource: fc.record({
      attributes: fc.array(
        fc.record({ name: fc.oneof(fc.constantFrom("a.b", "a_b", "1st", "__name__"), hostileText), value: hostileText }),
        { maxLength: 4 },
      ),
      attributes_list: hostileText,
    }),
    "meter_provider.readers": fc.array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: readerOf("pull", {
            "pull.exporter.prometheus/development.host": local,
            "pull.exporter.prometheus/development.port": fc.constant(0),
          }),
        },
        { weight: 1, arbitrary: readerOf("periodic", { "periodic.exporter.otlp_http.endpoint": endpoint }) },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    "meter_provider.views": fc.constantFrom(undefined, null, []),
    logger_provider: fc.constantFrom(undefined, { processors: [{ simple: { exporter: { otlp_http: { endpoint: `${url}/v1/logs` } } } }] }),
    "collector.server.port": fc.constant(0),
    "collector.server.host": fc.oneof({ weight: 4, arbitrary: local }, { weight: 1, arbitrary: fc.constantFrom("0.0.0.0", "", "a b") }),
    "collector.server.token": fc.constantFrom("", null, "s3cret #7", "%x", "~", "&x y", "a\nb", " ", 'a"b'),
    "collector.server.token_file": fc.constant(undefined),
    "collector.server.external_url": fc.constantFrom("", "http://vitals.example/a"),
    "collector.windows": fc.uniqueArray(fc.constantFrom("1s", "60s", "1m", "5m", "1m30s", "1h"), { minLength: 1, maxLength: 3 }),
    "collector.sources": fc.constant(undefined),
    "collector.collections": fc.constant(undefined),
    "collector.sample_types": fc.constant(undefined),
    "collector.health.rules": fc.constant(undefined),
    "collector.alerts.alertmanager.url": fc.constantFrom("", url),
    "collector.alerts.webhook.url": fc.constantFrom("", url, `http://me:secret@127.0.0.1/`),
  });
  return fc
    .tuple(settings, sampleTypes, fc.boolean())
    .map(([rest, types, withHost]) => assembled(rest as { readonly collector?: object }, types, withHost));
}

/** A reader of one kind, by the shape of its schema. */
function readerOf(kind: "pull" | "periodic", overrides: Parameters<typeof inputOf>[1]): fc.Arbitrary<unknown> {
  const reader = fileSchema.shape.meter_provider.def.innerType.def.innerType.shape.readers.def.in.def.innerType.def.innerType.element;
  const other = kind === "pull" ? "periodic" : "pull";
  return inputOf(reader, { ...overrides, [other]: fc.constant(undefined) });
}

type Types = Readonly<Record<string, Readonly<Record<string, { readonly path: string }>>>>;

/** With an http-json source that reads every sample type, and a collection for each. */
function assembled(rest: { readonly collector?: object }, types: Types, withHost: boolean): unknown {
  const names = Object.keys(types);
  const declared = Object.fromEntries(
    Object.entries(types).map(([name, fields]) => [
      name,
      Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, { ...each, path: undefined }])),
    ]),
  );
  const readings = Object.fromEntries(
    Object.entries(types).map(([name, fields]) => [
      name,
      Object.fromEntries(Object.entries(fields).map(([key, { path }]) => [key, `/${path}`])),
    ]),
  );
  const sources = {
    ...(withHost ? { h: { kind: "host" } } : {}),
    ...(names.length > 0 ? { s: { kind: "http-json", url, readings } } : {}),
  };
  const collections = {
    ...(withHost ? { h: { source: "h", interval: "50ms" } } : {}),
    ...Object.fromEntries(names.map((name) => [`c.${name}`, { source: "s", type: name, interval: "50ms" }])),
  };
  return { ...rest, collector: { ...rest.collector, sample_types: declared, sources, collections } };
}

const gaugeOf = (name: string, unit: string, path = "a", ...attributes: readonly string[]) => ({
  path,
  kind: "gauge",
  instrument: name,
  unit,
  by: attributes.map((attribute) => ({ attribute, limit: 3 })),
});

/**
 * Each has one setting that a start refuses, or that makes /metrics unreadable, with the path at which it is refused. Drawn at random, such a
 * setting is rarely the only problem.
 */
function doomed(): readonly (readonly [path: string, config: unknown])[] {
  const pull = { readers: [{ pull: { exporter: { "prometheus/development": { host: "127.0.0.1", port: 0 } } } }] };
  const withTypes = (types: Types, server: object = {}): unknown =>
    assembled({ file_format: "1.0", meter_provider: pull, collector: { server: { port: 0, ...server } } } as object, types, true);
  const withServer = (server: object): unknown => withTypes({}, server);
  const types = "collector.sample_types";
  return [
    ["collector.server.host", withServer({ host: "0.0.0.0" })],
    ["collector.server.host", withServer({ host: "::", token: null })],
    ["collector.server.host", withServer({ host: "a b", insecure: true })],
    ["collector.server.token", withServer({ token: "a\nb" })],
    ["collector.server.token", withServer({ token: " " })],
    ["collector.server.token_file", withServer({ token: "s3cret", token_file: "missing" })],
    ["collector.server.trusted_proxies.0", withServer({ trusted_proxies: ["proxy.example"] })],
    [`${types}.q.v.instrument`, withTypes({ q: { v: gaugeOf("vitals.collection.up", "1") } })],
    [`${types}.q.v.instrument`, withTypes({ q: { v: gaugeOf("target.info", "{x}") } })],
    [`${types}.r.v.instrument`, withTypes({ q: { v: gaugeOf("queue.wait", "s") }, r: { v: gaugeOf("queue.wait", "ms") } })],
    [`${types}.r.v.instrument`, withTypes({ q: { v: gaugeOf("queue.wait", "s") }, r: { v: gaugeOf("queue-wait", "s") } })],
    [`${types}.q.v.by.1.attribute`, withTypes({ q: { v: gaugeOf("queue.depth", "{x}", "c", "a..b", "a.b") } })],
    [`${types}.q.v.by.0.attribute`, withTypes({ q: { v: gaugeOf("queue.depth", "{x}", "b", "vitals-collection-name") } })],
  ];
}

/** Configurations that are tried; each that is accepted is started, which takes about half a second. */
const RUNS = 40;

/** Rounds in which what is refused is taken out. */
const ROUNDS = 8;

/** What `validate` accepts of a configuration: it as a whole, or without the settings that are refused. Undefined if that is nothing. */
async function accepted(config: unknown): Promise<LoadedConfig | undefined> {
  for (let round = 0; round < ROUNDS; round += 1) {
    // JSON is YAML; a dollar sign would begin a reference to a variable.
    writeFileSync(join(cwd, "otel-config.yaml"), JSON.stringify(config).replaceAll("$", "$$$$"));
    const loaded = await loadConfig({ env: {}, cwd });
    if (loaded.config) return loaded.config;
    const refused = loaded.problems.filter(({ severity, path }) => severity === "error" && path !== "");
    if (refused.length === 0) return undefined;
    for (const { path } of refused.toReversed()) takeOut(config, path);
  }
  return undefined;
}

/** Removes the setting at a dotted path, or, where it is missing, what lacks it. Names may contain dots. */
function takeOut(within: unknown, path: string): boolean {
  if (typeof within !== "object" || within === null) return false;
  for (const key of Object.keys(within)) {
    if (path !== key && !path.startsWith(`${key}.`)) continue;
    const inner: unknown = Reflect.get(within, key);
    if (path !== key && takeOut(inner, path.slice(key.length + 1))) return true;
    if (Array.isArray(within)) within.splice(Number(key), 1);
    else Reflect.deleteProperty(within, key);
    return true;
  }
  return false;
}

/** Starts a configuration as `run` does, scrapes it and stops it. @returns what its server and its listeners answered */
async function scrapesOf(config: LoadedConfig): Promise<readonly string[]> {
  const { collector, telemetry } = await compose(config, { logger: silent });
  const { main, metrics } = await openServers(config, { collector, telemetry }, { logger: silent, token: config.server.token });
  const servers = [main, ...metrics];
  try {
    const samples = config.plan.collections.size === 0 ? new Map() : await firstSamples(collector, 20_000);
    expect([...samples.keys()].toSorted()).toEqual([...config.plan.collections.keys()].toSorted());
    const { token } = config.server;
    const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
    const answers = await Promise.all(
      servers.map(async (each) => {
        const response = await fetch(`${each.url}/metrics`, { headers });
        return response.status === 200 ? response.text() : `status ${response.status}`;
      }),
    );
    expect((await fetch(`${main.url}/livez`, { headers })).status).toBe(200);
    return telemetry.scrape ? answers : [];
  } finally {
    await collector.shutdown({ timeoutMs: 500 });
    await telemetry.shutdown(500);
    await Promise.all(servers.map((each) => each.close()));
  }
}

describe("a configuration that would not start", () => {
  it("is refused by validate, at the setting that is wrong", async () => {
    for (const [path, config] of doomed()) {
      writeFileSync(join(cwd, "otel-config.yaml"), JSON.stringify(config));
      const { problems } = await loadConfig({ env: {}, cwd });
      expect(problems.filter(({ severity }) => severity === "error").map((problem) => problem.path)).toEqual([path]);
    }
  });
});

describe("a configuration that validate accepts", () => {
  it("starts, and its /metrics is readable", { timeout: 240_000 }, async () => {
    const texts: string[] = [];
    let [tried, valid] = [0, 0];
    const check = async (config: unknown): Promise<void> => {
      tried += 1;
      const loaded = await accepted(config);
      if (!loaded) return;
      valid += 1;
      for (const text of await scrapesOf(loaded)) {
        expect(expositionProblems(text)).toEqual([]);
        texts.push(text);
      }
    };
    const examples = doomed().map(([, config]): [unknown] => [config]);
    await fc.assert(fc.asyncProperty(configurations(), check), { examples, numRuns: examples.length + RUNS, endOnFailure: true });
    expect(valid).toBeGreaterThan(tried / 5);
    const promtool = program("promtool");
    if (promtool === undefined) return;
    for (const input of texts) {
      const { stderr } = spawnSync(promtool, ["check", "metrics"], { input, encoding: "utf8" });
      expect(stderr).not.toMatch(/error while linting/);
    }
  });
});

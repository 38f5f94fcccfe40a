import * as fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { lineOf } from "../../src/config/document.ts";
import { substitute } from "../../src/config/substitute.ts";
import { didYouMean, editDistance } from "../../src/base/suggest.ts";
import { isVitalsError } from "../../src/base/errors.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-config-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

type Options = { readonly env?: Record<string, string>; readonly set?: readonly (readonly [string, string])[]; readonly file?: string };

async function load(text: string | Buffer | undefined, { env = {}, set = [], file }: Options = {}) {
  if (text !== undefined) writeFileSync(join(cwd, "otel-config.yaml"), text);
  return loadConfig({ env, set, cwd, file });
}

/** Every problem as a line. */
async function problems(text: string, options: Options = {}): Promise<readonly string[]> {
  const result = await load(text, options);
  expect(result.config === undefined).toBe(result.problems.some(({ severity }) => severity === "error"));
  const lines = result.problems.map(lineOf);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(500);
  return lines;
}

async function refusal(text: string | Buffer | undefined, options: Options = {}): Promise<string> {
  const error: unknown = await load(text, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isVitalsError(error)) throw new Error(`expected a refusal, found ${String(error)}`);
  return `${error.code}: ${error.message}`;
}

const HEAD = 'file_format: "1.0"\n';
const HOST = "collector:\n  sources:\n    here: { kind: host }\n";

describe("a configuration that cannot be read", () => {
  it("is refused with one exact line", async () => {
    expect(await refusal("")).toBe("config_invalid: otel-config.yaml: expected a configuration, found an empty file");
    expect(await refusal(undefined, { file: "nope.yaml" })).toMatch(/^config_unreadable: .*nope\.yaml: there is no such file$/);
    expect(await refusal(Buffer.from([0x66, 0xff, 0xfe]))).toMatch(/^config_unreadable: .*: expected UTF-8, found other bytes$/);
    expect(await refusal("#".repeat(10_000_000))).toMatch(/^config_unreadable: .*: expected at most 1048576 bytes, found 10000000$/);
    mkdirSync(join(cwd, "folder"));
    expect(await refusal(undefined, { file: "folder" })).toMatch(/: expected a file, found a folder$/);
  });
});

describe("a configuration that is wrong", () => {
  it.each([
    ["a key given twice", `${HEAD}collector: {}\ncollector: {}\n`, [/^otel-config\.yaml:3:1: Map keys must be unique/]],
    ["YAML that is none", `${HEAD}collector: {`, [/^otel-config\.yaml:2:13: /]],
    ["no version", "collector: {}\n", [/^otel-config\.yaml:1:1 file_format: expected "1\.0" in quotes$/]],
    ["another version", 'file_format: "2.0"\n', [/^otel-config\.yaml:1:14 file_format: expected "1\.0"/]],
    ["a list instead of a map", "- 1\n", [/expected object, found array/]],
    [
      "a slip of the finger",
      `${HEAD}collector:\n  colections: {}\n`,
      [/^otel-config\.yaml:3:3 collector\.colections: .*did you mean "collections"\?$/],
    ],
    [
      "an interval of zero",
      `${HEAD}${HOST}  collections:\n    a: { source: here, interval: 0s }\n`,
      [/^otel-config\.yaml:6:34 collector\.collections\.a\.interval: expected a length of time from 10ms to 24d$/],
    ],
    [
      "a negative interval",
      `${HEAD}${HOST}  collections:\n    a: { source: here, interval: -5s }\n`,
      [/interval: expected a length of time such as/],
    ],
    ["an interval that is no number", `${HEAD}${HOST}  collections:\n    a: { source: here, interval: .nan }\n`, [/interval: /]],
    ["an interval above 24 days", `${HEAD}${HOST}  collections:\n    a: { source: here, interval: 25d }\n`, [/from 10ms to 24d/]],
    [
      "a source that is not there",
      `${HEAD}${HOST}  collections:\n    a: { source: hare }\n`,
      [/a\.source: unknown source "hare"; did you mean "here"\?$/],
    ],
    [
      "a source kind that is not there",
      `${HEAD}collector:\n  sources:\n    a: { kind: hots }\n`,
      [/^otel-config\.yaml:4:16 .*not built in \(host, mcp-memory, http-json\).*did you mean "host"\?$/],
    ],
    [
      "a type its source has not",
      `${HEAD}${HOST}  collections:\n    a: { source: here, type: grap }\n`,
      [/a\.type: source "here" has no type "grap"; it reads: system$/],
    ],
    [
      "a part of the SDK that is not carried",
      `${HEAD}meter_provider:\n  views: []\n`,
      [/^otel-config\.yaml:3:3 meter_provider\.views: views is not carried by this program/],
    ],
    [
      "parts of a logger provider that are not carried or not known",
      `${HEAD}logger_provider:\n  processors:\n    - batch:\n        max_queue_sise: 5\n        exporter:\n          otlp_http:\n            tls: {}\n    - simple: { exporter: { otlp_grpc: {}, otlp_http: {} } }\n`,
      [
        /^otel-config\.yaml:8:13 logger_provider\.processors\.0\.batch\.exporter\.otlp_http\.tls: tls is not carried by this program/,
        /^otel-config\.yaml:5:25 logger_provider\.processors\.0\.batch\.max_queue_sise: expected one of schedule_delay, .*did you mean "?max_queue_size"?/,
        /^otel-config\.yaml:9:29 logger_provider\.processors\.1\.simple\.exporter\.otlp_grpc: the exporter otlp_grpc is not carried/,
      ],
    ],
    [
      "an exporter that is not carried",
      `${HEAD}meter_provider:\n  readers:\n    - periodic: { exporter: { console: {} } }\n`,
      [/exporter\.otlp_http: expected object, found undefined/, /the exporter console is not carried by this program/],
    ],
    [
      "a component that is not there",
      `${HEAD}${HOST}  collections:\n    a: { source: here }\n  health: { informational: [process, "collection:a", "source:her"] }\n`,
      [/^otel-config\.yaml:7:54 collector\.health\.informational\.2: unknown component "source:her"; did you mean "source:here"\?$/],
    ],
    [
      "two instruments that are one on /metrics",
      `${HEAD}collector:\n  sample_types:\n    t: { a: { instrument: x.y, unit: "{job}" }, b: { instrument: x_y, unit: "{job}" } }\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", readings: { t: { a: /a } } }\n  collections:\n    c: { source: s }\n`,
      [/x\.y \(gauge in \{job\}\) and x_y \(gauge in \{job\}\) have the same name on \/metrics; rename one/],
    ],
    [
      "reserved and colliding names in a sample type",
      `${HEAD}collector:\n  sample_types:\n    t:\n      constructor: { instrument: x.y, unit: "{job}" }\n      a: { instrument: x.a, unit: "1", by: [{ attribute: le }] }\n      b:\n        instrument: x.b\n        unit: "1"\n        by: [{ attribute: queue.name }, { attribute: queue-name }, { attribute: vitals.collection.name }]\n`,
      [
        /^otel-config\.yaml:5:7 collector\.sample_types\.t\.constructor: the field name "constructor" is reserved/,
        /^otel-config\.yaml:6:58 collector\.sample_types\.t\.a\.by\.0\.attribute: the attribute name "le" of field "a" is reserved/,
        /^otel-config\.yaml:10:54 collector\.sample_types\.t\.b\.by\.1\.attribute: the attributes "queue\.name" and "queue-name" of field "b" share the label queue_name/,
        /^otel-config\.yaml:10:81 collector\.sample_types\.t\.b\.by\.2\.attribute: the attribute name "vitals\.collection\.name" of field "b" is reserved/,
      ],
    ],
    [
      "a key named __proto__",
      `${HEAD}collector:\n  sample_types:\n    t: { __proto__: { instrument: x.y, unit: "1" }, a: { instrument: x.a, unit: "1" } }\n`,
      [/^otel-config\.yaml:4:10: the name "__proto__" is reserved; choose another$/],
    ],
    [
      "one instrument as a gauge and as an up-down counter",
      `${HEAD}collector:\n  sample_types:\n    t: { a: { instrument: x.y, unit: "{job}" } }\n    u: { a: { kind: up_down_counter, instrument: x.y, unit: "{job}" } }\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", readings: { t: { a: /a }, u: { a: /a } } }\n  collections:\n    c: { source: s, type: t }\n    d: { source: s, type: u }\n`,
      [/x\.y \(gauge in \{job\}\) and x\.y \(up_down_counter in \{job\}\) have the same name on \/metrics/],
    ],
  ])("by %s is told where and what", async (_, text, expected) => {
    const found = await problems(text);
    expect(found).toHaveLength(expected.length);
    expected.forEach((pattern, n) => expect(found[n]).toMatch(pattern));
  });

  it("in many places is told all of them at once, also those behind a schema's", async () => {
    const text = `${HEAD}${HOST}    memory: { kind: mcp-memory, pth: x }\n  collections:\n    a: { source: hare, interval: 0s }\n    b: { source: here, tpye: system }\n`;
    const found = await problems(text);
    for (const pattern of [/a\.interval/, /b\.tpye.*did you mean "type"/, /memory\.path/, /memory\.pth/, /a\.source.*did you mean "here"/])
      expect(found.some((line) => pattern.test(line))).toBe(true);
    expect(found).toHaveLength(5);
  });

  it("by an alias bomb costs nothing", async () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ...["b", "c", "d", "e", "f", "g", "h", "i"].map(
        (name, n) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${"abcdefghi"[n]}`).join(",")}]`,
      ),
    ].join("\n");
    expect(await problems(bomb)).toEqual([expect.stringMatching(/expected at most 100 uses of anchors, found more/)]);
  });

  it("never has a value repeated, which could be a secret", async () => {
    const text = `${HEAD}collector:\n  server: { token: [hunter2], port: hunter2 }\nmeter_provider:\n  readers:\n    - periodic: { exporter: { otlp_http: { headers: { authorization: hunter2 } } } }\n`;
    const found = await problems(text);
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found.join()).not.toContain("hunter2");
  });
});

describe("a configuration that is right", () => {
  it("is understood, with warnings for what is not ours", async () => {
    const { config, problems: found } = await load(
      `${HEAD}tracer_provider: {}\npropagator: {}\n${HOST}  collections:\n    a: { source: here, interval: 500ms }\n`,
    );
    expect(config).toMatchObject({
      file: "otel-config.yaml",
      baseDir: cwd,
      plan: { options: { collections: { a: { source: "here", interval: 500 } } } },
      server: { host: "127.0.0.1", port: 9464 },
    });
    expect(found.map(lineOf)).toEqual([
      "otel-config.yaml:2:1 tracer_provider: warning: is not carried by this program and has no effect",
      "otel-config.yaml:3:1 propagator: warning: is not carried by this program and has no effect",
    ]);
  });

  it("takes environment variables only where the file names them", async () => {
    const text = `${HEAD}resource:\n  attributes: [{ name: service.name, value: "\${NAME}" }]\n${HOST}  server:\n    port: "\${PORT:-1}"\n`;
    const quoted = await load(text, { env: { NAME: "x", PORT: "8080", OTEL_SERVICE_NAME: "y", OTEL_EXPORTER_OTLP_ENDPOINT: "http://z" } });
    expect(quoted.problems.map(lineOf)).toEqual([expect.stringMatching(/server\.port: expected number, found string/)]);
    const { config } = await load(text.replace('"${PORT:-1}"', "${PORT:-1}"), {
      env: { NAME: "x", PORT: "8080", OTEL_SERVICE_NAME: "y", OTEL_EXPORTER_OTLP_ENDPOINT: "http://z" },
    });
    expect(config).toMatchObject({ resource: { "service.name": "x" }, server: { port: 8080 }, meterProvider: { readers: [] } });
  });

  it("is found by option, by variable, in the folder, or built in", async () => {
    expect((await load(undefined)).config).toMatchObject({
      file: undefined,
      plan: { options: { collections: { analytics: { interval: 1_000 } } } },
    });
    expect(Object.keys((await load(undefined, { env: { MEMORY_FILE_PATH: "m.jsonl" } })).config?.plan.options.collections ?? {})).toEqual([
      "analytics",
      "memory",
      "graph",
    ]);
    writeFileSync(join(cwd, "other.yaml"), HEAD);
    expect((await load(undefined, { env: { OTEL_CONFIG_FILE: "other.yaml" } })).config?.file).toBe("other.yaml");
    writeFileSync(join(cwd, "otel-config.yaml"), HEAD);
    expect((await load(undefined)).config?.file).toBe("otel-config.yaml");
    expect((await load(undefined, { file: "other.yaml", env: { OTEL_CONFIG_FILE: "x" } })).config?.file).toBe("other.yaml");
  });

  it("without a file honours the standard variables", async () => {
    const env = {
      OTEL_SERVICE_NAME: "mine",
      OTEL_RESOURCE_ATTRIBUTES: "team=graph,x=a%20b",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://h:4318/",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "5000",
    };
    const { config } = await load(undefined, { env });
    expect(config?.resource).toEqual({ "service.name": "mine", team: "graph", x: "a b" });
    expect(config?.meterProvider.readers?.[1]).toMatchObject({
      periodic: { interval: 5_000, exporter: { otlp_http: { endpoint: "http://h:4318/v1/metrics", encoding: "json" } } },
    });
    expect((await load(undefined, { env: { OTEL_SDK_DISABLED: "true" } })).config?.disabled).toBe(true);
  });

  it("takes what the command line sets", async () => {
    const { config } = await load(`${HEAD}${HOST}`, {
      set: [
        ["collector.server.port", "0"],
        ["collector.collections.a", "{ source: here, interval: 2s }"],
      ],
    });
    expect(config).toMatchObject({ server: { port: 0 }, plan: { options: { collections: { a: { interval: 2_000 } } } } });
  });
});

describe("substitution", () => {
  const value = (text: string, env: Record<string, string> = {}): unknown => {
    const document = parseDocument(`v: ${text}`);
    substitute(document, env);
    return (document.toJS() as { v: unknown }).v;
  };

  it.each([
    ["${A}", { A: "text" }, "text"],
    ["${env:A}", { A: "text" }, "text"],
    ["${A}", { A: "12" }, 12],
    ['"${A}"', { A: "12" }, "12"],
    ["${A}", { A: "true" }, true],
    ["${A}", {}, null],
    ["${A:-8}", {}, 8],
    ["${A:-8}", { A: "" }, 8],
    ["a ${A} b", { A: "x" }, "a x b"],
    ["$$", {}, "$"],
    ["$${A}", { A: "x" }, "${A}"],
    ["${A}", { A: "${B}", B: "no" }, "${B}"],
    ["${A}", { A: "a: b" }, "a: b"],
    ["${A}", { A: "[1, 2]" }, "[1, 2]"],
  ])("of %s with %o gives %o", (text, env, expected) => expect(value(text, env as Record<string, string>)).toEqual(expected));

  it("never throws and never changes keys, whatever is written", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "A", ":", "-", " ", "env:", "x") }), fc.string(), (text, variable) => {
        const document = parseDocument(`"k$\{A}": ${JSON.stringify(text)}`);
        substitute(document, { A: variable });
        expect(Object.keys(document.toJS() as object)).toEqual(["k${A}"]);
      }),
    );
  });
});

describe("suggestions", () => {
  it("are near names only", () => {
    expect(editDistance("sorce", "source")).toBe(1);
    expect(editDistance("tpye", "type")).toBe(1);
    expect(didYouMean("intervall", ["interval", "timeout"])).toBe('; did you mean "interval"?');
    expect(didYouMean("completely", ["interval", "timeout"])).toBe("");
    expect(didYouMean("x", ["y"])).toBe("");
  });
});

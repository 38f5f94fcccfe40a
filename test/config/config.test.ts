import * as fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { loadConfig, type Setting } from "../../src/config/load.ts";
import { lineOf } from "../../src/config/document.ts";
import { substitute } from "../../src/config/substitute.ts";
import { didYouMean, editDistance, unknownName } from "../../src/base/suggest.ts";
import { isVitalsError } from "../../src/base/errors.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-config-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

type Options = { readonly env?: Record<string, string>; readonly set?: readonly Setting[]; readonly file?: string };

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

/** The error of a file that cannot be read. */
async function failure(text: string | Buffer | undefined, options: Options = {}): Promise<string> {
  const error: unknown = await load(text, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isVitalsError(error)) throw new Error(`expected a VitalsError, found ${String(error)}`);
  return `${error.code}: ${error.message}`;
}

const HEAD = 'file_format: "1.0"\n';
const HOST = "collector:\n  sources:\n    here: { kind: host }\n";

describe("an unreadable configuration", () => {
  it("loadConfig fails on an unreadable file with one exact line", async () => {
    expect(await failure("")).toBe("config_invalid: otel-config.yaml: expected a configuration, found an empty file");
    expect(await failure(undefined, { file: "nope.yaml" })).toBe(`config_unreadable: ${join(cwd, "nope.yaml")}: no such file`);
    expect(await failure(Buffer.from([0x66, 0xff, 0xfe]))).toMatch(/^config_unreadable: .*: expected UTF-8 text, found other bytes$/);
    expect(await failure("#".repeat(10_000_000))).toMatch(
      /^config_unreadable: .*: expected a file of at most 1(\.0)? MiB, found 9\.5\d? MiB$/,
    );
    mkdirSync(join(cwd, "folder"));
    expect(await failure(undefined, { file: "folder" })).toMatch(/: expected a regular file, found a directory$/);
  });
});

const HOST_A = `${HEAD}${HOST}  collections:\n    a: `;

describe("problems of a configuration", () => {
  it.each([
    [
      "a duplicate key",
      `${HEAD}collector: {}\ncollector: {}\n`,
      ['3:1: invalid YAML: the key "collector" is used twice in this map; remove one'],
    ],
    [
      "invalid YAML",
      `${HEAD}collector: {`,
      ['2:13: invalid YAML: expected "}" after the last entry, indented further than the setting, found none'],
    ],
    ["a missing file_format", "collector: {}\n", ['1:1 file_format: required, but missing; expected "1.0" in quotes']],
    ["an unquoted file_format", "file_format: 1.0\n", ['1:14 file_format: expected "1.0" in quotes, found 1']],
    [
      "an unsupported file_format",
      'file_format: "2.0"\n',
      ['1:14 file_format: expected "1.0", the supported version of the declarative configuration; found "2.0"'],
    ],
    ["a list in place of a map", "- 1\n", ["1:1: expected a map, found a list"]],
    [
      "a misspelled setting",
      `${HEAD}collector:\n  colections: {}\n`,
      ['3:3 collector.colections: unknown setting "colections"; did you mean "collections"?'],
    ],
    [
      "an unknown setting",
      `${HEAD}collector:\n  sources: { a: { kind: host, speed: 9 } }\n`,
      ['3:38 collector.sources.a.speed: unknown setting "speed"; expected proc, sys or filesystems'],
    ],
    [
      "a name with a space",
      `${HEAD}${HOST}    "b c": { kind: host }\n`,
      ['5:5 collector.sources.b c: invalid name "b c": expected a name: a letter, then letters, digits, _ . or -, at most 64'],
    ],
    [
      "an interval of zero",
      `${HOST_A}{ source: here, interval: 0s }\n`,
      ['6:34 collector.collections.a.interval: expected a duration from 10ms to 24d, found "0s"'],
    ],
    [
      "a negative interval",
      `${HOST_A}{ source: here, interval: -5s }\n`,
      ['6:34 collector.collections.a.interval: expected a duration such as "500ms", "5s" or "1m30s"; found "-5s"'],
    ],
    [
      "an interval of NaN",
      `${HOST_A}{ source: here, interval: .nan }\n`,
      ['6:34 collector.collections.a.interval: expected a duration such as "500ms", "5s" or "1m30s"; found NaN'],
    ],
    [
      "an interval above 24 days",
      `${HOST_A}{ source: here, interval: 25d }\n`,
      ['6:34 collector.collections.a.interval: expected a duration from 10ms to 24d, found "25d"'],
    ],
    [
      "a misspelled source",
      `${HOST_A}{ source: hare }\n`,
      ['6:18 collector.collections.a.source: unknown source "hare"; did you mean "here"?'],
    ],
    [
      "an unknown source",
      `${HOST_A}{ source: elsewhere }\n`,
      ['6:18 collector.collections.a.source: unknown source "elsewhere"; expected here'],
    ],
    [
      "a misspelled source kind",
      `${HEAD}collector:\n  sources:\n    a: { kind: hots }\n`,
      ['4:16 collector.sources.a.kind: unknown source kind "hots"; did you mean "host"?'],
    ],
    [
      "a sample type that its source does not have",
      `${HOST_A}{ source: here, type: graph }\n`,
      ['6:30 collector.collections.a.type: source "here" has no sample type "graph"; expected system'],
    ],
    [
      "a number above its maximum",
      `${HEAD}collector:\n  server: { port: 65536, max_clients: 0.5 }\n`,
      [
        "3:19 collector.server.port: expected at most 65535, found 65536",
        "3:39 collector.server.max_clients: expected a whole number, found 0.5",
      ],
    ],
    [
      "a misspelled choice",
      `${HEAD}collector:\n  sources:\n    a: { kind: http-json, url: "http://127.0.0.1/", method: PUTT, readings: {} }\n`,
      ['4:61 collector.sources.a.method: expected GET or POST, found "PUTT"; did you mean "POST"?'],
    ],
    [
      "a part of the SDK that is not supported",
      `${HEAD}meter_provider:\n  views: [{ selector: { unit: s } }]\n`,
      [/^3:3 meter_provider\.views: views is not /],
    ],
    [
      "unsupported and misspelled parts of a logger provider",
      `${HEAD}logger_provider:\n  processors:\n    - batch:\n        max_queue_sise: 5\n        exporter:\n          otlp_http:\n            tls: { ca_file: x }\n    - simple: { exporter: { otlp_grpc: {}, otlp_http: {} } }\n`,
      [
        '5:25 logger_provider.processors.0.batch.max_queue_sise: unknown setting "max_queue_sise"; did you mean "max_queue_size"?',
        /^8:13 logger_provider\.processors\.0\.batch\.exporter\.otlp_http\.tls: tls is not /,
        /^9:29 logger_provider\.processors\.1\.simple\.exporter\.otlp_grpc: the exporter otlp_grpc is not /,
      ],
    ],
    [
      "an unsupported exporter",
      `${HEAD}meter_provider:\n  readers:\n    - periodic: { exporter: { console: {} } }\n`,
      [/^4:31 meter_provider\.readers\.0\.periodic\.exporter\.console: the exporter console is not /],
    ],
    [
      "an unknown informational component",
      `${HOST_A}{ source: here }\n  health: { informational: [process, "collection:a", "source:her"] }\n`,
      ['7:54 collector.health.informational.2: unknown component "source:her"; did you mean "source:here"?'],
    ],
    [
      "two instruments with one name on /metrics",
      `${HEAD}collector:\n  sample_types:\n    t: { a: { instrument: x.y, unit: "{job}" }, b: { instrument: x_y, unit: "{job}" } }\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", readings: { t: { a: /a } } }\n  collections:\n    c: { source: s }\n`,
      [
        "4:66 collector.sample_types.t.b.instrument: x.y (gauge in {job}) and x_y (gauge in {job}) have the same name on /metrics; rename one of the instruments",
      ],
    ],
    [
      "reserved and colliding names in a sample type",
      `${HEAD}collector:\n  sample_types:\n    t:\n      constructor: { instrument: x.y, unit: "{job}" }\n      a: { instrument: x.a, unit: "1", by: [{ attribute: le }] }\n      b:\n        instrument: x.b\n        unit: "1"\n        by: [{ attribute: queue.name }, { attribute: queue-name }, { attribute: vitals.collection.name }]\n`,
      [
        /^5:7 collector\.sample_types\.t\.constructor: the field name "constructor" is reserved/,
        /^6:58 collector\.sample_types\.t\.a\.by\.0\.attribute: the attribute name "le" of field "a" is reserved/,
        /^10:54 collector\.sample_types\.t\.b\.by\.1\.attribute: the attributes "queue\.name" and "queue-name" of field "b" share the label queue_name/,
        /^10:81 collector\.sample_types\.t\.b\.by\.2\.attribute: the attribute name "vitals\.collection\.name" of field "b" is reserved/,
      ],
    ],
    [
      "a key named __proto__",
      `${HEAD}collector:\n  sample_types:\n    t: { __proto__: { instrument: x.y, unit: "1" }, a: { instrument: x.a, unit: "1" } }\n`,
      [/^4:10: the name "__proto__" is reserved; choose another$/],
    ],
    [
      "one instrument as a gauge and as an up-down counter",
      `${HEAD}collector:\n  sample_types:\n    t: { a: { instrument: x.y, unit: "{job}" } }\n    u: { a: { kind: up_down_counter, instrument: x.y, unit: "{job}" } }\n  sources:\n    s: { kind: http-json, url: "http://127.0.0.1/", readings: { t: { a: /a }, u: { a: /a } } }\n  collections:\n    c: { source: s, type: t }\n    d: { source: s, type: u }\n`,
      [/x\.y \(gauge in \{job\}\) and x\.y \(up_down_counter in \{job\}\) have the same name on \/metrics; rename one of the instruments$/],
    ],
    [
      "a malformed reference to an environment variable",
      `${HEAD}collector:\n  server: { host: "\${bad name}" }\n`,
      ['3:19: malformed reference "${bad name}"; expected ${NAME}, ${env:NAME} or ${NAME:-default}'],
    ],
  ])("loadConfig reports %s with its position", async (_, text, expected) => {
    const found = await problems(text);
    expect(found).toHaveLength(expected.length);
    expected.forEach((line, n) => {
      const rest = found[n]?.replace(/^otel-config\.yaml:/, "");
      if (typeof line === "string") expect(rest).toBe(line);
      else expect(rest).toMatch(line);
    });
  });

  it("loadConfig reports all problems in one run, in the order of the file, also unknown names beside invalid values", async () => {
    const text = `${HEAD}${HOST}    memory: { kind: mcp-memory, pth: x }\n  collections:\n    a: { source: hare, interval: 0s }\n    b: { source: here, tpye: system }\n`;
    expect((await problems(text)).map((line) => line.replace(/^otel-config\.yaml:(\d+:\d+) (\S+): .*$/, "$1 $2"))).toEqual([
      "5:5 collector.sources.memory.path",
      "5:38 collector.sources.memory.pth",
      "7:18 collector.collections.a.source",
      "7:34 collector.collections.a.interval",
      "8:30 collector.collections.b.tpye",
    ]);
  });

  it("loadConfig refuses an alias bomb without expanding it", async () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ...["b", "c", "d", "e", "f", "g", "h", "i"].map(
        (name, n) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${"abcdefghi"[n]}`).join(",")}]`,
      ),
    ].join("\n");
    expect(await problems(bomb)).toEqual([expect.stringMatching(/expected at most 100 uses of anchors, found more/)]);
  });

  it("loadConfig never shows tokens, headers, or the credentials and the query of a URL", async () => {
    const text = `${HEAD}collector:
  server: { token: [hunter2] }
  sources:
    a: { kind: http-json, url: "http://me:hunter2@127.0.0.1/", token: 1234567, headers: { x: 1234567 }, readings: {} }
    b: { kind: http-json, url: "htp://127.0.0.1/?key=hunter2", body: [hunter2], readings: {} }
meter_provider:
  readers:
    - periodic: { exporter: { otlp_http: { endpoint: "htp://me:hunter2@x", headers: { authorization: hunter2 } } } }
`;
    const found = await problems(text);
    expect(found).toHaveLength(8);
    expect(found.join()).not.toMatch(/hunter2|1234567/);
    expect(found.filter((line) => line.endsWith("found text (hidden)"))).toHaveLength(3);
  });

  it("loadConfig names the environment variable of an invalid value, and hides the value where the name suggests a secret", async () => {
    const text = `${HEAD}collector:\n  server: { port: "\${PORT}", max_clients: "\${API_TOKEN}" }\n`;
    expect(await problems(text, { env: { PORT: "http", API_TOKEN: "hunter2" } })).toEqual([
      'otel-config.yaml:3:19 collector.server.port: expected a number, found "http" (from ${PORT})',
      "otel-config.yaml:3:43 collector.server.max_clients: expected a number, found text (hidden) (from ${API_TOKEN})",
    ]);
  });
});

describe("a valid configuration", () => {
  it("loadConfig ignores other sections of OpenTelemetry's configuration with a warning each", async () => {
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
      "otel-config.yaml:2:1 tracer_provider: warning: not supported by this program; the section is ignored",
      "otel-config.yaml:3:1 propagator: warning: not supported by this program; the section is ignored",
    ]);
  });

  it("loadConfig applies environment variables only where the file references them", async () => {
    const text = `${HEAD}resource:\n  attributes: [{ name: service.name, value: "\${NAME}" }]\n${HOST}  server:\n    port: "\${PORT:-1}"\n`;
    const { config } = await load(text, {
      env: { NAME: "x", PORT: "8080", OTEL_SERVICE_NAME: "y", OTEL_EXPORTER_OTLP_ENDPOINT: "http://z" },
    });
    expect(config).toMatchObject({ resource: { "service.name": "x" }, server: { port: 8080 }, meterProvider: { readers: [] } });
  });

  it("loadConfig reads the file of --config, else of OTEL_CONFIG_FILE, else of the working directory, else the built-in defaults", async () => {
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

  it("loadConfig applies the standard OTEL_ variables when there is no file", async () => {
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

  it("loadConfig warns about a configuration that collects nothing", async () => {
    const { config, problems: found } = await load(HEAD);
    expect(config?.plan.collections.size).toBe(0);
    expect(found.map(lineOf)).toEqual([
      'otel-config.yaml:1:1 collector.collections: warning: no collections, so nothing is collected; add one, or see the file that "otel-vitals init" writes',
    ]);
  });

  it("loadConfig overrides settings with those of --set", async () => {
    const { config } = await load(`${HEAD}${HOST}`, {
      set: [
        ["collector.server.port", "0"],
        ["collector.collections.a", "{ source: here, interval: 2s }"],
      ],
    });
    expect(config).toMatchObject({ server: { port: 0 }, plan: { options: { collections: { a: { interval: 2_000 } } } } });
  });
});

describe("a problem with a value of the command line", () => {
  it("loadConfig reports a problem with a value of the command line at its option, and any other one at its position in the file", async () => {
    const { problems: found } = await load(`${HEAD}${HOST}  windows: [1x]\n  server: { prt: 1 }\n`, {
      set: [
        ["collector.server.host", '"0.0.0.0"', "--listen"],
        ["collector.server.port", "99999", "--listen"],
        ["collector.collections.a", "{ source: here, intervall: 2s }"],
      ],
    });
    const lines = found.map(lineOf);
    expect(lines).toContain("--listen collector.server.port: expected at most 65535, found 99999");
    expect(lines).toContain('--set collector.collections.a.intervall: unknown setting "intervall"; did you mean "interval"?');
    expect(lines.filter((line) => line.startsWith("otel-config.yaml:"))).toHaveLength(2);
    expect(found.filter(({ line, option }) => (line === undefined) !== (option !== undefined))).toEqual([]);
  });

  it("loadConfig reports a missing token at the option that set the address", async () => {
    const { problems: found } = await load(`${HEAD}${HOST}`, { set: [["collector.server.host", '"0.0.0.0"', "--listen"]] });
    expect(found.map(lineOf)).toEqual([
      expect.stringMatching(/^--listen collector\.server\.host: expected a token or token_file as well, .* found "0\.0\.0\.0"$/),
    ]);
  });
});

describe("substitute", () => {
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
  ])("substitute replaces %s, with the variables %o, with %o", (text, env, expected) =>
    expect(value(text, env as Record<string, string>)).toEqual(expected),
  );

  it("substitute never throws and never changes keys", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "A", ":", "-", " ", "env:", "x") }), fc.string(), (text, variable) => {
        const document = parseDocument(`"k$\{A}": ${JSON.stringify(text)}`);
        substitute(document, { A: variable });
        expect(Object.keys(document.toJS() as object)).toEqual(["k${A}"]);
      }),
    );
  });
});

describe("suggestions for misspelled names", () => {
  it("editDistance counts insertions, deletions, replacements and swaps", () => {
    expect(editDistance("sorce", "source")).toBe(1);
    expect(editDistance("tpye", "type")).toBe(1);
  });

  it("didYouMean suggests only similar names", () => {
    expect(didYouMean("intervall", ["interval", "timeout"])).toBe('; did you mean "interval"?');
    expect(didYouMean("completely", ["interval", "timeout"])).toBe("");
    expect(didYouMean("x", ["y"])).toBe("");
  });

  it("unknownName lists the known names where none is similar", () => {
    expect(unknownName("collection", "analyticz", ["analytics", "graph"])).toBe(
      'unknown collection "analyticz"; did you mean "analytics"?',
    );
    expect(unknownName("collection", "orders", ["analytics", "graph"])).toBe('unknown collection "orders"; expected analytics or graph');
    expect(unknownName("collection", "orders", [])).toBe('unknown collection "orders"; none is defined');
    expect(unknownName("collection", "x".repeat(999), []).length).toBeLessThan(100);
  });
});

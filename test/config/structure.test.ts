import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { loadConfig } from "../../src/config/load.ts";
import { configFolder } from "../support/config-folder.ts";

const { load, problems, path } = configFolder();

const HEAD = 'file_format: "1.0"\n';

/** The line of a VitalsError. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isVitalsError(error)) throw new Error(`expected a VitalsError, found ${String(error)}`);
  return `${error.code}: ${error.message}`;
}

describe("merge keys and extensions", () => {
  const MERGED = `${HEAD}collector:
  sources: { h: { kind: host } }
  collections:
    a: &base { source: h, interval: 2s }
    b: *base
    c:
      <<: *base
      interval: 3s
    d: { timeout: 4s, <<: [{ timeout: 9s, retain: 8 }, *base] }
`;

  it("loadConfig merges << before it validates", async () => {
    const { config, problems: found } = await load(MERGED);
    expect(found).toEqual([]);
    const { collections } = config?.plan ?? {};
    expect(["a", "b", "c", "d"].map((name) => collections?.get(name)?.intervalMs)).toEqual([2_000, 2_000, 3_000, 2_000]);
    expect(collections?.get("d")).toMatchObject({ timeoutMs: 4_000, retain: 8, source: "h" });
  });

  it("loadConfig reports a problem in a merged map where it is written", async () => {
    expect(await problems(MERGED.replace("interval: 2s", "interval: 2x"))).toEqual(
      ["a", "b", "d"].map(
        (name) => `5:37 collector.collections.${name}.interval: expected a duration such as "500ms", "5s" or "1m30s"; found "2x"`,
      ),
    );
  });

  it("loadConfig refuses a merge key without a map, and an alias of what is around it", async () => {
    expect(await problems(`${HEAD}collector:\n  <<: 5\n`)).toEqual([
      "3:3: expected a map, an alias of one, or a list of them, as the value of the merge key <<",
    ]);
    expect(await problems(`${HEAD}collector: &c\n  <<: *c\n`)).toEqual([
      "3:7: expected an alias of a value elsewhere, found one of a map or list that it is part of",
    ]);
  });

  it("loadConfig passes over x- blocks at the top level and in a section, and takes anchors and variables from them", async () => {
    const text = `${HEAD}x-base: &base { source: h, interval: \${EVERY} }
collector:
  x-note: anything
  sources: { h: { kind: host } }
  collections: { a: { <<: *base }, x-a: *base }
resource:
  x-more: { deep: [1] }
`;
    const { config, problems: found } = await load(text, { env: { EVERY: "3s" } });
    expect(found).toEqual([]);
    expect([...(config?.plan.collections.keys() ?? [])]).toEqual(["a", "x-a"]);
    expect(config?.plan.collections.get("a")?.intervalMs).toBe(3_000);
  });

  it("loadConfig warns of no variables in a section that is ignored", async () => {
    const [only, ...more] = await problems(
      `${HEAD}tracer_provider: { x: "\${NOT_SET}" }\ncollector: { sources: { h: { kind: host } }, collections: { h: { source: h } } }\n`,
    );
    expect(more).toEqual([]);
    expect(only).toMatch(/^2:1 tracer_provider: warning: not supported/);
  });
});

describe("text that is no configuration", () => {
  it.each([
    ["lists in lists", "[".repeat(50_000)],
    ["maps in maps", "{a: ".repeat(50_000)],
    ["blocks in blocks", `\n${Array.from({ length: 1_000 }, (_, n) => `${" ".repeat(n)}a:`).join("\n")}`],
    ["lists in lists that end", `${"[".repeat(5_000)}${"]".repeat(5_000)}`],
    ["a hundred lists in lists", `${"[".repeat(100)}${"]".repeat(100)}`],
  ])("loadConfig refuses %s with the limit on levels", async (_, text) => {
    expect(await problems(`${HEAD}collector: ${text}\n`)).toEqual([
      expect.stringMatching(/^\d+:\d+: expected at most 100 maps and lists inside each other, found more$/),
    ]);
  });

  it.each([
    ["blocks in one line", "- ".repeat(50_000)],
    ["keys of keys", "? ".repeat(50_000)],
  ])("loadConfig refuses %s without end with one line", async (_, text) => {
    const [line, ...more] = await problems(`${HEAD}collector: ${text}\n`);
    expect(more).toEqual([]);
    expect(line).not.toMatch(/call stack/i);
    expect(line).toMatch(/^\d+:\d+: (expected at most 100 maps and lists inside each other, found more|invalid YAML: expected )/);
  });

  it("loadConfig accepts a hundred levels less those of a configuration, and names no limit below", async () => {
    expect(await problems(`${HEAD}collector: ${"[".repeat(50)}${"]".repeat(50)}\n`)).toEqual([
      "2:1 collector: expected a map, found a list",
    ]);
  });

  it.each([
    ["a second document", `${HEAD}collector: {}\n---\na: 1\n`, '3:1: expected one document, found a second one after "---"'],
    ["a tab", `${HEAD}collector:\n\tserver: {}\n`, "3:1: invalid YAML: expected blanks as indentation, found a tab"],
    ["an open quote", `${HEAD}collector: "x\n`, "3:1: invalid YAML: expected a double quote that ends the text, found none"],
    [
      "a nested map in one line",
      `${HEAD}collector: server: {}\n`,
      /^2:12: invalid YAML: expected a value, found a second ": " in the line/,
    ],
    ["an unknown alias", `${HEAD}collector: *nothing\n`, '2:12: expected the name of an anchor that is set above, found "nothing"'],
    ["a reserved character", `${HEAD}collector: @x\n`, /^2:12: invalid YAML: expected a value, found a character that starts none/],
    ["an open list", `${HEAD}collector: [1, 2\n`, /^3:1: invalid YAML: expected "\]"/],
  ])("loadConfig words %s itself, with one line", async (_, text, expected) => {
    const [line, ...more] = await problems(text);
    expect(more).toEqual([]);
    if (typeof expected === "string") expect(line).toBe(expected);
    else expect(line).toMatch(expected);
  });
});

describe("settings of the command line", () => {
  it.each([
    ["__proto__.x", "1"],
    ["collector.__proto__.port", "1"],
    ["collector.server", "{ __proto__: { port: 1 } }"],
    ["collector", "{ a: [{ b: { __proto__: 1 } }] }"],
  ])("loadConfig refuses the reserved name in --set %s=%s", async (setting, value) => {
    const line = await failure(load(HEAD, { set: [[setting, value]] }));
    expect(line).toBe(`config_invalid: --set ${setting}: the name "__proto__" is reserved; choose another`);
    expect(({} as { port?: unknown }).port).toBeUndefined();
  });

  it("loadConfig refuses a value of --set without end, and one that is no YAML", async () => {
    for (const value of ["[".repeat(50_000), "{a", "*x", "a: b: c"])
      expect(await failure(load(HEAD, { set: [["collector.server.port", value]] }))).toBe(
        "config_invalid: --set collector.server.port: expected a value in YAML, found text that is none",
      );
  });
});

describe("a file that never ends or never begins", () => {
  const at = (file: string): Promise<string> => failure(loadConfig({ env: {}, cwd: path("."), file }));

  it("loadConfig refuses a pipe without waiting for its writer", async () => {
    execFileSync("mkfifo", [path("pipe")]);
    expect(await at("pipe")).toBe(`config_unreadable: ${path("pipe")}: expected a regular file, found a pipe`);
  });

  it("loadConfig refuses devices, folders and sockets, also behind a link", async () => {
    symlinkSync("/dev/zero", path("endless"));
    mkdirSync(path("folder"));
    const server = createServer().listen(path("socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await at("/dev/zero")).toBe("config_unreadable: /dev/zero: expected a regular file, found a device");
    expect(await at("endless")).toMatch(/: expected a regular file, found a device$/);
    expect(await at("folder")).toMatch(/: expected a regular file, found a directory$/);
    expect(await at("socket")).toMatch(/^config_unreadable: /);
    await new Promise((resolve) => server.close(resolve));
  });

  it("loadConfig reads no more of a file than it may have, whatever its size says", async () => {
    writeFileSync(path("large.yaml"), "#".repeat(1024 * 1024 + 1));
    expect(await at("large.yaml")).toMatch(/expected a file of at most 1\.0 MiB|expected a file of at most 1 MiB/);
  });
});

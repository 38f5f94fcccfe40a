import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moduleUrl, builtInKinds, loadSourceKind } from "../../src/collector/kinds.ts";

const KIND = '{ kind: "k", options: { safeParse: (data) => ({ success: true, data }) }, open: () => "line", readings: [] }';
const FILES: Readonly<Record<string, string>> = {
  "package.json": '{ "type": "module" }',
  "standard.js": `export default ${KIND}; export const other = ${KIND};`,
  "named.js": `export const limit = 5; export const queue = ${KIND};`,
  "beside.js": `export default 5; export const queue = ${KIND};`,
  "twice.js": `const queue = ${KIND}; export { queue, queue as lane };`,
  "two.js": `export const a = ${KIND}; export const b = ${KIND};`,
  "none.js": "export default { kind: 'half' }; export const nothing = null;",
  "optionless.js": "export default { kind: 'k', open: () => 0, readings: [] };",
  "empty.js": "",
  "throws.js": "throw new Error('no such luck')",
  "broken.js": "export default {",
  "common.cjs": `module.exports = ${KIND};`,
  "typed.ts": `const kind: object = ${KIND}; export default kind;`,
  "odd name #1?.js": `export default ${KIND}`,
  "instance.js":
    "class Kind { kind = 'k'; options = { safeParse() {} }; #line = 'line'; open() { return this.#line } readings() { return [this.#line] } } export default new Kind();",
  "remembers.js":
    "class Kind { kind = 'k'; options = { safeParse() {} }; readings = []; #seen = 7; open() {} saveState() { return { seen: this.#seen } } restoreState(_, state) { return { ...state, of: this.#seen } } describe() { return this.#seen } attributes() { return { seen: this.#seen } } unmeasured() { return this.#seen } } export default new Kind();",
  "node_modules/plain/package.json": '{ "main": "index.cjs" }',
  "node_modules/plain/index.cjs": `module.exports = ${KIND};`,
  "node_modules/modern/package.json":
    '{ "type": "module", "exports": { "types": "./x.d.ts", "import": "./index.js", "require": "./no.cjs" } }',
  "node_modules/modern/index.js": `export default ${KIND}`,
  "node_modules/@team/many/package.json":
    '{ "type": "module", "exports": { ".": { "browser": "./no.js", "import": { "types": "./x.d.ts", "default": "./index.js" } }, "./queue": "./queue.js", "./kinds/*": "./*.js" } }',
  "node_modules/@team/many/index.js": `export default ${KIND}`,
  "node_modules/@team/many/queue.js": `export default ${KIND}`,
  "node_modules/@team/many/lane.js": `export default ${KIND}`,
};

const root = mkdtempSync(join(tmpdir(), "vitals-kinds-"));
const inner = join(root, "deep", "down");

beforeAll(() => {
  mkdirSync(inner, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

describe("loadSourceKind", () => {
  it("a kind that is loaded has everything that the module's has, its state and its descriptions included", async () => {
    const kind = (await loadSourceKind("./remembers.js", root)) as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;
    expect(kind["kind"]).toBe("./remembers.js");
    expect(kind["saveState"]?.()).toEqual({ seen: 7 });
    expect(kind["restoreState"]?.({}, { a: 1 })).toEqual({ a: 1, of: 7 });
    expect([kind["describe"]?.(), kind["attributes"]?.(), kind["unmeasured"]?.()]).toEqual([7, { seen: 7 }, 7]);
  });

  it.each([
    ["the default export", "./standard.js"],
    ["the only export that is a source kind", "./named.js"],
    ["the only source kind next to a default export of another type", "./beside.js"],
    ["one source kind exported under two names", "./twice.js"],
    ["a CommonJS module", "./common.cjs"],
    ["a TypeScript module", "./typed.ts"],
    ["an absolute path", join(root, "standard.js")],
    ["a file URL", pathToFileURL(join(root, "standard.js")).href],
    ["a CommonJS package", "plain"],
    ["a package that can only be imported", "modern"],
    ["a scoped package with nested export conditions", "@team/many"],
    ["a subpath of a package", "@team/many/queue"],
    ["a subpath that a package exports by a pattern", "@team/many/kinds/lane"],
  ])("loadSourceKind loads %s and names the kind after it", async (_, name) => {
    const kind = await loadSourceKind(name, root);
    expect(kind.kind).toBe(name);
    expect(kind.open({} as never, {} as never)).toBe("line");
  });

  it("loadSourceKind finds packages in the parent folders", async () => {
    expect((await loadSourceKind("modern", inner)).kind).toBe("modern");
    expect((await loadSourceKind("../../named.js", inner)).kind).toBe("../../named.js");
  });

  it("moduleUrl treats # and ? in a path as part of the file name", () => {
    expect(moduleUrl("./odd name #1?.js", root)).toBe(pathToFileURL(join(root, "odd name #1?.js")).href);
  });

  it("loadSourceKind keeps the methods of a kind that is an instance of a class", async () => {
    const kind = await loadSourceKind("./instance.js", root);
    expect(kind.open({} as never, {} as never)).toBe("line");
    expect(typeof kind.readings === "function" && kind.readings({} as never, new Map())).toEqual(["line"]);
  });

  it.each([
    [
      "a name that is neither built in nor a package",
      "hots",
      /^source kind "hots": not built in \(host, mcp-memory, http-json, neo4j, falkordb\), and no package of this name can be resolved from .* \(a path starts with \.\/\)$/,
    ],
    ["a missing file", "./absent.js", /^source kind "\.\/absent\.js": no such file; relative paths are resolved from /],
    ["a file URL of a missing file", "file:///no/such/kind.js", /no such file/],
    ["a file URL with a host", "file://elsewhere/kind.js", /cannot load the module: /],
    ["a folder", "./deep", /cannot load the module: /],
    ["a module that throws", "./throws.js", /cannot load the module: no such luck$/],
    ["a module with a syntax error", "./broken.js", /cannot load the module: /],
    ["a module without a source kind", "./none.js", /exports no source kind; export the result of defineSource$/],
    ["a kind without a schema for its options", "./optionless.js", /exports no source kind/],
    ["an empty module", "./empty.js", /exports no source kind/],
    ["a module of Node", "node:fs", /exports no source kind/],
    ["a module with two source kinds", "./two.js", /exports 2 source kinds; export one of them as default$/],
    ["a subpath that a package does not export", "modern/queue", /cannot load the module: Package subpath '\.\/queue' is not defined/],
  ])("loadSourceKind refuses %s", async (_, name, message) => {
    await expect(loadSourceKind(name, root)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(message) as string,
    });
  });
});

it("builtInKinds lists the built-in kinds", () => {
  const names = builtInKinds.map(({ kind }) => kind);
  expect(names).toEqual(["host", "mcp-memory", "http-json", "neo4j", "falkordb"]);
});

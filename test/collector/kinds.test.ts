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
  "node_modules/plain/package.json": '{ "main": "index.cjs" }',
  "node_modules/plain/index.cjs": `module.exports = ${KIND};`,
  "node_modules/modern/package.json":
    '{ "type": "module", "exports": { "types": "./x.d.ts", "import": "./index.js", "require": "./no.cjs" } }',
  "node_modules/modern/index.js": `export default ${KIND}`,
  "node_modules/@team/many/package.json":
    '{ "type": "module", "exports": { ".": { "browser": "./no.js", "import": { "types": "./x.d.ts", "default": "./index.js" } }, "./queue": "./queue.js" } }',
  "node_modules/@team/many/index.js": `export default ${KIND}`,
  "node_modules/@team/many/queue.js": `export default ${KIND}`,
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

describe("loading a source kind", () => {
  it.each([
    ["the default export", "./standard.js"],
    ["the only export that is one", "./named.js"],
    ["the only export that is one, beside a default that is none", "./beside.js"],
    ["the only one, under two names", "./twice.js"],
    ["a CommonJS module", "./common.cjs"],
    ["a TypeScript module", "./typed.ts"],
    ["an absolute path", join(root, "standard.js")],
    ["a file URL", pathToFileURL(join(root, "standard.js")).href],
    ["a package", "plain"],
    ["a package that can only be imported", "modern"],
    ["a package of a scope, with conditions inside conditions", "@team/many"],
    ["a part of a package", "@team/many/queue"],
  ])("finds %s, which answers to the name it was loaded by", async (_, name) => {
    const kind = await loadSourceKind(name, root);
    expect(kind.kind).toBe(name);
    expect(kind.open({}, {} as never)).toBe("line");
  });

  it("finds packages in the folders above", async () => {
    expect((await loadSourceKind("modern", inner)).kind).toBe("modern");
    expect((await loadSourceKind("../../named.js", inner)).kind).toBe("../../named.js");
  });

  it("takes a path for a path, whatever it would mean in a URL", () => {
    expect(moduleUrl("./odd name #1?.js", root)).toBe(pathToFileURL(join(root, "odd name #1?.js")).href);
  });

  it("keeps the methods of a kind that is the instance of a class", async () => {
    const kind = await loadSourceKind("./instance.js", root);
    expect(kind.open({}, {} as never)).toBe("line");
    expect(typeof kind.readings === "function" && kind.readings({}, new Map())).toEqual(["line"]);
  });

  it.each([
    [
      "neither a kind nor a package",
      "hots",
      /^source kind "hots": it is none of host, mcp-memory, http-json, and no package that can be found from .* \(a path begins with \.\/\)$/,
    ],
    ["a file that is not there", "./absent.js", /^source kind "\.\/absent\.js": there is no such file, looking from /],
    ["a file URL that leads nowhere", "file:///no/such/kind.js", /there is no such file/],
    ["a file URL that is none", "file://elsewhere/kind.js", /cannot be loaded/],
    ["a folder", "./deep", /cannot be loaded: /],
    ["a module that throws", "./throws.js", /cannot be loaded: no such luck$/],
    ["a module that is none", "./broken.js", /cannot be loaded: /],
    ["a module without a kind", "./none.js", /exports no source kind; export what defineSource returns$/],
    ["a kind without a schema of its options", "./optionless.js", /exports no source kind/],
    ["a module without anything", "./empty.js", /exports no source kind/],
    ["a module of Node's own", "node:fs", /exports no source kind/],
    ["a module with two kinds", "./two.js", /exports 2 source kinds; export one as default$/],
    ["a part that a package does not have", "modern/queue", /cannot be loaded|no package/],
  ])("refuses %s", async (_, name, message) => {
    await expect(loadSourceKind(name, root)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(message) as string,
    });
  });
});

it("every built-in kind has a name of its own", () => {
  const names = builtInKinds.map(({ kind }) => kind);
  expect(names).toEqual(["host", "mcp-memory", "http-json"]);
});

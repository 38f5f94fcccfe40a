import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { API } from "typescript/unstable/sync";
import { afterAll, describe, expect, it } from "vitest";
import { libraryReference } from "../../scripts/library-reference.ts";
import { EntryReader } from "../../scripts/library/symbols.ts";
import { ROOT } from "../support/yaml-file.ts";

const folder = `${mkdtempSync(join(tmpdir(), "vitals-reference-"))}/`;
afterAll(() => rmSync(folder, { recursive: true }));

/** What the reader finds in a module of this text. */
function read(text: string) {
  mkdirSync(join(folder, "src"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "src/index.ts"), text);
  const options = { strict: true, module: "nodenext", target: "es2023", types: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["src/index.ts"] }));
  const api = new API({ cwd: folder });
  try {
    const [project] = api.updateSnapshot({ openProject: join(folder, "tsconfig.json") }).getProjects();
    if (!project) throw new Error("no project");
    const reader = new EntryReader(project, folder);
    return { names: reader.read("src/index.ts"), missing: reader.missing };
  } finally {
    api.close();
  }
}

const ENTRIES = {
  "otel-vitals": "src/index.ts",
  http: "src/http/index.ts",
  telemetry: "src/telemetry/export/index.ts",
  testing: "src/testing.ts",
  topology: "src/topology/index.ts",
};

/** Names that an entry point exports, from its text. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = ""]) => names.split(","));
  const declared = [...text.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name = ""]) => name);
  return [...declared, ...listed.map((name) => name.replace(/^\s*(?:type )?(?:\w+ as )?/, "").trim()).filter((name) => name !== "")];
}

describe("the reference of the library", () => {
  it.each(Object.entries(ENTRIES))("the page of %s has every name that its entry point exports", (page, file) => {
    const text = readFileSync(join(ROOT, `docs/reference/${page}.md`), "utf8");
    const names = namesIn(file);
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => !text.includes(`\n### ${name}\n`) && !text.includes(`[\`${name}\`](`))).toEqual([]);
  });

  it("no export, parameter or property of the package is without a docstring", () => {
    expect(libraryReference().missing).toEqual([]);
  });

  it("an export, a parameter or a property without a docstring is found, also in a schema", () => {
    const { names, missing } = read(`
      import * as z from "zod";
      /** Adds. @param a first */
      export function add(a: number, b: number): number { return a + b; }
      export interface Point {
        /** East. */
        readonly x: number;
        readonly y: number;
        north(far: number): void;
      }
      const shape = z.object({
        a: z.string().describe("First."),
        /** Second. */
        b: z.number().optional(),
        c: z.boolean(),
      });
      /** Made by a schema. */
      export type Shape = z.output<typeof shape>;
      /** One of \`two\`. */
      export type Choice = { readonly two: string } | { readonly three: string };
    `);
    expect(missing.toSorted()).toEqual(["Choice.three", "Point", "Point.north", "Point.north(far)", "Point.y", "Shape.c", "add(b)"]);
    expect(names.map(({ name, code }) => [name, code])).toEqual([
      ["add", "function add(a: number, b: number): number"],
      ["Choice", "type Choice = { two: string } | { three: string };"],
      ["Point", ""],
      ["Shape", ""],
    ]);
    expect(names.at(-1)?.members.map(({ head, type, docs }) => [head, type, docs.text])).toEqual([
      ["a", "string", "First."],
      ["b?", "number", "Second."],
      ["c", "boolean", ""],
    ]);
  });
});

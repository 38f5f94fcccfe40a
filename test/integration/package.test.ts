import { execFileSync, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as http from "../../src/http/index.ts";
import type * as library from "../../src/index.ts";
import { unnamedTypes } from "../support/public-types.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Next to `dist`, so that relative paths resolve as in the package. */
const OUT = join(ROOT, ".dist-test");

beforeAll(() => {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json", "--outDir", OUT], { cwd: ROOT });
});
afterAll(() => rmSync(OUT, { recursive: true, force: true }));

describe("the published package", () => {
  it("the compiled command reads a memory file in a worker thread", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(OUT, "cli/main.js"), "once", "--format", "json"], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    const samples = JSON.parse(stdout) as { collection: string; outcome: string }[];
    expect(samples.map(({ collection, outcome }) => `${collection} ${outcome}`).sort()).toEqual([
      "analytics success",
      "graph success",
      "memory success",
    ]);
  });

  it("the compiled command serves the page, which the package contains", async () => {
    const { files } = createRequire(import.meta.url)("../../package.json") as { files: string[] };
    expect(files).toContain("page");
    const packed = JSON.parse(
      execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: ROOT, encoding: "utf8" }),
    ) as unknown;
    expect(JSON.stringify(packed)).toMatch(/"page\/index\.html".*"page\/main-\w+\.js".*"page\/page-\w+\.css"/);
    const { createCollector } = (await import(/* @vite-ignore */ join(OUT, "index.js"))) as typeof library;
    const { createApp } = (await import(/* @vite-ignore */ join(OUT, "http/index.js"))) as typeof http;
    const app = createApp(
      createCollector({ sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } }),
    );
    const page = await app.request("/", { headers: { accept: "text/html" } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>otel-vitals</title>")]);
  });

  it("every type that a public declaration mentions is exported by name", () => {
    const entries = ["index", "http/index", "telemetry/export/index", "testing", "topology/index"].map((entry) =>
      join(OUT, `${entry}.d.ts`),
    );
    expect(unnamedTypes(entries)).toEqual([]);
  });

  it("every export of package.json exists", async () => {
    const { exports: entries } = createRequire(import.meta.url)("../../package.json") as {
      exports: Record<string, { default?: string } | string>;
    };
    const files = Object.values(entries).flatMap((entry) => (typeof entry === "string" ? [] : [entry.default ?? ""]));
    expect(files).toHaveLength(5);
    for (const file of files)
      expect(Object.keys((await import(/* @vite-ignore */ join(OUT, file.replace("./dist/", "")))) as object).length).toBeGreaterThan(0);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as http from "../../src/http/index.ts";
import type * as library from "../../src/index.ts";
import { unnamedTypes } from "../support/public-types.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Next to `dist`, so that relative paths resolve as in the package. */
const OUT = join(ROOT, ".dist-test");

beforeAll(() => {
  const bin = join(ROOT, "node_modules/.bin");
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
  execFileSync(process.execPath, ["scripts/build.ts", OUT], { cwd: ROOT, env });
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

  it("the compiled command needs no package but the clients of stores, and contains the licence of each that is bundled", () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-bundle-"));
    try {
      for (const [from, to] of [
        [join(OUT, "cli"), "dist/cli"],
        [join(ROOT, "page"), "page"],
        [join(ROOT, "package.json"), "package.json"],
        [join(ROOT, "examples/memory.jsonl"), "memory.jsonl"],
      ] as const)
        cpSync(from, join(folder, to), { recursive: true });
      const run = (...args: readonly string[]) =>
        spawnSync(process.execPath, ["dist/cli/main.js", ...args], { cwd: folder, encoding: "utf8", env: { PATH: "", HOME: folder } });
      expect(run("init")).toMatchObject({ status: 0, stderr: "" });
      expect(run("validate")).toMatchObject({ status: 0, stderr: "" });
      expect(run("audit", "./memory.jsonl", "--min", "memories=97")).toMatchObject({ status: 0, stderr: "" });
      expect(run("once", "--format", "prom").stdout).toContain("system_memory_usage_bytes");
      expect(run("audit", "redis://127.0.0.1:1/main").stderr).toContain("npm install redis@6");
      const notices = readFileSync(join(folder, "dist/cli/THIRD-PARTY.txt"), "utf8");
      for (const name of ["@hono/node-server", "@opentelemetry/sdk-metrics", "cockatiel", "hono", "yaml", "zod"])
        expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|Apache-2\\.0)\\)$`, "m"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("the compiled command says which Node it needs, in one line, to a version that is older", () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { engines: { node: string } };
    const [, oldest = ""] = /^>=(\d+\.\d+)\.0$/.exec(engines.node) ?? [];
    const runAs = (version: string) => {
      const pretend = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
      return spawnSync(process.execPath, ["--import", pretend, join(OUT, "cli/main.js"), "--version"], { encoding: "utf8" });
    };
    const [major = 0, minor = 0] = oldest.split(".").map(Number);
    for (const version of ["20.20.2", `${major}.${minor - 1}.9`])
      expect(runAs(version)).toMatchObject({
        status: 1,
        stdout: "",
        stderr: `otel-vitals needs Node ${oldest} or later; this is Node ${version}\n`,
      });
    for (const version of [`${oldest}.0`, "24.0.0"]) expect(runAs(version)).toMatchObject({ status: 0, stderr: "" });
    // An import is linked before any line runs, and an older version of Node may lack what is imported.
    expect(readFileSync(join(OUT, "cli/main.js"), "utf8")).not.toMatch(/^import\b/m);
  });

  it("a stack of the compiled command names the functions of its source", () => {
    const chunks = readdirSync(join(OUT, "cli")).filter((name) => name.endsWith(".js"));
    const text = chunks.map((name) => readFileSync(join(OUT, "cli", name), "utf8")).join("\n");
    expect(text).toMatch(/^async function firstSamples\(collector, timeoutMs\) \{$/m);
    expect(text).toContain("\n// src/source/mcp-memory/measure-worker.ts\n");
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

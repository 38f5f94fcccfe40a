import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packPackage } from "../support/packed-package.ts";
import { needs } from "../support/programs.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const require = createRequire(import.meta.url);
const { engines } = require("../../package.json") as { engines: { node: string } };

/** The oldest version of Node that the package supports, from npm: a package of this name holds nothing but the program. */
const OLDEST = engines.node.replace(">=", "");
const OLDEST_PACKAGE = `node-${process.platform}-${process.arch}`;

const folder = mkdtempSync(join(tmpdir(), "vitals-install-"));
const app = join(folder, "app");
const SUITE = needs("registry");
const LONG_MS = 300_000;

const npm = (cwd: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd, encoding: "utf8" });
  expect([status, stderr.replaceAll(/^npm (notice|warn) .*\n/gm, "")]).toEqual([0, ""]);
  return stdout;
};

/** Packs what would be published, and installs it as a user does: alone, with the peers that npm adds. */
beforeAll(() => {
  if (SUITE.skip) return;
  const archive = packPackage(folder);
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  npm(app, "install", "--no-audit", "--no-fund", "--engine-strict", archive);
  mkdirSync(join(folder, "oldest"));
  npm(join(folder, "oldest"), "install", "--no-audit", "--no-fund", "--prefix", ".", `${OLDEST_PACKAGE}@${OLDEST}`);
}, LONG_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The programs of Node that the package is tried with. */
const NODES = [
  [OLDEST, () => join(folder, "oldest/node_modules", OLDEST_PACKAGE, "bin/node")],
  [process.versions.node, () => process.execPath],
] as const;

/** The example of the README for programs. */
const example = (): string => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, text = ""] = /^## In your program\n+```ts\n([^]*?)```$/m.exec(readme) ?? [];
  expect(text).toContain("createCollector(");
  return text.replace("port: 9464", "port: 0");
};

describe("the package, packed and installed by npm", SUITE, () => {
  it.each(NODES)("runs its command on Node %s", (version, program) => {
    const run = (...args: readonly string[]) =>
      spawnSync(program(), ["node_modules/.bin/otel-vitals", ...args], { cwd: app, encoding: "utf8" });
    expect(spawnSync(program(), ["--version"], { encoding: "utf8" }).stdout.trim()).toBe(`v${version}`);
    expect(run("--version")).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
    const audit = run("audit", "node_modules/otel-vitals/examples/memory.jsonl", "--min", "memories=97");
    expect(audit).toMatchObject({ status: 0, stderr: "" });
    const once = run("once", "--format", "json");
    expect([once.status, once.stderr, JSON.parse(once.stdout)]).toEqual([0, "", [expect.objectContaining({ outcome: "success" })]]);
  });

  it("npx runs its command", () => {
    expect(spawnSync("npx", ["--no-install", "otel-vitals", "--version"], { cwd: app, encoding: "utf8" })).toMatchObject({ status: 0 });
  });

  it("brings what the README says, and no client of a store", () => {
    for (const name of ["zod", "hono", "@opentelemetry/api"]) expect(existsSync(join(app, "node_modules", name))).toBe(true);
    for (const name of ["redis", "neo4j-driver"]) expect(existsSync(join(app, "node_modules", name))).toBe(false);
  });

  it("the example of the README is strictly typed TypeScript", () => {
    writeFileSync(join(app, "example.ts"), example());
    const compilerOptions = {
      target: "es2022",
      module: "nodenext",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
    };
    writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["example.ts"] }));
    const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
    expect(spawnSync(process.execPath, [tsc, "--project", "."], { cwd: app, encoding: "utf8" })).toMatchObject({ status: 0, stdout: "" });
  });

  it.each(NODES)("the example of the README runs as it stands in JavaScript on Node %s, and ends with SIGTERM", async (_, program) => {
    writeFileSync(join(app, "example.js"), example());
    const child = spawn(program(), ["example.js"], { cwd: app, stdio: ["ignore", "pipe", "pipe"] });
    try {
      const ended = once(child, "exit");
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const [, url] = /^open (http:\/\/\S+)$/.exec(line) ?? [];
      const { collections } = (await (await fetch(`${url}/api/v1/collections`)).json()) as { collections: { name: string }[] };
      expect(collections.map(({ name }) => name)).toEqual(["queue"]);
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it.each(NODES)("a CommonJS program loads every entry on Node %s, that of the telemetry with import()", (_, program) => {
    const entries = ["otel-vitals", "otel-vitals/http", "otel-vitals/testing", "otel-vitals/topology"];
    const text = `for (const entry of ${JSON.stringify(entries)}) console.log(entry, Object.keys(require(entry)).length > 0);
import("otel-vitals/telemetry").then(({ createTelemetry }) => console.log(typeof createTelemetry));`;
    writeFileSync(join(app, "program.cjs"), text);
    const { status, stdout, stderr } = spawnSync(program(), ["program.cjs"], { cwd: app, encoding: "utf8" });
    expect([status, stderr, stdout]).toEqual([0, "", [...entries.map((entry) => `${entry} true`), "function", ""].join("\n")]);
  });

  it("every relative link of the README leads to a file of the package", () => {
    const readme = readFileSync(join(app, "node_modules/otel-vitals/README.md"), "utf8");
    const links = [...readme.matchAll(/\]\(([^)#\s]+)|src="([^"]+)"/g)].map(([, link, image]) => link ?? image ?? "");
    const relative = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(relative.length).toBeGreaterThan(20);
    expect(relative.filter((link) => !existsSync(join(app, "node_modules/otel-vitals", link)))).toEqual([]);
  });
});

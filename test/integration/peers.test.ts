import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../support/programs.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const require = createRequire(import.meta.url);
const TSC = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
const { peerDependencies } = require("../../package.json") as { readonly peerDependencies: Readonly<Record<string, string>> };
const { packages } = require("../../package-lock.json") as { readonly packages: Readonly<Record<string, { readonly version: string }>> };

/** Installed by the lock file: the newest version of each peer that all other tests run with. */
const lockedVersion = (name: string): string => packages[`node_modules/${name}`]?.version ?? "";

const folder = mkdtempSync(join(tmpdir(), "vitals-peers-"));
const SUITE = needs("registry");
let tarball = "";

beforeAll(() => {
  if (SUITE.skip) return;
  const packed = join(folder, "package");
  mkdirSync(packed);
  execFileSync(process.execPath, [TSC, "--project", "tsconfig.build.json", "--outDir", join(packed, "dist")], { cwd: ROOT });
  for (const file of ["package.json", "CHANGELOG.md"]) cpSync(join(ROOT, file), join(packed, file));
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [made] = JSON.parse(execFileSync("npm", args, { cwd: packed, encoding: "utf8" })) as [{ readonly filename: string }];
  tarball = join(folder, made.filename);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An empty program with these packages and ours, each at its version. @returns its folder */
function install(name: string, ...specs: readonly string[]): string {
  const app = join(folder, name);
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...specs, tarball];
  const { status, stderr } = spawnSync("npm", args, { cwd: app, encoding: "utf8" });
  expect([status, stderr.replaceAll(/^npm warn .*\n/gm, "")]).toEqual([0, ""]);
  return app;
}

/** Compiles the service strictly, the declarations of every package included, and runs it. @returns what it printed */
function run(app: string): unknown {
  cpSync(join(ROOT, "test/support/peers/service.ts"), join(app, "service.ts"));
  const compilerOptions = {
    target: "es2023",
    lib: ["es2024", "esnext.disposable"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    rootDir: ".",
    outDir: "out",
  };
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["service.ts"] }));
  const compiled = spawnSync(process.execPath, [TSC, "--project", "."], { cwd: app, encoding: "utf8" });
  expect([compiled.status, compiled.stdout]).toEqual([0, ""]);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["out/service.js"], { cwd: app, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

const OLDEST_HONO = "4.13.0";

/** What an API without logs leads to: no provider of our own, and no log events on a global one. */
const WITHOUT_LOGS = {
  telemetry: expect.stringMatching(
    /^otel-vitals\/telemetry requires @opentelemetry\/api 1\.10 or newer, found an older version;/,
  ) as string,
  warnings: [
    expect.stringMatching(/^otel-vitals: transitions and alerts are not emitted as log records, because this .*api has no logs;/) as string,
  ],
};
const WITH_LOGS = { telemetry: "function", warnings: [] };

describe("the packed package", { ...SUITE, timeout: 120_000 }, () => {
  it.each([
    ["the oldest peers", "1.3.0", "1.30.1", "4.0.16", OLDEST_HONO, WITHOUT_LOGS],
    ["the peers of an application on SDK 2 and zod 4.1", "1.9.1", "2.12.1", "4.1.13", OLDEST_HONO, WITHOUT_LOGS],
    [
      "the newest peers",
      lockedVersion("@opentelemetry/api"),
      lockedVersion("@opentelemetry/sdk-metrics"),
      lockedVersion("zod"),
      lockedVersion("hono"),
      WITH_LOGS,
    ],
  ])("works with %s: api %s, sdk-metrics %s, zod %s, hono %s", (name, api, sdk, zod, hono, logs) => {
    const app = install(name, `@opentelemetry/api@${api}`, `@opentelemetry/sdk-metrics@${sdk}`, `zod@${zod}`, `hono@${hono}`);
    expect(run(app)).toEqual({ values: { "queue.depth": 3, "queue.load": 0.25 }, errors: 0, statuses: [200, 200], ...logs });
  });

  it("declares as its minimum the oldest peers that are tested", () => {
    const clients = Object.fromEntries(["neo4j-driver", "redis"].map((name) => [name, `^${lockedVersion(name)}`]));
    expect(peerDependencies).toEqual({ "@opentelemetry/api": "^1.3.0", hono: `^${OLDEST_HONO}`, zod: "^4.0.16", ...clients });
  });

  it("installs one copy of the OpenTelemetry SDK and of its peers", () => {
    const app = install("alone");
    for (const name of ["sdk-metrics", "sdk-logs", "resources", "otlp-transformer", "otlp-exporter-base", "api"]) {
      const { stdout } = spawnSync("npm", ["ls", "--all", "--parseable", `@opentelemetry/${name}`], { cwd: app, encoding: "utf8" });
      expect([name, stdout.trim().split("\n").length]).toEqual([name, 1]);
    }
  });
});

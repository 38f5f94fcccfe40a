import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
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
/** The packed package. */
let archive = "";
const LONG_MS = 300_000;

const npm = (cwd: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd, encoding: "utf8" });
  expect([status, stderr.replaceAll(/^npm (notice|warn) .*\n/gm, "")]).toEqual([0, ""]);
  return stdout;
};

/** Packs what would be published, and installs it as a user does: alone, with the peers that npm adds. */
beforeAll(() => {
  if (SUITE.skip) return;
  archive = packPackage(folder);
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

/** The first block of shell of a page. */
const blockOf = (page: string): string => /^```sh\n([^]*?)```$/m.exec(readFileSync(join(ROOT, page), "utf8"))?.[1] ?? "";

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

  /** Runs a program until it prints an address, checks what is there, and ends it with SIGTERM. */
  async function expectServed(program: string, text: string, collection: string): Promise<void> {
    const file = join(app, `${collection}.js`);
    writeFileSync(file, text);
    const child = spawn(program, [file], { cwd: app, env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "pipe"] });
    try {
      const ended = once(child, "exit");
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const [, url] = /^(?:open|listening) (http:\/\/\S+)$/.exec(line) ?? [];
      const { collections } = (await (await fetch(`${url}/api/v1/collections`)).json()) as { collections: { name: string }[] };
      expect(collections.map(({ name }) => name)).toEqual([collection]);
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  }

  it.each(NODES)("the example of the README runs as it stands in JavaScript on Node %s, and ends with SIGTERM", (_, program) =>
    expectServed(program(), example(), "queue"),
  );

  it.each(NODES)("the example of a worker runs as it stands in JavaScript on Node %s, and ends with SIGTERM", (_, program) =>
    expectServed(program(), readFileSync(join(ROOT, "examples/embed/worker.ts"), "utf8"), "jobs"),
  );

  it.each(NODES)("a server of node:http with createHandler runs on Node %s, and ends with SIGTERM", (_, program) => {
    const text = `import { createServer } from "node:http";
import { createCollector } from "otel-vitals";
import { createHandler } from "otel-vitals/http";

const collector = createCollector({ sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } });
await collector.start();
const server = createServer(createHandler(collector)).listen(0, "127.0.0.1", () => {
  console.log("listening", "http://127.0.0.1:" + server.address().port + "/vitals");
});
process.once("SIGTERM", async () => {
  await collector.shutdown();
  server.close();
});`;
    return expectServed(program(), text, "machine");
  });

  it.each(NODES)("a CommonJS program loads every entry on Node %s, that of the telemetry with import()", (_, program) => {
    const entries = ["otel-vitals", "otel-vitals/http", "otel-vitals/testing", "otel-vitals/topology"];
    const text = `for (const entry of ${JSON.stringify(entries)}) console.log(entry, Object.keys(require(entry)).length > 0);
try { require("otel-vitals/telemetry"); } catch ({ code }) { console.log(code); }
import("otel-vitals/telemetry").then(({ createTelemetry }) => console.log(typeof createTelemetry));`;
    writeFileSync(join(app, "program.cjs"), text);
    const { status, stdout, stderr } = spawnSync(program(), ["program.cjs"], { cwd: app, encoding: "utf8" });
    expect([status, stderr, stdout]).toEqual([
      0,
      "",
      [...entries.map((entry) => `${entry} true`), "ERR_REQUIRE_ASYNC_MODULE", "function", ""].join("\n"),
    ]);
  });

  it("every relative link of the README leads to a file of the package", () => {
    const readme = readFileSync(join(app, "node_modules/otel-vitals/README.md"), "utf8");
    const links = [...readme.matchAll(/\]\(([^)#\s]+)|src="([^"]+)"/g)].map(([, link, image]) => link ?? image ?? "");
    const relative = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(relative.length).toBeGreaterThan(20);
    expect(relative.filter((link) => !existsSync(join(app, "node_modules/otel-vitals", link)))).toEqual([]);
  });

  it(
    "an installation that replaces another continues its state, and what the guide names is all that is left without it",
    async () => {
      const [prefix, home, work] = ["prefix", "home", "work"].map((name) => {
        mkdirSync(join(folder, name));
        return join(folder, name);
      }) as [string, string, string];
      const env = { PATH: `${join(prefix, "bin")}${delimiter}${process.env["PATH"] ?? ""}`, HOME: home };
      const sh = (line: string) => spawnSync("sh", ["-ec", line], { cwd: work, env, encoding: "utf8" });
      const run = (...args: readonly string[]) => spawnSync("otel-vitals", args, { cwd: work, env, encoding: "utf8" });
      /** Runs a collector until it has taken samples, and returns its journal's newest number and id. */
      const live = async () => {
        const child = spawn("otel-vitals", ["run", "--listen", "127.0.0.1:0"], { cwd: work, env, stdio: ["ignore", "ignore", "pipe"] });
        try {
          const ended = once(child, "exit");
          const url = await new Promise<string>((resolve, reject) => {
            child.once("exit", (code) => reject(new Error(`exited with ${code} before it listened`)));
            createInterface(child.stderr).on("line", (line) => {
              const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
              if (found !== undefined) resolve(found);
            });
          });
          const head = async () => ((await (await fetch(`${url}/api/v1/stats`)).json()) as { journal: { head: number } }).journal.head;
          const first = await head();
          while ((await head()) <= first + 2) await pause(50);
          const last = await head();
          child.kill("SIGTERM");
          expect(await ended).toEqual([0, null]);
          return { first, last };
        } finally {
          child.kill("SIGKILL");
        }
      };
      // npm keeps its own settings, such as the registry, in the home directory of the user.
      const npmGlobal = (...args: readonly string[]) =>
        expect(
          spawnSync("npm", [...args, "--no-audit", "--no-fund"], {
            cwd: work,
            env: { ...process.env, npm_config_prefix: prefix },
            encoding: "utf8",
          }),
        ).toMatchObject({ status: 0 });

      npmGlobal("install", "--global", archive);
      expect(run("init")).toMatchObject({ status: 0, stderr: "" });
      expect(run("validate", "-c", "otel-config.yaml")).toMatchObject({ status: 0, stderr: "" });
      const before = await live();
      npmGlobal("install", "--global", archive);
      expect((await live()).first).toBeGreaterThan(before.last);

      npmGlobal("uninstall", "--global", "otel-vitals");
      expect(readdirSync(prefix, { recursive: true, encoding: "utf8" }).filter((path) => path.includes("otel-vitals"))).toEqual([]);
      expect(readdirSync(work).toSorted()).toEqual([".otel-vitals", "otel-config.yaml"]);
      expect(readdirSync(join(home, ".cache"))).toEqual(["otel-vitals"]);
      const [, remove = ""] = blockOf("docs/how-to/uninstall.md").split("\n");
      expect(sh(remove)).toMatchObject({ status: 0, stderr: "" });
      expect([readdirSync(work), readdirSync(join(home, ".cache"))]).toEqual([[], []]);
    },
    LONG_MS,
  );
});

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expositionProblems } from "../../support/exposition.ts";
import { compile, embedExample, frameworkApp, startService, type FrameworkApp, type Service } from "../../support/framework-app.ts";
import { needs } from "../../support/programs.ts";
import { until } from "../../support/until.ts";

const SUITE = { ...needs("frameworks", "tar"), timeout: 60_000 };
const LONG_MS = 300_000;

let app: FrameworkApp;
beforeAll(() => {
  if (!SUITE.skip) app = frameworkApp();
}, LONG_MS);
afterAll(() => app?.[Symbol.dispose]());

const HTML = { headers: { accept: "text/html" } };

/** Follows the event stream until its first live sample. @returns the rest of the stream, once it has ended */
async function followSample(base: string): Promise<{ readonly rest: Promise<string>; readonly headers: Headers }> {
  const { body, headers } = await fetch(`${base}/api/v1/events?types=sample`);
  const reader = (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/^event: sample\ndata: \{.*"outcome":"success".*\}\n\n/m.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended without a sample: ${text}`);
    text += value;
  }
  const readRest = async (): Promise<string> => {
    let rest = "";
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value;
    return rest;
  };
  return { rest: readRest(), headers };
}

/** Calls what every service with a collector has under `path`, and ends it while an event stream is open. */
async function expectVitals(service: Service, path: string, ending: unknown = { code: 0, signal: null, stderr: "" }): Promise<void> {
  const base = `${service.origin}${path}`;
  await until(
    async () => (await fetch(`${base}/readyz`)).status,
    (status) => status === 200,
  );
  const scrape = await fetch(`${base}/metrics`);
  const metrics = await scrape.text();
  expect([scrape.status, expositionProblems(metrics)]).toEqual([200, []]);
  expect(metrics).toMatch(/^vitals_collection_up\{vitals_collection_name="\w+"\} 1$/m);
  const health = (await (await fetch(`${base}/health`)).json()) as { readonly checks: object };
  expect(Object.keys(health.checks).length).toBeGreaterThan(0);
  // The page's URLs are relative, so the path has to end in a slash.
  const page = await fetch(base, HTML);
  expect([page.url, await page.text()]).toEqual([`${base}/`, expect.stringContaining("<title>otel-vitals</title>")]);
  // The body of a request arrives: without one, the answer would be 400.
  const signIn = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token: "x" }) };
  const refused = await fetch(`${base}/api/v1/session`, signIn);
  expect([refused.status, await refused.json()]).toEqual([401, expect.objectContaining({ detail: "no token is configured" })]);
  const { rest, headers } = await followSample(base);
  expect(headers.get("content-encoding")).toBeNull();
  const [lastEvents, ended] = await Promise.all([rest, service.end("SIGTERM")]);
  expect(lastEvents).toMatch(/^event: bye$/m);
  expect(ended).toEqual(ending);
}

/** Expects that the service's own route answers, and is not the collector's. */
async function expectOwnAnswer(service: Service): Promise<void> {
  const own = await fetch(`${service.origin}/`);
  expect([own.status, await own.text()]).toEqual([200, expect.stringMatching(/service(?:'|&#x27;)s own answer/)]);
}

/** An example as JavaScript: apart from the one with decorators they have no types to strip. */
const asJavaScript = (name: string): string => app.write(`${name}.js`, embedExample(`${name}.ts`));

describe("examples/embed, with the packed package", SUITE, () => {
  it("the examples are strictly typed TypeScript", () => {
    const names = ["express", "fastify", "hono", "nestjs", "prom-client", "worker"];
    for (const name of names) app.write(`types/${name}.ts`, embedExample(`${name}.ts`));
    const files = names.map((name) => `types/${name}.ts`);
    expect(compile(app.folder, files, { noEmit: true })).toBe("");
    app.write("types/next.ts", embedExample("next.ts"));
    const ofNext = { noEmit: true, module: "esnext", moduleResolution: "bundler", esModuleInterop: true };
    expect(compile(app.folder, ["types/next.ts"], ofNext)).toBe("");
  });

  it.each(["express", "fastify", "hono"])(
    "the example for %s serves the collector, and ends with SIGTERM while a client listens",
    async (name) => {
      await using service = await startService(asJavaScript(name));
      await expectOwnAnswer(service);
      await expectVitals(service, "/vitals");
    },
  );

  it("the example of a worker serves the collector on a port of its own, and ends with SIGTERM while a client listens", async () => {
    await using service = await startService(asJavaScript("worker"));
    await expectVitals(service, "");
  });

  it("the example in CommonJS serves the collector, and ends with SIGTERM while a client listens", async () => {
    await using service = await startService(app.write("commonjs.cjs", embedExample("commonjs.cjs")));
    await expectOwnAnswer(service);
    await expectVitals(service, "/vitals");
  });

  it.each(["module", "commonjs"])(
    "the example for NestJS, compiled to %s, serves the collector, and ends with SIGTERM while a client listens",
    async (type) => {
      app.write(`nest-${type}/package.json`, JSON.stringify({ type }));
      app.write(`nest-${type}/main.ts`, embedExample("nestjs.ts"));
      expect(compile(app.folder, [`nest-${type}/main.ts`])).toBe("");
      await using service = await startService(join(app.folder, `nest-${type}/main.js`));
      await expectOwnAnswer(service);
      // Nest sends the signal to its own process again, after all hooks.
      await expectVitals(service, "/vitals", { code: null, signal: "SIGTERM", stderr: "" });
    },
  );

  it("the example for NestJS ends with exit code 0 with useProcessExit, and with an error if its configuration is wrong or its port in use", async () => {
    app.write("nest-variants/package.json", JSON.stringify({ type: "module" }));
    app.write("nest-variants/main.ts", embedExample("nestjs.ts"));
    expect(compile(app.folder, ["nest-variants/main.ts"])).toBe("");
    const compiled = readFileSync(join(app.folder, "nest-variants/main.js"), "utf8");
    const variant = (name: string, from: string, to: string): string => {
      expect(compiled).toContain(from);
      return app.write(`nest-variants/${name}.js`, compiled.replace(from, to));
    };
    const exiting = variant("exiting", "enableShutdownHooks()", "enableShutdownHooks([], { useProcessExit: true })");
    await using service = await startService(exiting);
    const port = { ...process.env, PORT: new URL(service.origin).port };
    const second = spawnSync(process.execPath, [exiting], { encoding: "utf8", env: port, timeout: 30_000 });
    expect([second.status, second.stderr]).toEqual([1, expect.stringContaining("EADDRINUSE")]);
    expect(await service.end("SIGTERM")).toEqual({ code: 0, signal: null, stderr: "" });
    const wrong = spawnSync(process.execPath, [variant("wrong", '"1s"', '"1 s"')], { encoding: "utf8", timeout: 30_000 });
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/collections\.machine\.interval: .*found "1 s"/)]);
  });

  it("the example for Next.js serves the collector beside the pages, and ends with SIGTERM while a client listens", async () => {
    const file = app.write("next/server.js", embedExample("next.ts"));
    app.write("next/package.json", JSON.stringify({ name: "pages", private: true, type: "module" }));
    app.write("next/pages/index.js", `export default function Home() {\n  return "the service's own answer";\n}\n`);
    const cli = join(app.folder, "../node_modules/next/dist/bin/next");
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
    const built = spawnSync(process.execPath, [cli, "build"], { cwd: join(app.folder, "next"), encoding: "utf8", env });
    expect([built.status, built.stderr]).toEqual([0, ""]);
    await using service = await startService(file);
    await expectOwnAnswer(service);
    await expectVitals(service, "/vitals");
  });

  it.each([
    ["express", "EADDRINUSE"],
    ["fastify", "EADDRINUSE"],
    ["hono", "EADDRINUSE"],
    ["worker", "the address is in use"],
  ])("the example for %s ends with an error if its port is in use", async (name, reason) => {
    await using first = await startService(asJavaScript("hono"));
    const { port } = new URL(first.origin);
    const second = spawnSync(process.execPath, [asJavaScript(name)], {
      encoding: "utf8",
      env: { ...process.env, PORT: port },
      timeout: 30_000,
    });
    expect([second.status, second.stderr]).toEqual([1, expect.stringContaining(reason)]);
  });

  it.each(["express", "fastify", "hono", "next"])("the example for %s ends with the problem of a wrong configuration", (name) => {
    const file = app.write(`${name}-wrong.js`, embedExample(`${name}.ts`).replace('interval: "1s"', 'interval: "1 s"'));
    const { status, stderr } = spawnSync(process.execPath, [file], {
      encoding: "utf8",
      env: { ...process.env, PORT: "0" },
      timeout: 30_000,
    });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/collections\.machine\.interval: .*found "1 s"[^]*code: 'config_invalid'/)]);
  });
});

describe("variants of examples/embed", SUITE, () => {
  const variant = (name: string, ...changes: readonly (readonly [from: string, to: string])[]): string => {
    let text = embedExample(`${name}.ts`);
    for (const [from, to] of changes) {
      expect(text).toContain(from);
      text = text.replace(from, to);
    }
    return app.write(`${name}-variant.js`, text);
  };

  it("Express with compression and a body parser before the collector neither delays events nor loses bodies", async () => {
    const file = variant(
      "express",
      ["const app = express();", "const app = express();\napp.use(compression(), express.json());"],
      ['import express from "express";', 'import compression from "compression";\nimport express from "express";'],
    );
    await using service = await startService(file);
    await expectVitals(service, "/vitals");
  });

  it("Express serves a handler that is mounted at a path", async () => {
    const file = variant("express", [
      'app.use(createHandler(collector, { path: "/vitals"',
      'app.use("/internal/vitals", createHandler(collector, { path: "/internal/vitals"',
    ]);
    await using service = await startService(file);
    await expectOwnAnswer(service);
    await expectVitals(service, "/internal/vitals");
  });

  it("Fastify with @fastify/compress does not delay events", async () => {
    const file = variant(
      "fastify",
      ["const app = fastify();", "const app = fastify();\nawait app.register(compress, { global: true });"],
      ['import fastify from "fastify";', 'import compress from "@fastify/compress";\nimport fastify from "fastify";'],
    );
    await using service = await startService(file);
    await expectVitals(service, "/vitals");
  });

  it("Hono with compress does not delay events", async () => {
    const file = variant(
      "hono",
      ["const app = new Hono();", "const app = new Hono();\napp.use(compress());"],
      ['import { Hono } from "hono";', 'import { Hono } from "hono";\nimport { compress } from "hono/compress";'],
    );
    await using service = await startService(file);
    await expectVitals(service, "/vitals");
  });

  it("the example of a worker runs in a worker thread, and ends with a message of the main thread", async () => {
    variant(
      "worker",
      ['process.once("SIGTERM",', 'parentPort.once("message",'],
      ['import * as z from "zod";', 'import * as z from "zod";\nimport { parentPort } from "node:worker_threads";'],
    );
    const main = `import { Worker } from "node:worker_threads";
const worker = new Worker(new URL("worker-variant.js", import.meta.url));
process.once("SIGTERM", () => worker.postMessage("stop"));`;
    await using service = await startService(app.write("main.js", main));
    await expectVitals(service, "");
  });
});

describe("examples/embed/prom-client.ts", SUITE, () => {
  it("one scrape has prom-client's metrics and the collector's, valid, and no name twice", async () => {
    await using service = await startService(asJavaScript("prom-client"));
    await until(
      async () => (await fetch(`${service.origin}/vitals/readyz`)).status,
      (status) => status === 200,
    );
    expect((await fetch(`${service.origin}/orders`, { method: "POST" })).status).toBe(201);
    const scrape = await fetch(`${service.origin}/metrics`);
    const text = await scrape.text();
    expect(scrape.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    // It refuses a second TYPE of a name.
    expect(expositionProblems(text)).toEqual([]);
    expect(text).toMatch(/^orders_placed_total 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^system_memory_limit_bytes\{vitals_collection_name="machine"\} \d+$/m);
    expect(await service.end("SIGTERM")).toEqual({ code: 0, signal: null, stderr: "" });
  });
});

describe("examples/embed/testing", SUITE, () => {
  const FILES = ["queue-depth.js", "queue-depth.test.js"];

  it("the tests pass under Vitest", () => {
    for (const name of FILES) app.write(`vitest/${name}`, embedExample(`testing/${name}`));
    const cli = join(app.folder, "node_modules/vitest/vitest.mjs");
    const args = [cli, "run", "--root", ".", "--reporter=tap-flat"];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: join(app.folder, "vitest"), encoding: "utf8", env });
    expect([status, stdout.match(/^(?:not )?ok /gm)]).toEqual([0, ["ok ", "ok ", "ok "]]);
  });

  it("the tests pass under Jest with --experimental-vm-modules, and leave no open handle", () => {
    for (const name of FILES) app.write(`jest/${name}`, embedExample(`testing/${name}`).replace('from "vitest"', 'from "@jest/globals"'));
    app.write("jest/package.json", JSON.stringify({ type: "module", jest: { transform: {} } }));
    const args = [
      "--experimental-vm-modules",
      "--no-warnings",
      join(app.folder, "../node_modules/jest/bin/jest.js"),
      "--json",
      "--detectOpenHandles",
    ];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: join(app.folder, "jest"), encoding: "utf8" });
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ numPassedTests: 3, numTotalTests: 3, openHandles: [] })]);
  });

  it("a CommonJS test under Jest loads the package with require on Node 24.9, with import() always, and says which flag is missing", () => {
    const test = `
test("require", () => { expect(typeof require("otel-vitals").createCollector).toBe("function"); });
test("import", async () => { expect(typeof (await import("otel-vitals/telemetry")).createTelemetry).toBe("function"); });`;
    app.write("jest-cjs/entries.test.js", test);
    app.write("jest-cjs/package.json", JSON.stringify({ type: "commonjs", jest: {} }));
    const jest = join(app.folder, "../node_modules/jest/bin/jest.js");
    const run = (...flags: readonly string[]) =>
      spawnSync(process.execPath, [...flags, jest, "--json"], { cwd: join(app.folder, "jest-cjs"), encoding: "utf8" });
    expect(JSON.parse(run("--experimental-vm-modules", "--no-warnings").stdout)).toMatchObject({ numPassedTests: 2, numTotalTests: 2 });
    const { status, stdout } = run();
    expect([status, stdout]).toEqual([1, expect.stringContaining("Must use import to load ES Module")]);
    expect(stdout).toContain("A dynamic import callback was invoked without --experimental-vm-modules");
  });
});

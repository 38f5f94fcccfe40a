import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expositionProblems } from "../../support/exposition.ts";
import {
  compile,
  embedExample,
  frameworkApp,
  runNode,
  startService,
  type FrameworkApp,
  type Service,
} from "../../support/framework-app.ts";
import { needs } from "../../support/programs.ts";
import { until } from "../../support/until.ts";

/** Concurrent, because most of the time is spent waiting for ticks. */
const SUITE = { ...needs("frameworks", "tar"), concurrent: true, timeout: 120_000 };
const LONG_MS = 300_000;

let app: FrameworkApp;
/** What the compiler prints about all examples. */
let compiled: Promise<string>;
beforeAll(() => {
  if (SUITE.skip) return;
  app = frameworkApp();
  compiled = compileAll();
}, LONG_MS);
afterAll(() => app?.[Symbol.dispose]());

const NEST = ["module", "commonjs"] as const;

async function compileAll(): Promise<string> {
  for (const name of ["express", "fastify", "hono", "prom-client", "worker", "next"])
    app.write(`types/${name}.ts`, embedExample(`${name}.ts`));
  for (const type of NEST) {
    app.write(`nest-${type}/package.json`, JSON.stringify({ type }));
    app.write(`nest-${type}/main.ts`, embedExample("nestjs.ts"));
  }
  const typed = ["express", "fastify", "hono", "prom-client", "worker"].map((name) => `types/${name}.ts`);
  const printed = await compile(app.folder, [...typed, ...NEST.map((type) => `nest-${type}/main.ts`)]);
  return printed + (await compile(app.folder, ["types/next.ts"], { module: "esnext", moduleResolution: "bundler" }));
}

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

const isReady = (base: string): Promise<unknown> =>
  until(
    async () => (await fetch(`${base}/readyz`)).status,
    (status) => status === 200,
  );

const BY_ITSELF = { code: 0, signal: null, stderr: "" };

/** Calls what every service with a collector has under `path`, and ends it while an event stream is open. */
async function expectVitals(service: Service, path: string, ending: unknown = BY_ITSELF): Promise<void> {
  const base = `${service.origin}${path}`;
  await isReady(base);
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
  const refused = await fetch(`${base}/session`, signIn);
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

/** A port on which something else listens. */
async function takenPort(): Promise<Disposable & { readonly port: string }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: String((server.address() as AddressInfo).port), [Symbol.dispose]: () => server.close() };
}

/** A text with one part replaced, which it has to contain. */
function replaced(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

/** An example as JavaScript: apart from the one with decorators they have no types to strip. */
const asJavaScript = (name: string): string => app.write(`${name}.js`, embedExample(`${name}.ts`));

const WRONG_INTERVAL: unknown = expect.stringMatching(/collections\.machine\.interval: .*found "1 s"/);

describe("examples/embed, with the packed package", SUITE, () => {
  it("the examples are strictly typed TypeScript", async () => {
    expect(await compiled).toBe("");
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

  it.each([
    ["express", "EADDRINUSE"],
    ["fastify", "EADDRINUSE"],
    ["hono", "EADDRINUSE"],
    ["next", "EADDRINUSE"],
    ["worker", "the address is in use"],
  ])("the example for %s ends with an error if its port is in use", async (name, reason) => {
    using taken = await takenPort();
    const file = name === "next" ? await builtNext() : asJavaScript(name);
    const { code, stderr } = await runNode([file], join(file, ".."), { PORT: taken.port });
    expect([code, stderr]).toEqual([1, expect.stringContaining(reason)]);
  });

  it.each(["express", "fastify", "hono", "next"])("the example for %s ends with the problem of a wrong configuration", async (name) => {
    const file = app.write(`${name}-wrong.js`, replaced(embedExample(`${name}.ts`), '"1s"', '"1 s"'));
    const { code, stderr } = await runNode([file], app.folder, { PORT: "0" });
    expect([code, stderr]).toEqual([1, WRONG_INTERVAL]);
    expect(stderr).toContain("code: 'config_invalid'");
  });
});

describe("examples/embed/nestjs.ts", SUITE, () => {
  it.each(NEST)(
    "the example for NestJS, compiled to %s, serves the collector, and ends with SIGTERM while a client listens",
    async (type) => {
      await compiled;
      await using service = await startService(join(app.folder, `nest-${type}/main.js`));
      await expectOwnAnswer(service);
      // Nest sends the signal to its own process again, after all hooks.
      await expectVitals(service, "/vitals", { code: null, signal: "SIGTERM", stderr: "" });
    },
  );

  it("with useProcessExit it ends with exit code 0", async () => {
    await compiled;
    const text = readFileSync(join(app.folder, "nest-module/main.js"), "utf8");
    const exiting = replaced(text, "enableShutdownHooks()", "enableShutdownHooks([], { useProcessExit: true })");
    await using service = await startService(app.write("nest-module/exiting.js", exiting));
    expect(await service.end("SIGTERM")).toEqual(BY_ITSELF);
  });

  it("it ends with an error if its port is in use, or its configuration wrong", async () => {
    await compiled;
    using taken = await takenPort();
    const folder = join(app.folder, "nest-module");
    const second = await runNode(["main.js"], folder, { PORT: taken.port });
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining("EADDRINUSE")]);
    app.write("nest-module/wrong.js", replaced(readFileSync(join(folder, "main.js"), "utf8"), '"1s"', '"1 s"'));
    const wrong = await runNode(["wrong.js"], folder, { PORT: "0" });
    expect([wrong.code, wrong.stderr]).toEqual([1, WRONG_INTERVAL]);
  });
});

/** A program of Next.js with one page, built. @param files that it consists of beside the page */
async function nextProgram(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  app.write(`${name}/package.json`, JSON.stringify({ name, private: true, type: "module" }));
  app.write(`${name}/pages/index.js`, `export default function Home() {\n  return "the service's own answer";\n}\n`);
  for (const [file, text] of Object.entries(files)) app.write(`${name}/${file}`, text);
  const folder = join(app.folder, name);
  const { code, stderr } = await runNode([nextCommand(), "build"], folder, { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" });
  expect([code, stderr]).toEqual([0, ""]);
  return folder;
}

const nextCommand = (): string => join(app.folder, "../node_modules/next/dist/bin/next");

const builds = new Map<string, Promise<string>>();
const nextBuild = (name: string, files: Readonly<Record<string, string>>): Promise<string> => {
  const build = builds.get(name) ?? nextProgram(name, files);
  builds.set(name, build);
  return build;
};

/** The custom server of a program that has been built. */
const builtNext = async (): Promise<string> => join(await nextBuild("next-server", { "server.js": embedExample("next.ts") }), "server.js");

/** The folder of a program for `next start` that has been built. */
const builtStart = (): Promise<string> => {
  const names = ["next.config.js", "instrumentation.js", "collector.js"];
  return nextBuild("next-start", Object.fromEntries(names.map((name) => [name, embedExample(`next-instrumentation/${name}`)])));
};

describe("examples for Next.js", SUITE, () => {
  it("the custom server serves the collector beside the pages, and ends with SIGTERM while a client listens", async () => {
    await using service = await startService(await builtNext());
    await expectOwnAnswer(service);
    await expectVitals(service, "/vitals");
  });

  it("next start with instrumentation.js serves the collector on a port of its own, and ends with SIGTERM while a client listens", async () => {
    const cwd = await builtStart();
    const env = { VITALS_PORT: "0", NEXT_MANUAL_SIG_HANDLE: "true", NEXT_TELEMETRY_DISABLED: "1" };
    await using service = await startService(nextCommand(), { args: ["start", "--port", "0"], env, cwd });
    await expectVitals(service, "");
  });

  it("next start without a free port for the collector serves the pages", async () => {
    using taken = await takenPort();
    const cwd = await builtStart();
    const env = { VITALS_PORT: taken.port, NEXT_TELEMETRY_DISABLED: "1" };
    const address = /^- Local: +http:\/\/localhost:(\d+)/m;
    await using service = await startService(nextCommand(), { args: ["start", "--port", "0"], env, cwd, address });
    await expectOwnAnswer(service);
    const { stderr } = await service.end("SIGTERM");
    expect(stderr).toMatch(/^no collector: .*cannot listen on 127\.0\.0\.1:\d+: the address is in use;/m);
  });
});

describe("variants of examples/embed", SUITE, () => {
  /** An example in JavaScript with parts replaced. */
  const variant = (name: string, example: string, ...changes: readonly (readonly [from: string, to: string])[]): string =>
    app.write(
      `${name}.js`,
      changes.reduce((text, [from, to]) => replaced(text, from, to), embedExample(`${example}.ts`)),
    );

  it("Express with compression and a body parser before the collector neither delays events nor loses bodies", async () => {
    const file = variant(
      "express-compressed",
      "express",
      ["const app = express();", "const app = express();\napp.use(compression(), express.json());"],
      ['import express from "express";', 'import compression from "compression";\nimport express from "express";'],
    );
    await using service = await startService(file);
    await expectVitals(service, "/vitals");
  });

  it("Express serves a handler that is mounted at a path", async () => {
    const mounted = 'app.use("/internal/vitals", createHandler(collector, { path: "/internal/vitals"';
    await using service = await startService(
      variant("express-mounted", "express", ['app.use(createHandler(collector, { path: "/vitals"', mounted]),
    );
    await expectOwnAnswer(service);
    await expectVitals(service, "/internal/vitals");
  });

  it("Fastify with @fastify/compress does not delay events", async () => {
    const file = variant(
      "fastify-compressed",
      "fastify",
      ["const app = fastify();", "const app = fastify();\nawait app.register(compress, { global: true });"],
      ['import fastify from "fastify";', 'import compress from "@fastify/compress";\nimport fastify from "fastify";'],
    );
    await using service = await startService(file);
    await expectVitals(service, "/vitals");
  });

  it("Hono with compress does not delay events", async () => {
    const file = variant(
      "hono-compressed",
      "hono",
      ["const app = new Hono();", "const app = new Hono();\napp.use(compress());"],
      ['import { Hono } from "hono";', 'import { Hono } from "hono";\nimport { compress } from "hono/compress";'],
    );
    await using service = await startService(file);
    await expectVitals(service, "/vitals");
  });

  it("the example of a worker runs in a worker thread, and ends with a message of the main thread", async () => {
    variant(
      "worker-thread",
      "worker",
      ['process.once("SIGTERM",', 'parentPort.once("message",'],
      ['import * as z from "zod";', 'import * as z from "zod";\nimport { parentPort } from "node:worker_threads";'],
    );
    const main = `import { Worker } from "node:worker_threads";
const worker = new Worker(new URL("worker-thread.js", import.meta.url));
process.once("SIGTERM", () => worker.postMessage("stop"));`;
    await using service = await startService(app.write("main.js", main));
    await expectVitals(service, "");
  });
});

describe("examples/embed/prom-client.ts", SUITE, () => {
  it("one scrape has prom-client's metrics and the collector's, valid, and no name twice", async () => {
    await using service = await startService(asJavaScript("prom-client"));
    await isReady(`${service.origin}/vitals`);
    expect((await fetch(`${service.origin}/orders`, { method: "POST" })).status).toBe(201);
    const scrape = await fetch(`${service.origin}/metrics`);
    const text = await scrape.text();
    expect(scrape.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    // It refuses a second TYPE of a name.
    expect(expositionProblems(text)).toEqual([]);
    expect(text).toMatch(/^orders_placed_total 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^system_memory_limit_bytes\{vitals_collection_name="machine"\} \d+$/m);
    expect(await service.end("SIGTERM")).toEqual(BY_ITSELF);
  });
});

describe("examples/embed/testing", SUITE, () => {
  const FILES = ["queue-depth.js", "queue-depth.test.js"];
  const jest = (): string => join(app.folder, "../node_modules/jest/bin/jest.js");

  it("the tests pass under Vitest", async () => {
    for (const name of FILES) app.write(`vitest/${name}`, embedExample(`testing/${name}`));
    const args = [join(app.folder, "node_modules/vitest/vitest.mjs"), "run", "--root", ".", "--reporter=tap-flat"];
    const { code, stdout } = await runNode(args, join(app.folder, "vitest"));
    expect([code, stdout.match(/^(?:not )?ok /gm)]).toEqual([0, ["ok ", "ok ", "ok "]]);
  });

  it("the tests pass under Jest with --experimental-vm-modules, and leave no open handle", async () => {
    for (const name of FILES) app.write(`jest/${name}`, embedExample(`testing/${name}`).replace('from "vitest"', 'from "@jest/globals"'));
    app.write("jest/package.json", JSON.stringify({ type: "module", jest: { transform: {} } }));
    const args = ["--experimental-vm-modules", "--no-warnings", jest(), "--json", "--detectOpenHandles"];
    const { code, stdout } = await runNode(args, join(app.folder, "jest"));
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ numPassedTests: 3, numTotalTests: 3, openHandles: [] })]);
  });

  it("a CommonJS test under Jest loads the package with require on Node 24.9, with import() always, and says which flag is missing", async () => {
    const test = `
test("require", () => { expect(typeof require("otel-vitals").createCollector).toBe("function"); });
test("import", async () => { expect(typeof (await import("otel-vitals/telemetry")).createTelemetry).toBe("function"); });`;
    app.write("jest-cjs/entries.test.js", test);
    app.write("jest-cjs/package.json", JSON.stringify({ type: "commonjs", jest: {} }));
    const folder = join(app.folder, "jest-cjs");
    const { stdout } = await runNode(["--experimental-vm-modules", "--no-warnings", jest(), "--json"], folder);
    expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2, numTotalTests: 2 });
    const without = await runNode([jest(), "--json"], folder);
    expect([without.code, without.stdout]).toEqual([1, expect.stringContaining("Must use import to load ES Module")]);
    expect(without.stdout).toContain("A dynamic import callback was invoked without --experimental-vm-modules");
  });
});

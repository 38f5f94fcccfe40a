import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../../src/errors.ts";
import { gauge, oneOf } from "../../../src/sample/field.ts";
import { graphService } from "../../../src/sample/graph-service.ts";
import { defineSampleType, judge, type SampleType } from "../../../src/sample/sample-type.ts";
import { httpJson } from "../../../src/source/http-json/http-json.ts";
import { locate } from "../../../src/source/http-json/locate.ts";
import { Source } from "../../../src/source/source.ts";
import { serveHttp } from "../../support/http-server.ts";
import { SimulatedClock } from "../../support/simulated-clock.ts";

const lanes = defineSampleType("lanes", { waiting: gauge("lanes.waiting", "{job}", { by: [oneOf("lane", "fast", "slow")] }) });
const types = new Map<string, SampleType>([graphService, lanes].map((type) => [type.name, type]));
const READINGS = { "graph-service": { activeNodes: "/stats/nodes", cacheHitRatio: "cache.hit", responseTime: "$duration" } };

/** Reads once from a server that behaves as told; what came of it, or the error. */
async function read(listener: RequestListener, options: Record<string, unknown> = {}, type = "graph-service", signal = new AbortController().signal) {
  await using server = await serveHttp(listener);
  const source = new Source(httpJson, { url: `${server.url}/stats?key=secret-in-query`, readings: READINGS, ...options }, { name: "s", baseDir: tmpdir(), clock: new SimulatedClock(), types });
  const reading = source.readings.get(type);
  if (!reading) throw new Error("the reading is there");
  try {
    return { values: await source.read(reading, signal) };
  } catch (error) {
    if (!isVitalsError(error)) throw error;
    expect(error.message).not.toContain("secret");
    expect(error.message.length).toBeLessThan(600);
    return { code: error.code, type: error.errorType, message: error.message };
  } finally {
    await source.close();
  }
}

const answer =
  (body: string, status = 200, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);

describe("an endpoint that answers", () => {
  it("is read by pointers and dotted paths, with the time it took", async () => {
    const { values } = await read(answer('{"stats": {"nodes": 12, "edges": null}, "cache": {"hit": 0.5}}'));
    expect(values).toEqual({ activeNodes: 12, cacheHitRatio: 0.5, responseTime: expect.any(Number) as number });
    expect((values as { responseTime: number }).responseTime).toBeGreaterThan(0);
  });

  it("leaves absent what it does not tell", async () => {
    expect((await read(answer('{"stats": {"nodes": 12}}'))).values).not.toHaveProperty("cacheHitRatio");
  });

  it("gives a breakdown as it is", async () => {
    const { values } = await read(answer('{"q": {"fast": 1, "slow": 2}}'), { readings: { lanes: { waiting: "/q" } } }, "lanes");
    expect(values).toEqual({ waiting: { fast: 1, slow: 2 } });
  });

  it("is sent method, headers, body and token", async () => {
    const seen: string[] = [];
    const listener: RequestListener = (request, response) => {
      seen.push(`${request.method} ${request.headers.authorization} ${request.headers["x-team"]}`);
      request.on("data", (chunk: Buffer) => seen.push(String(chunk)));
      request.on("end", () => response.end('{"stats": {"nodes": 1}}'));
    };
    await read(listener, { method: "POST", body: "{}", headers: { "x-team": "graph" }, token: "secret-token" });
    expect(seen).toEqual(["POST Bearer secret-token graph", "{}"]);
  });

  it("is sent a token out of a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-token-"));
    writeFileSync(join(folder, "token"), "secret-from-file\n");
    let seen: string | undefined;
    await read((request, response) => ((seen = request.headers.authorization), response.end('{"stats": {"nodes": 1}}')), { token_file: join(folder, "token") });
    rmSync(folder, { recursive: true });
    expect(seen).toBe("Bearer secret-from-file");
  });
});

describe("an endpoint that does not do as it should", () => {
  it.each([
    ["answers 500", answer("secret", 500), { code: "source_failed", type: "500", message: expect.stringMatching(/answered with status 500$/) as string }],
    ["answers HTML", answer("<html>secret</html>", 200, { "content-type": "text/html" }), { code: "reading_invalid", message: expect.stringMatching(/expected JSON, found 19 characters of text\/html$/) as string }],
    ["answers nothing", answer(""), { code: "reading_invalid", message: expect.stringMatching(/found an empty answer$/) as string }],
    ["answers half of it", answer('{"stats": {"no'), { code: "reading_invalid" }],
    ["redirects", answer("", 302, { location: "http://127.0.0.1:1/" }), { code: "source_failed", type: "302" }],
    ["tells nothing that was asked for", answer('{"other": 1}'), { code: "reading_invalid", message: "the answer has nothing at /stats/nodes, cache.hit, $duration" }],
    ["has too much to say", answer(`"${"x".repeat(2_000_000)}"`), { code: "reading_invalid", message: expect.stringMatching(/more than 1048576 bytes/) as string }],
    ["hangs up", ((request) => request.socket.destroy()) as RequestListener, { code: "source_unreachable" }],
  ])("%s", async (_, listener, expected) => {
    expect(await read(listener)).toMatchObject(expected);
  });

  it("is not there", async () => {
    const { url } = await (async () => {
      await using gone = await serveHttp(() => {});
      return gone;
    })();
    const source = new Source(httpJson, { url, readings: READINGS }, { name: "s", baseDir: "/", clock: new SimulatedClock(), types });
    const reading = source.readings.get("graph-service");
    if (!reading) throw new Error("the reading is there");
    await expect(source.read(reading, new AbortController().signal)).rejects.toMatchObject({ code: "source_unreachable", errorType: "ECONNREFUSED" });
  });

  it("sends a bomb of 200 MB in 200 kB, and costs only what is allowed", async () => {
    let sent = 0;
    const listener: RequestListener = (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      const gzip = createGzip();
      gzip.on("data", (chunk: Buffer) => (sent += chunk.length));
      gzip.pipe(response);
      const zeros = Buffer.alloc(1024 * 1024);
      for (let n = 0; n < 200; n += 1) gzip.write(zeros);
      gzip.end();
    };
    const before = process.memoryUsage().arrayBuffers;
    expect(await read(listener)).toMatchObject({ code: "reading_invalid", message: expect.stringMatching(/more than 1048576 bytes/) as string });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  });

  it.each([
    ["never answers", (() => {}) as RequestListener],
    ["drips", ((_, response) => void response.writeHead(200).write("{")) as RequestListener],
  ])("%s, until the wait is ended", async (_, listener) => {
    const wait = new AbortController();
    const started = read((request, response) => (listener(request, response), setImmediate(() => wait.abort(new Error("too late")))), {}, "graph-service", wait.signal);
    await expect(started).rejects.toThrow("too late");
  });

  it.each([
    ["a number beyond all numbers", '{"stats": {"nodes": 1e999}}'],
    ["text for a number", '{"stats": {"nodes": "12"}}'],
    ["a share of two", '{"cache": {"hit": 2}}'],
  ])("tells %s, which its type refuses", async (_, body) => {
    const { values } = await read(answer(body));
    expect(judge(graphService, values).ok).toBe(false);
  });

  it.each([
    ["a key __proto__", '{"q": {"__proto__": {"fast": 1}}}', /__proto__/],
    ["100 000 values", `{"q": {${Array.from({ length: 100_000 }, (_, n) => `"k${n}": 1`).join(",")}}}`, /at most 10000 values, found 100000/],
  ])("tells %s, which is refused before it is looked at", async (_, body, message) => {
    const { values } = await read(answer(body), { readings: { lanes: { waiting: "/q" } }, max_bytes: 8_000_000 }, "lanes");
    expect(judge(lanes, values)).toMatchObject({ ok: false, message: expect.stringMatching(message) as string });
  });
});

describe("options", () => {
  it.each([
    ["an address that is no http", { url: "file:///etc/passwd", readings: READINGS }, /http or https/],
    ["a type that is not there", { url: "http://x/", readings: { nope: {} } }, /no sample type "nope"; there are graph-service, lanes/],
    ["a field that is not there", { url: "http://x/", readings: { lanes: { depth: "/x" } } }, /no field "depth"; there are waiting/],
  ])("refuse %s", (_, options, message) => {
    expect(() => new Source(httpJson, options, { name: "s", baseDir: "/", clock: new SimulatedClock(), types })).toThrow(message);
  });
});

describe("a path", () => {
  it.each([
    ["/a/b", { a: { b: 1 } }, 1],
    ["/a~1b/~0", { "a/b": { "~": 2 } }, 2],
    ["a.b", { a: { b: 3 } }, 3],
    ["/list/1", { list: [5, 6] }, 6],
    ["/constructor", {}, undefined],
    ["/a/b/c", { a: null }, undefined],
    ["", { a: 1 }, { a: 1 }],
  ])("%o", (path, document, value) => expect(locate(document, path)).toEqual(value));
});

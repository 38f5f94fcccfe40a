import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../../src/base/errors.ts";
import { gauge, oneOf } from "../../../src/sample/field.ts";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { defineSampleType, type SampleType } from "../../../src/sample/sample-type.ts";
import { httpJson } from "../../../src/source/http-json/http-json.ts";
import { requestJson } from "../../../src/source/http-json/request.ts";
import { type Reading, type Source } from "../../../src/source/source.ts";
import { serveHttp } from "../../support/http-server.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { makeSource } from "../../support/source.ts";

const lanes = defineSampleType("lanes", { waiting: gauge("lanes.waiting", "{job}", { by: [oneOf("lane", "fast", "slow")] }) });
const types = new Map<string, SampleType>([graphService, lanes].map((type) => [type.name, type]));
const READINGS = { "graph-service": { activeNodes: "/stats/nodes", cacheHitRatio: "cache.hit", responseTime: "$duration" } };

function sourceOf(options: Record<string, unknown>, clock = new ManualClock()): Source {
  return makeSource(httpJson, { readings: READINGS, ...options }, { name: "s", baseDir: tmpdir(), clock, types });
}

function readingOf(source: Source, type: string): Reading<unknown> {
  const reading = source.readings.get(type);
  if (!reading) throw new Error(`expected a reading of type ${type}`);
  return reading;
}

/** The values, or the error, of one reading from a server with this listener. */
async function read(
  listener: RequestListener,
  options: Record<string, unknown> = {},
  type = "graph-service",
  signal = new AbortController().signal,
) {
  await using server = await serveHttp(listener);
  const source = sourceOf({ url: `${server.url}/stats?key=secret-in-query`, ...options });
  try {
    return { values: await source.read(readingOf(source, type), signal) };
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

describe("http-json", () => {
  it("http-json reads by pointers and dotted paths, and measures the duration of the request", async () => {
    const clock = new ManualClock();
    await using server = await serveHttp((_, response) => {
      clock.block(250);
      response.end('{"stats": {"nodes": 12, "edges": null}, "cache": {"hit": 0.5}}');
    });
    const source = sourceOf({ url: server.url }, clock);
    const values = await source.read(readingOf(source, "graph-service"), new AbortController().signal);
    expect(values).toEqual({ activeNodes: 12, cacheHitRatio: 0.5, responseTime: 0.25 });
  });

  it("http-json leaves out a field that the response does not contain", async () => {
    expect((await read(answer('{"stats": {"nodes": 12}}'))).values).not.toHaveProperty("cacheHitRatio");
  });

  it("http-json reads a breakdown", async () => {
    const { values } = await read(answer('{"q": {"fast": 1, "slow": 2}}'), { readings: { lanes: { waiting: "/q" } } }, "lanes");
    expect(values).toEqual({ waiting: { fast: 1, slow: 2 } });
  });

  it("http-json leaves out what is null in a breakdown", async () => {
    const { values } = await read(answer('{"q": {"fast": 1, "slow": null}}'), { readings: { lanes: { waiting: "/q" } } }, "lanes");
    expect(values).toEqual({ waiting: { fast: 1 } });
  });

  it("http-json needs no paths if the response has the shape of the type", async () => {
    const { values } = await read(answer('{"waiting": {"fast": 1}, "other": true}'), { readings: { lanes: {} } }, "lanes");
    expect(values).toEqual({ waiting: { fast: 1 } });
  });

  it("http-json accepts a byte order mark", async () => {
    expect((await read(answer('\uFEFF{"stats": {"nodes": 12}}'))).values).toMatchObject({ activeNodes: 12 });
  });

  it("http-json uses a connection again, and makes another where the server has closed it", async () => {
    const sockets = new Set<unknown>();
    const listener: RequestListener = ({ socket }, response) => {
      sockets.add(socket);
      response.end('{"stats": {"nodes": 12}}');
    };
    await using server = await serveHttp((request, response) => listener(request, response));
    const source = sourceOf({ url: server.url });
    const reading = readingOf(source, "graph-service");
    const { signal } = new AbortController();
    await source.read(reading, signal);
    await source.read(reading, signal);
    expect(sockets.size).toBe(1);
    for (const socket of sockets) (socket as Socket).destroy();
    expect(await source.read(reading, signal)).toMatchObject({ activeNodes: 12 });
    expect(sockets.size).toBe(2);
    await source.close();
  });

  it("http-json makes one request for each reading", async () => {
    let requests = 0;
    await using server = await serveHttp((_, response) => {
      requests += 1;
      response.end('{"stats": {"nodes": 12}, "q": {"fast": 1}}');
    });
    const source = sourceOf({ url: server.url, readings: { ...READINGS, lanes: { waiting: "/q" } } });
    const { signal } = new AbortController();
    await Promise.all(["graph-service", "lanes"].map((type) => source.read(readingOf(source, type), signal)));
    expect(requests).toBe(2);
  });

  it("http-json sends method, headers, body and token", async () => {
    const seen: string[] = [];
    const listener: RequestListener = (request, response) => {
      const { authorization, accept, "content-type": type, "x-team": team } = request.headers;
      seen.push(`${request.method} ${authorization} ${accept} ${type} ${String(team)}`);
      request.on("data", (chunk: Buffer) => seen.push(String(chunk)));
      request.on("end", () => response.end('{"stats": {"nodes": 1}}'));
    };
    await read(listener, {
      method: "POST",
      body: "{}",
      headers: { "x-team": "graph", Authorization: "Basic other" },
      token: "secret-token",
    });
    expect(seen).toEqual(["POST Bearer secret-token application/json application/json graph", "{}"]);
  });

  it("http-json sends the configured content type, and no authorization for an empty token", async () => {
    const seen: unknown[] = [];
    const listener: RequestListener = ({ headers }, response) => {
      seen.push(headers.authorization, headers["content-type"]);
      response.end('{"stats": {"nodes": 1}}');
    };
    await read(listener, { method: "POST", body: "x", headers: { "Content-Type": "text/x-query" }, token: "" });
    await read(listener, { token: null });
    expect(seen).toEqual([undefined, "text/x-query", undefined, undefined]);
  });

  it("http-json sends a token from a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-token-"));
    writeFileSync(join(folder, "token"), "secret-from-file\n");
    let seen: string | undefined;
    await read((request, response) => ((seen = request.headers.authorization), response.end('{"stats": {"nodes": 1}}')), {
      token_file: join(folder, "token"),
    });
    rmSync(folder, { recursive: true });
    expect(seen).toBe("Bearer secret-from-file");
  });

  it.each([
    ["that does not exist", undefined, /token_file ".*token": cannot be read: ENOENT$/],
    ["of two lines", "secret\nsecret", /expected a token on one line/],
    ["that is too large", "secret".repeat(100_000), /expected a token, found more than 16 KiB$/],
    ["that is empty", "\n", /expected a token, found an empty file$/],
  ])("http-json makes no request with a token file %s", async (_, text, message) => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-credential-"));
    const file = join(folder, "token");
    if (text !== undefined) writeFileSync(file, text);
    let requests = 0;
    const listener: RequestListener = (_, response) => ((requests += 1), response.end("{}"));
    expect(await read(listener, { token_file: file })).toMatchObject({
      code: "source_failed",
      message: expect.stringMatching(message) as string,
    });
    expect(requests).toBe(0);
    rmSync(folder, { recursive: true });
  });
});

/** Sends one byte after another without end, and calls `abort` after the fiftieth. */
function drip(response: ServerResponse, abort: () => void, bytes = 1): void {
  if (bytes === 50) abort();
  if (!response.destroyed) response.write(" ", () => setImmediate(drip, response, abort, bytes + 1));
}

describe("http-json with a faulty endpoint", () => {
  it.each([
    [
      "status 500",
      answer("secret", 500),
      { code: "source_failed", type: "500", message: expect.stringMatching(/^GET http:.*\/stats returned 500$/) as string },
    ],
    [
      "HTML",
      answer("<html>secret</html>", 200, { "content-type": "text/html" }),
      {
        code: "reading_invalid",
        message: expect.stringMatching(/returned text\/html that is not JSON; expected JSON$/) as string,
      },
    ],
    [
      "an empty response",
      answer(""),
      { code: "reading_invalid", message: expect.stringMatching(/returned nothing; expected JSON$/) as string },
    ],
    ["half of a document", answer('{"stats": {"no'), { code: "reading_invalid" }],
    [
      "a redirect",
      answer("", 302, { location: "http://127.0.0.1:1/secret" }),
      {
        code: "source_failed",
        type: "302",
        message: expect.stringMatching(/returned 302; redirects are not followed$/) as string,
      },
    ],
    [
      "text that is not UTF-8",
      (_: unknown, response: ServerResponse) => void response.end(Buffer.from([0x22, 0xff, 0x22])),
      {
        code: "reading_invalid",
        message: expect.stringMatching(/returned a response without a content type that is not JSON; expected JSON$/) as string,
      },
    ],
    [
      "text declared as gzip",
      answer('{"stats": {"nodes": 1}}', 200, { "content-encoding": "gzip" }),
      { code: "reading_invalid", message: expect.stringMatching(/cannot be decompressed: Z_DATA_ERROR$/) as string },
    ],
    [
      "text declared as brotli",
      answer("nonsense", 200, { "content-encoding": "br" }),
      { code: "reading_invalid", message: expect.stringMatching(/cannot be decompressed/) as string },
    ],
    [
      "a connection closed during the response",
      (request: IncomingMessage, response: ServerResponse) =>
        response.writeHead(200, { "content-length": 99 }).write("{", () => request.socket.destroy()),
      {
        code: "source_unreachable",
        type: "ECONNRESET",
        message: expect.stringMatching(/ended its response early: ECONNRESET$/) as string,
      },
    ],
    [
      "a response without any of the paths",
      answer('{"other": 1}'),
      { code: "reading_invalid", message: "the response contains none of the paths /stats/nodes, cache.hit" },
    ],
    [
      "a response that is too large",
      answer(`"${"x".repeat(2_000_000)}"`),
      { code: "reading_invalid", message: expect.stringMatching(/returned more than the limit of 1 MiB \(max_bytes\)$/) as string },
    ],
    ["a connection closed before the response", (request: IncomingMessage) => request.socket.destroy(), { code: "source_unreachable" }],
  ])("http-json reports %s", async (_, listener, expected) => {
    expect(await read(listener)).toMatchObject(expected);
  });

  it("http-json reports an endpoint that refuses the connection", async () => {
    const { url } = await (async () => {
      await using closed = await serveHttp(() => {});
      return closed;
    })();
    const source = sourceOf({ url });
    await expect(source.read(readingOf(source, "graph-service"), new AbortController().signal)).rejects.toMatchObject({
      code: "source_unreachable",
      errorType: "ECONNREFUSED",
    });
  });

  it.each([
    ["lists", "["],
    ["maps", '{"a":'],
    ["lists beside what is read", '{"stats": {"nodes": 1}, "other": ['],
  ])("http-json refuses 800 kB of opened %s without reading to their end", async (_, open) => {
    const result = await read(answer(open.repeat(Math.ceil(800_000 / open.length))));
    const message = /returned JSON with more than 64 levels of nesting$/;
    expect(result).toMatchObject({ code: "reading_invalid", message: expect.stringMatching(message) as string });
  });

  it("http-json refuses a response in pieces of one byte", async () => {
    const flood: RequestListener = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      const more = (): void => {
        while (!socket.destroyed && socket.write("1\r\n \r\n".repeat(10_000)));
        if (!socket.destroyed) socket.once("drain", more);
      };
      more();
    };
    const before = process.threadCpuUsage();
    const result = await read(flood);
    const { user, system } = process.threadCpuUsage(before);
    const message = /returned [\d,]+ B in [\d,]+ pieces; expected larger ones$/;
    expect(result).toMatchObject({ code: "reading_invalid", message: expect.stringMatching(message) as string });
    // Half a second of CPU time, ten times what it takes; a reader that looks at each byte again takes seconds.
    expect(user + system).toBeLessThan(500_000);
  });

  it("http-json refuses a content encoding that it did not ask for", async () => {
    const result = await read(answer("x", 200, { "content-encoding": "zstd" }));
    expect(result).toMatchObject({
      message: expect.stringMatching(/returned content encoding "zstd"; expected gzip, br or none$/) as string,
    });
  });

  it("http-json stops at its limit when 200 kB decompress to 200 MB", async () => {
    const gzip = createGzip();
    const chunks: Buffer[] = [];
    gzip.on("data", (chunk: Buffer) => chunks.push(chunk));
    const spaces = Buffer.alloc(1024 * 1024, " ");
    for (let n = 0; n < 200; n += 1) if (!gzip.write(spaces)) await once(gzip, "drain");
    gzip.end();
    await once(gzip, "end");
    const bomb = Buffer.concat(chunks);
    expect(bomb.length).toBeLessThan(250_000);

    const before = process.memoryUsage().arrayBuffers;
    let peak = before;
    const measured = new AbortController();
    const sample = (): void => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
      if (!measured.signal.aborted) setImmediate(sample);
    };
    sample();
    const result = await read((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    measured.abort();
    expect(result).toMatchObject({
      code: "reading_invalid",
      message: expect.stringMatching(/returned more than the limit of 1 MiB \(max_bytes\)$/) as string,
    });
    expect(peak - before).toBeLessThan(8e6);
  });

  it.each([
    ["never responds", (_: ServerResponse, abort: () => void) => abort()],
    ["sends one byte after another without end", drip],
  ])("http-json closes the connection when its signal aborts, if the endpoint %s", async (_, behave) => {
    const tooLate = new Error("too late");
    const waiting = new AbortController();
    const closed = Promise.withResolvers<void>();
    await using server = await serveHttp((request, response) => {
      request.socket.once("close", closed.resolve);
      behave(response, () => waiting.abort(tooLate));
    });
    const request = { url: server.url, method: "GET", headers: new Headers(), maxBytes: 1_000 } as const;
    await expect(requestJson(request, { keys: new Map(), each: undefined }, waiting.signal)).rejects.toBe(tooLate);
    // The server is still running, so only the client can have closed the connection.
    await closed.promise;
  });
});

describe("the options of http-json", () => {
  it.each([
    ["a URL that is not http", { url: "file:///etc/passwd", readings: READINGS }, /http or https/],
    ["a URL with credentials", { url: "http://bob:secret@x/", readings: READINGS }, /without credentials/],
    ["an invalid header", { url: "http://x/", readings: READINGS, headers: { "x-key": "secret\nsecret" } }, /expected a valid HTTP header/],
    ["a token that is invalid in a header", { url: "http://x/", readings: READINGS, token: "secret\nsecret" }, /a token on one line/],
    ["a body for GET", { url: "http://x/", readings: READINGS, body: "secret" }, /no body, because the method is GET/],
    ["an unknown sample type", { url: "http://x/", readings: { nope: {} } }, /unknown sample type "nope"; expected graph-service or lanes/],
    [
      "an unknown field",
      { url: "http://x/", readings: { lanes: { depth: "/x" } } },
      /unknown field "depth" of sample type "lanes"; expected waiting/,
    ],
  ])("http-json refuses %s without showing a secret", (_, options, message) => {
    expect(() => sourceOf(options)).toThrow(message);
    expect(() => sourceOf(options)).not.toThrow(/secret/);
  });
});

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../../src/base/errors.ts";
import { gauge, oneOf } from "../../../src/sample/field.ts";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { defineSampleType, judge, type SampleType } from "../../../src/sample/sample-type.ts";
import { httpJson } from "../../../src/source/http-json/http-json.ts";
import { requestJson } from "../../../src/source/http-json/request.ts";
import { locate } from "../../../src/source/http-json/mapping.ts";
import { type Reading, type Source } from "../../../src/source/source.ts";
import { serveHttp } from "../../support/http-server.ts";
import { SimulatedClock } from "../../support/simulated-clock.ts";
import { makeSource } from "../../support/source.ts";

const lanes = defineSampleType("lanes", { waiting: gauge("lanes.waiting", "{job}", { by: [oneOf("lane", "fast", "slow")] }) });
const types = new Map<string, SampleType>([graphService, lanes].map((type) => [type.name, type]));
const READINGS = { "graph-service": { activeNodes: "/stats/nodes", cacheHitRatio: "cache.hit", responseTime: "$duration" } };

function sourceOf(options: Record<string, unknown>, clock = new SimulatedClock()): Source {
  return makeSource(httpJson, { readings: READINGS, ...options }, { name: "s", baseDir: tmpdir(), clock, types });
}

function readingOf(source: Source, type: string): Reading<unknown> {
  const reading = source.readings.get(type);
  if (!reading) throw new Error("the reading is there");
  return reading;
}

/** Reads once from a server that behaves as told; what came of it, or the error. */
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

describe("an endpoint that answers", () => {
  it("is read by pointers and dotted paths, with the time it took", async () => {
    const clock = new SimulatedClock();
    await using server = await serveHttp((_, response) => {
      clock.block(250);
      response.end('{"stats": {"nodes": 12, "edges": null}, "cache": {"hit": 0.5}}');
    });
    const source = sourceOf({ url: server.url }, clock);
    const values = await source.read(readingOf(source, "graph-service"), new AbortController().signal);
    expect(values).toEqual({ activeNodes: 12, cacheHitRatio: 0.5, responseTime: 0.25 });
  });

  it("leaves absent what it does not tell", async () => {
    expect((await read(answer('{"stats": {"nodes": 12}}'))).values).not.toHaveProperty("cacheHitRatio");
  });

  it("gives a breakdown as it is", async () => {
    const { values } = await read(answer('{"q": {"fast": 1, "slow": 2}}'), { readings: { lanes: { waiting: "/q" } } }, "lanes");
    expect(values).toEqual({ waiting: { fast: 1, slow: 2 } });
  });

  it("leaves absent what is null in a breakdown", async () => {
    const { values } = await read(answer('{"q": {"fast": 1, "slow": null}}'), { readings: { lanes: { waiting: "/q" } } }, "lanes");
    expect(values).toEqual({ waiting: { fast: 1 } });
  });

  it("needs no paths where it answers in the shape of the type", async () => {
    const { values } = await read(answer('{"waiting": {"fast": 1}, "other": true}'), { readings: { lanes: {} } }, "lanes");
    expect(values).toEqual({ waiting: { fast: 1 } });
  });

  it("may begin with a byte order mark", async () => {
    expect((await read(answer('\uFEFF{"stats": {"nodes": 12}}'))).values).toMatchObject({ activeNodes: 12 });
  });

  it("is asked once by each collection", async () => {
    let asked = 0;
    await using server = await serveHttp((_, response) => {
      asked += 1;
      response.end('{"stats": {"nodes": 12}, "q": {"fast": 1}}');
    });
    const source = sourceOf({ url: server.url, readings: { ...READINGS, lanes: { waiting: "/q" } } });
    const { signal } = new AbortController();
    await Promise.all(["graph-service", "lanes"].map((type) => source.read(readingOf(source, type), signal)));
    expect(asked).toBe(2);
  });

  it("is sent method, headers, body and token", async () => {
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

  it("is sent the content type that was asked for, and no token where it is empty", async () => {
    const seen: unknown[] = [];
    const listener: RequestListener = ({ headers }, response) => {
      seen.push(headers.authorization, headers["content-type"]);
      response.end('{"stats": {"nodes": 1}}');
    };
    await read(listener, { method: "POST", body: "x", headers: { "Content-Type": "text/x-query" }, token: "" });
    await read(listener, { token: null });
    expect(seen).toEqual([undefined, "text/x-query", undefined, undefined]);
  });

  it("is sent a token out of a file", async () => {
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
    ["is not there", undefined, /token_file ".*token": cannot be read: ENOENT$/],
    ["holds two lines", "secret\nsecret", /expected a token on one line/],
    ["is endless", "secret".repeat(100_000), /expected a token, found more than 16384 bytes$/],
  ])("is not asked when the file of its token %s", async (_, text, message) => {
    const folder = mkdtempSync(join(tmpdir(), "vitals-credential-"));
    const file = join(folder, "token");
    if (text !== undefined) writeFileSync(file, text);
    let asked = 0;
    const listener: RequestListener = (_, response) => ((asked += 1), response.end("{}"));
    expect(await read(listener, { token_file: file })).toMatchObject({
      code: "source_failed",
      message: expect.stringMatching(message) as string,
    });
    expect(asked).toBe(0);
    rmSync(folder, { recursive: true });
  });
});

/** Sends a little at a time for ever; time is up after the fiftieth drop. */
function drip(response: ServerResponse, due: () => void, drops = 1): void {
  if (drops === 50) due();
  if (!response.destroyed) response.write(" ", () => setImmediate(drip, response, due, drops + 1));
}

describe("an endpoint that does not do as it should", () => {
  it.each([
    [
      "answers 500",
      answer("secret", 500),
      { code: "source_failed", type: "500", message: expect.stringMatching(/answered with status 500$/) as string },
    ],
    [
      "answers HTML",
      answer("<html>secret</html>", 200, { "content-type": "text/html" }),
      { code: "reading_invalid", message: expect.stringMatching(/expected JSON, found 19 bytes of text\/html that are none$/) as string },
    ],
    ["answers nothing", answer(""), { code: "reading_invalid", message: expect.stringMatching(/found an empty answer$/) as string }],
    ["answers half of it", answer('{"stats": {"no'), { code: "reading_invalid" }],
    [
      "redirects",
      answer("", 302, { location: "http://127.0.0.1:1/secret" }),
      {
        code: "source_failed",
        type: "302",
        message: expect.stringMatching(/answered with a redirect \(status 302\), which is not followed$/) as string,
      },
    ],
    [
      "answers what is no UTF-8",
      (_: unknown, response: ServerResponse) => void response.end(Buffer.from([0x22, 0xff, 0x22])),
      { code: "reading_invalid", message: expect.stringMatching(/3 bytes of no content type that are none$/) as string },
    ],
    [
      "says gzip and sends none",
      answer('{"stats": {"nodes": 1}}', 200, { "content-encoding": "gzip" }),
      { code: "reading_invalid", message: expect.stringMatching(/cannot be decompressed: Z_DATA_ERROR$/) as string },
    ],
    [
      "says brotli and sends none",
      answer("nonsense", 200, { "content-encoding": "br" }),
      { code: "reading_invalid", message: expect.stringMatching(/cannot be decompressed/) as string },
    ],
    [
      "hangs up in the middle",
      (request: IncomingMessage, response: ServerResponse) =>
        response.writeHead(200, { "content-length": 99 }).write("{", () => request.socket.destroy()),
      {
        code: "source_unreachable",
        type: "UND_ERR_SOCKET",
        message: expect.stringMatching(/broke off its answer: UND_ERR_SOCKET$/) as string,
      },
    ],
    [
      "tells nothing that was asked for",
      answer('{"other": 1}'),
      { code: "reading_invalid", message: "none of the paths was found in the answer: /stats/nodes, cache.hit" },
    ],
    [
      "has too much to say",
      answer(`"${"x".repeat(2_000_000)}"`),
      { code: "reading_invalid", message: expect.stringMatching(/more than 1048576 bytes/) as string },
    ],
    ["hangs up", (request: IncomingMessage) => request.socket.destroy(), { code: "source_unreachable" }],
  ])("%s", async (_, listener, expected) => {
    expect(await read(listener)).toMatchObject(expected);
  });

  it("is not there", async () => {
    const { url } = await (async () => {
      await using gone = await serveHttp(() => {});
      return gone;
    })();
    const source = sourceOf({ url });
    await expect(source.read(readingOf(source, "graph-service"), new AbortController().signal)).rejects.toMatchObject({
      code: "source_unreachable",
      errorType: "ECONNREFUSED",
    });
  });

  it("sends a bomb of 200 MB in 200 kB, and costs only what is allowed", async () => {
    const gzip = createGzip();
    const chunks: Buffer[] = [];
    gzip.on("data", (chunk: Buffer) => chunks.push(chunk));
    const zeros = Buffer.alloc(1024 * 1024);
    for (let n = 0; n < 200; n += 1) if (!gzip.write(zeros)) await once(gzip, "drain");
    gzip.end();
    await once(gzip, "end");
    const bomb = Buffer.concat(chunks);
    expect(bomb.length).toBeLessThan(250_000);

    const before = process.memoryUsage().arrayBuffers;
    let most = before;
    const watch = new AbortController();
    const look = (): void => {
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      if (!watch.signal.aborted) setImmediate(look);
    };
    look();
    const came = await read((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    watch.abort();
    expect(came).toMatchObject({ code: "reading_invalid", message: expect.stringMatching(/more than 1048576 bytes/) as string });
    expect(most - before).toBeLessThan(8e6);
  });

  it.each([
    ["never answers", (_: ServerResponse, due: () => void) => due()],
    ["drips", drip],
  ])("%s, until the wait is ended, and the connection with it", async (_, behave) => {
    const tooLate = new Error("too late");
    const wait = new AbortController();
    const gone = Promise.withResolvers<void>();
    await using server = await serveHttp((request, response) => {
      request.socket.once("close", gone.resolve);
      behave(response, () => wait.abort(tooLate));
    });
    const request = { url: server.url, method: "GET", headers: new Headers(), maxBytes: 1_000 } as const;
    await expect(requestJson(request, wait.signal)).rejects.toBe(tooLate);
    // While the server still serves: nobody but the client ends the connection.
    await gone.promise;
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
    [
      "100 000 values",
      `{"q": {${Array.from({ length: 100_000 }, (_, n) => `"k${n}": 1`).join(",")}}}`,
      /at most 10000 values, found 100000/,
    ],
  ])("tells %s, which is refused before it is looked at", async (_, body, message) => {
    const { values } = await read(answer(body), { readings: { lanes: { waiting: "/q" } }, max_bytes: 8_000_000 }, "lanes");
    expect(judge(lanes, values)).toMatchObject({ ok: false, message: expect.stringMatching(message) as string });
  });
});

describe("options", () => {
  it.each([
    ["an address that is no http", { url: "file:///etc/passwd", readings: READINGS }, /http or https/],
    ["a user and password in the address", { url: "http://bob:secret@x/", readings: READINGS }, /without user and password/],
    [
      "a header that HTTP does not allow",
      { url: "http://x/", readings: READINGS, headers: { "x-key": "secret\nsecret" } },
      /HTTP allows in a header/,
    ],
    ["a token that HTTP does not allow", { url: "http://x/", readings: READINGS, token: "secret\nsecret" }, /a token on one line/],
    ["a body for GET", { url: "http://x/", readings: READINGS, body: "secret" }, /no body, because the method is GET/],
    ["a type that is not there", { url: "http://x/", readings: { nope: {} } }, /no sample type "nope"; there are graph-service, lanes/],
    ["a field that is not there", { url: "http://x/", readings: { lanes: { depth: "/x" } } }, /no field "depth"; there are waiting/],
  ])("refuse %s", (_, options, message) => {
    expect(() => sourceOf(options)).toThrow(message);
    expect(() => sourceOf(options)).not.toThrow(/secret/);
  });
});

describe("a path", () => {
  it.each([
    ["/a/b", { a: { b: 1 } }, 1],
    ["/a~1b/~0", { "a/b": { "~": 2 } }, 2],
    ["a.b", { a: { b: 3 } }, 3],
    ["/list/1", { list: [5, 6] }, 6],
    ["/list/length", { list: [5, 6] }, 2],
    ["/text/length", { text: "ab" }, undefined],
    ["/constructor", {}, undefined],
    ["/a/b/c", { a: null }, undefined],
    ["", { a: 1 }, { a: 1 }],
  ])("%o", (path, document, value) => expect(locate(document, path)).toEqual(value));
});

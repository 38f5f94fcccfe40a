import { getRequestListener } from "@hono/node-server";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { AppOptions } from "../../../src/http/app.ts";
import { createApp } from "../../../src/http/index.ts";
import { listen } from "../../../src/http/listen.ts";
import { follow } from "../../support/events.ts";
import { rawRequest, type RawRequest } from "../../support/raw-request.ts";
import { each, scriptedCollector } from "../../support/scripted.ts";
import { emit } from "../../support/emit.ts";

const PATH = "/api/v1/events";

async function setUp(options: AppOptions = {}) {
  const { clock, collector } = scriptedCollector({ a: () => ({ depth: 1 }) }, each(["a", "b"]));
  const app = createApp(collector, { clock, ...options });
  const listener = await listen(app, { port: 0 });
  /** @returns the event's number */
  const sample = (collection = "a", bytes = 0): number => {
    const error = { type: "x", message: "x".repeat(bytes) };
    const draft = { time: "2026-01-01T00:00:00Z", collection, outcome: "failed" as const, durationMs: 1, error };
    return emit(collector, { kind: "sample", sample: draft });
  };
  const transition = (bytes = 0): void => {
    const what = { time: "", component: "a", from: "healthy", to: "degraded", reason: "x".repeat(bytes) } as const;
    emit(collector, { kind: "transition", transition: what });
  };
  const stream = async (): Promise<{ clients: number; dropped: number; disconnected: number }> =>
    ((await (await app.request("/api/v1/stats")).json()) as { stream: { clients: number; dropped: number; disconnected: number } }).stream;
  const get = (...lines: readonly string[]) => rawRequest(listener.port, `GET ${PATH} HTTP/1.1`, "Host: localhost", ...lines);
  return { app, clock, collector, listener, sample, transition, stream, get, [Symbol.asyncDispose]: () => listener.close() };
}

/** Waits for a state of the server that no event announces. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

const isOpen = ({ events }: RawRequest): boolean => events.some(({ event }) => event === "snapshot");
const has =
  (seq: number, event = "sample") =>
  ({ events }: RawRequest): boolean =>
    events.at(-1)?.seq === seq && events.at(-1)?.event === event;
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n + 1);

describe("event stream connections", () => {
  it("an event stream response has the headers that proxies need and an unchunked body that ends with the connection", async () => {
    await using server = await setUp();
    using request = await server.get();
    await request.until(isOpen);
    const [head = "", body = ""] = request.beginning.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const line of [
      "content-type: text/event-stream; charset=utf-8",
      "cache-control: no-cache, no-transform",
      "x-accel-buffering: no",
      "connection: close",
    ])
      expect(head.split("\r\n")).toContain(line);
    expect(head).not.toMatch(/transfer-encoding|content-length/i);
    expect(body).toMatch(/^retry: 2000\nevent: hello\ndata: \{"bootId":/);
    server.sample();
    await request.until(has(1));
    await server.collector.shutdown();
    expect(await request.ended).toMatch(/event: bye\ndata: \{"retryMs":\d+\}\n\n$/);
  });

  it.each([
    ["HTTP/1.0", ["GET /api/v1/events HTTP/1.0", "Host: localhost"]],
    ["HTTP/1.0 with keep-alive", ["GET /api/v1/events HTTP/1.0", "Host: localhost", "Connection: keep-alive"]],
    ["Connection: close", ["GET /api/v1/events HTTP/1.1", "Host: localhost", "Connection: close"]],
  ])("a client with %s gets the same event stream", async (_, lines) => {
    await using server = await setUp();
    using request = await rawRequest(server.listener.port, ...lines);
    await request.until(isOpen);
    expect(request.beginning.split("\r\n\r\n")[1]).toMatch(/^retry: 2000\nevent: hello\n/);
    server.sample();
    await request.until(has(1));
  });

  it("HEAD returns the headers of the event stream without adding a client", async () => {
    await using server = await setUp();
    using request = await rawRequest(server.listener.port, `HEAD ${PATH} HTTP/1.1`, "Host: localhost", "Connection: close");
    const [head, body] = (await request.ended).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toContain("content-type: text/event-stream");
    expect(body).toBe("");
    expect(await server.stream()).toMatchObject({ clients: 0 });
  });

  it("an event stream can be requested behind another request on the same connection", async () => {
    await using server = await setUp();
    const head = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost`;
    using request = await rawRequest(server.listener.port, `${head("/api/v1/stats")}\r\n\r\n${head(PATH)}`);
    await request.until(isOpen);
    server.sample();
    await request.until(has(1));
    request.socket.destroy();
    await until(async () => (await server.stream()).clients === 0);
  });

  it("event streams end when the server closes, also that of a stalled client", async () => {
    const server = await setUp();
    using reading = await server.get();
    using stalled = await server.get();
    stalled.socket.pause();
    await until(async () => (await server.stream()).clients === 2);
    await server.listener.close();
    stalled.socket.resume();
    await Promise.all([reading.ended, stalled.ended]);
    expect(await server.stream()).toMatchObject({ clients: 0 });
  });
});

describe("joining the event stream", () => {
  it.each([
    [{ maxClients: 1 }, /1 clients are connected, the maximum is 1/],
    [{ maxClientsPerAddress: 1 }, /1 clients from this address are connected, the maximum is 1/],
  ])("a client beyond %o gets 503 with Retry-After", async (options, detail) => {
    await using server = await setUp(options);
    const joined = await server.get();
    await joined.until(isOpen);
    const refused = await fetch(`${server.listener.url}${PATH}`);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(5);
    expect(await refused.json()).toMatchObject({
      type: "urn:otel-vitals:problem:too-many-clients",
      detail: expect.stringMatching(detail) as string,
    });
    joined.socket.destroy();
    await until(async () => (await server.stream()).clients === 0);
    using next = await server.get();
    await next.until(isOpen);
  });

  it("clients are refused once the collector has shut down", async () => {
    await using server = await setUp();
    await server.collector.shutdown();
    const refused = await fetch(`${server.listener.url}${PATH}`);
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([503, true]);
    expect(await refused.json()).toMatchObject({ type: "urn:otel-vitals:problem:stopping" });
  });

  it("a client that names an unknown collection gets 400", async () => {
    await using server = await setUp();
    const refused = await fetch(`${server.listener.url}${PATH}?collections=a,c`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ detail: 'collections: unknown collection "c"; expected a or b' });
  });
});

describe("a client that reconnects", () => {
  it("a client gets megabytes of replay as fast as it reads, without waiting for another event", async () => {
    await using server = await setUp();
    for (let n = 0; n < 2_000; n += 1) server.sample("a", 1_000);
    using request = await server.get(`Last-Event-ID: ${server.collector.bootId}-0`);
    await request.until(has(2_000));
    expect(request.seqs("sample")).toEqual(upTo(2_000));
  });

  it("the header Last-Event-ID overrides the query parameter, which browsers repeat", async () => {
    await using server = await setUp();
    for (let n = 0; n < 3; n += 1) server.sample();
    const { bootId } = server.collector;
    const id = `Last-Event-ID: ${bootId}-2`;
    using request = await rawRequest(server.listener.port, `GET ${PATH}?last_event_id=${bootId}-1 HTTP/1.1`, "Host: localhost", id);
    await request.until(has(3));
    expect(request.seqs("sample")).toEqual([3]);
    using other = await rawRequest(server.listener.port, `GET ${PATH}?last_event_id=${bootId}-1 HTTP/1.1`, "Host: localhost");
    await other.until(has(3));
    expect(other.seqs("sample")).toEqual([2, 3]);
  });

  it("an EventSource reconnects automatically and resumes where it was", async () => {
    await using server = await setUp();
    using source = follow(`${server.listener.url}${PATH}`);
    await source.until("snapshot");
    server.sample();
    await source.until("sample", 1);
    await server.listener.close();
    for (let n = 0; n < 5; n += 1) server.sample();
    await using again = await listen(server.app, { port: server.listener.port });
    expect(again.port).toBe(server.listener.port);
    await source.until("hello", 2);
    server.sample();
    const samples = await source.until("sample", 7);
    expect(samples.map(({ id }) => Number(id?.split("-").at(-1)))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(source.received.filter(({ type }) => type === "snapshot")).toHaveLength(1);
  });
});

describe("a client that stops reading", () => {
  /** More than the kernel buffers for a connection. */
  const MUCH = 16 * 1024 * 1024;

  it("a client that reads again gets the newest samples at once, and the number of dropped ones in a heartbeat", async () => {
    await using server = await setUp();
    using request = await server.get();
    using other = await server.get();
    await request.until(isOpen);
    await other.until(isOpen);
    request.socket.pause();
    let newest = 0;
    for (let bytes = 0; bytes < MUCH; bytes += 16_000) {
      newest = server.sample("a", 16_000);
      await other.until(has(newest));
    }
    const last = server.sample("b");
    expect((await server.stream()).dropped).toBeGreaterThan(0);
    request.socket.resume();
    await request.until(has(last));
    const got = request.seqs("sample");
    expect(got.slice(-2)).toEqual([newest, last]);
    await server.clock.advance(15_000);
    const beat = ({ events }: RawRequest) => events.find(({ event }) => event === "heartbeat");
    await request.until((all) => beat(all) !== undefined);
    expect(beat(request)?.data).toMatchObject({ dropped: last - got.length });
    expect(other.seqs("sample")).toEqual(upTo(last));
  });

  it("a client is disconnected when transitions exceed its backlog limit, and other clients are not affected", async () => {
    await using server = await setUp();
    using stalled = await server.get();
    using other = await server.get();
    await stalled.until(isOpen);
    await other.until(isOpen);
    stalled.socket.pause();
    let sent = 0;
    for (let bytes = 0; bytes < MUCH && (await server.stream()).disconnected === 0; bytes += 16_000) {
      server.transition(16_000);
      sent += 1;
      await other.until(has(sent, "transition"));
    }
    expect(await server.stream()).toMatchObject({ clients: 1, disconnected: 1, dropped: 0 });
    stalled.socket.resume();
    await stalled.ended;
    const had = stalled.seqs("transition");
    expect(had).toEqual(upTo(had.length));
    expect(had.length).toBeLessThan(sent);
    expect(other.seqs("transition")).toEqual(upTo(sent));
    // It reconnects and misses nothing, although it was cut off in the middle.
    const kept = server.collector.journal.oldest - 1;
    using back = await server.get(`Last-Event-ID: ${server.collector.bootId}-${Math.max(kept, had.length)}`);
    await back.until(has(sent, "transition"));
    expect(back.seqs("transition")).toEqual(upTo(sent).slice(Math.max(kept, had.length)));
  });

  it("the connection of a disconnected client closes although the client still does not read", async () => {
    await using server = await setUp();
    const answer = getRequestListener(server.app.fetch);
    const own = createServer((incoming, outgoing) => void answer(incoming, outgoing)).listen(0, "127.0.0.1");
    await once(own, "listening");
    using stalled = await rawRequest((own.address() as AddressInfo).port, `GET ${PATH} HTTP/1.1`, "Host: localhost");
    await stalled.until(isOpen);
    stalled.socket.pause();
    const connections = (): Promise<number> => new Promise((resolve) => own.getConnections((_, count) => resolve(count)));
    expect(await connections()).toBe(1);
    for (let bytes = 0; bytes < MUCH && (await server.stream()).disconnected === 0; bytes += 16_000) server.transition(16_000);
    await until(async () => (await connections()) === 0);
    own.close();
  });
});

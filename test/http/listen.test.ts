import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { connectionLimit } from "../../src/http/connections.ts";
import { serve, serveMetrics } from "../../src/http/index.ts";
import { rawRequest } from "../support/raw-request.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const setUp = () => scriptedCollector({}, each(["jobs"]));
const scrape = async () => ({ text: "x 1\n", errors: 0 });

/** Opens a connection on which nothing is sent. */
async function idle(port: number): Promise<{ readonly socket: Socket; readonly closed: Promise<unknown> }> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  return { socket, closed: once(socket.resume(), "close") };
}

async function statusOf(port: number, ...lines: readonly string[]): Promise<number> {
  using request = await rawRequest(port, ...lines);
  return Number((await request.ended).split(" ")[1]);
}

describe("requests of unusual clients", () => {
  it.each(["/livez", "/health", "/metrics", "/api/v1/stats"])("HTTP/1.0 without a Host header gets %s", async (path) => {
    await using server = await serve(setUp().collector, { port: 0, metrics: scrape });
    // The collector has not started, which /health reports with its body.
    expect(await statusOf(server.port, `GET ${path} HTTP/1.0`)).toBe(200);
    using probe = await rawRequest(server.port, `GET ${path} HTTP/1.0`);
    expect((await probe.ended).split("\r\n\r\n")[1]).not.toBe("");
  });

  it.each(["[::ffff:127.0.0.1]:9464", "[0:0:0:0:0:0:0:1]", "[::0001]:80", "localhost.", "LOCALHOST"])(
    "a request with Host %s is answered by probes and by everything else on loopback",
    async (host) => {
      await using server = await serve(setUp().collector, { port: 0 });
      const statuses = ["/livez", "/api/v1/stats"].map((path) =>
        statusOf(server.port, `GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close"),
      );
      expect(await Promise.all(statuses)).toEqual([200, 200]);
    },
  );

  it("a probe with any valid Host header is answered, and nothing else is with a foreign one", async () => {
    await using server = await serve(setUp().collector, { port: 0, metrics: scrape });
    const ask = (path: string, host: string) => statusOf(server.port, `GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close");
    for (const host of ["[fd00:0:0:0::1]", "[::ffff:10.0.0.1]:80", "evil.example."]) {
      expect([host, await ask("/livez", host), await ask("/readyz", host)]).toEqual([host, 200, 503]);
      expect([host, await ask("/metrics", host), await ask("/api/v1/stats", host), await ask("/", host)]).toEqual([host, 421, 421, 421]);
    }
  });
});

describe("the Host header of /metrics", () => {
  const ask = (port: number, host = "evil.example") => statusOf(port, "GET /metrics HTTP/1.1", `Host: ${host}`, "Connection: close");

  it("serve checks it on loopback, and elsewhere only if names are given", async () => {
    const { collector } = setUp();
    const statusWith = async (options: { host?: string; allowedHosts?: readonly string[] }, host?: string) => {
      await using server = await serve(collector, { port: 0, insecure: true, metrics: scrape, ...options });
      return await ask(server.port, host);
    };
    expect(await statusWith({})).toBe(421);
    expect(await statusWith({ allowedHosts: ["evil.example"] })).toBe(200);
    expect(await statusWith({ host: "0.0.0.0" })).toBe(200);
    expect(await statusWith({ host: "0.0.0.0", allowedHosts: [] })).toBe(200);
    expect(await statusWith({ host: "0.0.0.0", allowedHosts: ["vitals.example"] })).toBe(421);
    expect(await statusWith({ host: "0.0.0.0", allowedHosts: ["vitals.example"] }, "vitals.example")).toBe(200);
  });

  it("serveMetrics checks it on loopback, and elsewhere only if names are given", async () => {
    const statusWith = async (options: { host?: string; allowedHosts?: readonly string[] }) => {
      await using server = await serveMetrics(scrape, { port: 0, ...options });
      return await ask(server.port);
    };
    expect(await statusWith({})).toBe(421);
    expect(await statusWith({ allowedHosts: ["evil.example"] })).toBe(200);
    expect(await statusWith({ host: "0.0.0.0" })).toBe(200);
    expect(await statusWith({ host: "0.0.0.0", allowedHosts: ["vitals.example"] })).toBe(421);
  });

  it("an error of serveMetrics is logged with its stack and not sent", async () => {
    const lines: unknown[][] = [];
    const none = (): void => {};
    const logger = { error: (...line: unknown[]) => void lines.push(line), warn: none, info: none, debug: none };
    const broken = () => Promise.reject(new Error("secret detail"));
    await using server = await serveMetrics(broken, { port: 0, logger });
    const response = await fetch(`${server.url}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining("secret")]);
    expect(lines).toEqual([
      ["GET /metrics failed: secret detail", { stack: expect.stringMatching(/^Error: secret detail\n +at /) as string }],
    ]);
  });
});

describe("the limit of connections", () => {
  it("connections that only stay open keep nobody out: the one that is idle for longest is closed", async () => {
    await using server = await serve(setUp().collector, { port: 0, maxConnections: 4 });
    const idling = [];
    for (let n = 0; n < 4; n += 1) idling.push(await idle(server.port));
    expect(await statusOf(server.port, "GET /livez HTTP/1.1", "Host: localhost", "Connection: close")).toBe(200);
    await idling[0]?.closed;
    expect(idling.slice(1).map(({ socket }) => socket.destroyed)).toEqual([false, false, false]);
    for (const { socket } of idling) socket.destroy();
  });

  it("an event stream is not idle, and stays while new connections come", async () => {
    await using server = await serve(setUp().collector, { port: 0, maxConnections: 2 });
    using stream = await rawRequest(server.port, "GET /api/v1/events HTTP/1.1", "Host: localhost");
    await stream.until(({ events }) => events.some(({ event }) => event === "snapshot"));
    const first = await idle(server.port);
    const second = await idle(server.port);
    await first.closed;
    expect([stream.socket.destroyed, second.socket.destroyed]).toEqual([false, false]);
    second.socket.destroy();
  });

  it("a new connection is closed if every other one has a request", async () => {
    await using server = await serve(setUp().collector, { port: 0, maxConnections: 1 });
    using stream = await rawRequest(server.port, "GET /api/v1/events HTTP/1.1", "Host: localhost");
    await stream.until(({ events }) => events.some(({ event }) => event === "snapshot"));
    await (
      await idle(server.port)
    ).closed;
    expect(stream.socket.destroyed).toBe(false);
  });

  it("a connection is idle again after its response", async () => {
    await using server = await serve(setUp().collector, { port: 0, maxConnections: 1 });
    using kept = await rawRequest(server.port, "GET /livez HTTP/1.1", "Host: localhost");
    await new Promise((resolve) => kept.socket.once("data", resolve));
    expect(await statusOf(server.port, "GET /livez HTTP/1.1", "Host: localhost", "Connection: close")).toBe(200);
    await kept.ended;
  });

  it.each([
    [12_000, Number.POSITIVE_INFINITY, 12_000],
    [12_000, 1_048_576, 12_000],
    [12_000, 1_024, 768],
    [12_000, 64, 16],
    [10, 64, 10],
    [12_000, 20, 1],
  ])("of %d requested connections and %d descriptors, %d are allowed", (requested, descriptors, allowed) => {
    expect(connectionLimit(requested, descriptors)).toBe(allowed);
  });
});

describe("clients that do not finish", () => {
  it.each([
    ["a head", ["GET /livez HTTP/1.1", "Host: localhost", "X-Slow: 1"].join("\r\n")],
    ["a body", "POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"],
  ])(
    "a client that does not finish %s is disconnected within 13 s",
    async (_, text) => {
      await using server = await serve(setUp().collector, { port: 0, token: "t0ken" });
      const { socket, closed } = await idle(server.port);
      const startMs = performance.now();
      socket.write(text);
      await closed;
      expect(performance.now() - startMs).toBeGreaterThan(8_000);
      expect(performance.now() - startMs).toBeLessThan(13_000);
    },
    40_000,
  );
});

import { describe, expect, it } from "vitest";
import { createApp, serve, serveMetrics } from "../../src/http/index.ts";
import { rawRequest } from "../support/raw-request.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const setUp = () => scriptedCollector({}, each(["jobs"]));
const scrape = async () => ({ text: "x 1\n", errors: 0 });

/** Status of a request whose Host header names `host`; `fetch` does not let a program choose that header. */
async function statusFor(port: number, host: string, path = "/api/v1/stats"): Promise<number> {
  using request = await rawRequest(port, `GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close");
  return Number((await request.ended).split(" ")[1]);
}

describe("serve", () => {
  it("serve listens on loopback, at a port that the system chooses for port 0", async () => {
    await using server = await serve(setUp().collector, { port: 0 });
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it("serve refuses an address that other machines can reach without a token, unless insecure is set", async () => {
    const { collector } = setUp();
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "localhost.example"]) {
      for (const token of [{}, { token: "" }])
        await expect(serve(collector, { host, port: 0, ...token })).rejects.toMatchObject({
          name: "VitalsError",
          code: "config_invalid",
          message: expect.stringContaining(`refusing to listen on "${host}" without a token`) as string,
        });
    }
    for (const options of [{ token: "t0ken" }, { insecure: true }]) {
      await using server = await serve(collector, { host: "0.0.0.0", port: 0, ...options });
      expect(server.port).toBeGreaterThan(0);
    }
  });

  it("serve requires the token it was given", async () => {
    await using server = await serve(setUp().collector, { port: 0, token: "t0ken" });
    const statusWith = async (headers: Record<string, string>) => (await fetch(`${server.url}/api/v1/stats`, { headers })).status;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ authorization: "Bearer t0ken" })).toBe(200);
  });

  it("serve rejects a foreign Host header on loopback only, unless allowedHosts is given", async () => {
    const { collector } = setUp();
    const statusOf = async (options: { host?: string; insecure?: boolean; allowedHosts?: readonly string[] }) => {
      await using server = await serve(collector, { port: 0, ...options });
      return await statusFor(server.port, "vitals.example");
    };
    expect(await statusOf({})).toBe(421);
    expect(await statusOf({ allowedHosts: ["vitals.example"] })).toBe(200);
    expect(await statusOf({ host: "0.0.0.0", insecure: true })).toBe(200);
    expect(await statusOf({ host: "0.0.0.0", insecure: true, allowedHosts: [] })).toBe(421);
  });

  it.each(["/livez", "/health", "/metrics", "/api/v1/alerts", "/"])(
    "serve answers TRACE %s with 405 and the allowed methods",
    async (path) => {
      await using server = await serve(setUp().collector, { port: 0 });
      await using metricsServer = await serveMetrics(scrape, { port: 0 });
      for (const { port } of path === "/metrics" ? [server, metricsServer] : [server]) {
        using request = await rawRequest(port, `TRACE ${path} HTTP/1.1`, "Host: 127.0.0.1", "Connection: close");
        const response = await request.ended;
        expect(response).toMatch(/^HTTP\/1.1 405 Method Not Allowed\r\n/);
        expect(response).toMatch(/^allow: GET, HEAD\r$/im);
      }
    },
  );

  it("serve rejects with listen_failed and the reason when the address cannot be bound", async () => {
    const { collector } = setUp();
    await using first = await serve(collector, { port: 0 });
    await expect(serve(collector, { port: first.port })).rejects.toMatchObject({
      code: "listen_failed",
      message: `cannot listen on 127.0.0.1:${first.port}: the address is in use; stop the program that listens there, or choose another port`,
    });
    await expect(serve(collector, { port: 65_536 })).rejects.toMatchObject({
      name: "VitalsError",
      code: "config_invalid",
      message: "invalid options of serve: port: expected a port from 0 to 65535, found 65536",
    });
    await expect(serve(collector, { host: "192.0.2.1", port: 0, insecure: true })).rejects.toMatchObject({
      code: "listen_failed",
      message: expect.stringContaining("this machine does not have the address") as string,
    });
  });

  it("close ends event streams with a bye, frees the port and leaves the collector running", async () => {
    const { collector } = setUp();
    await collector.start();
    const server = await serve(collector, { port: 0 });
    using stream = await rawRequest(server.port, "GET /api/v1/events HTTP/1.1", "Host: localhost");
    await stream.until(({ events }) => events.some(({ event }) => event === "snapshot"));
    await server.close();
    expect(await stream.ended).toMatch(/event: bye\ndata: \{"retryMs":\d+\}\n\n$/);
    await server.close();
    expect(collector.lifecycle).toBe("running");
    await using again = await serve(collector, { port: server.port });
    expect((await fetch(`${again.url}/livez`)).status).toBe(200);
    await collector.shutdown();
  });
});

describe("setAccess", () => {
  const statusWith = async (url: string, token: string): Promise<number> =>
    (await fetch(`${url}/api/v1/stats`, { headers: { authorization: `Bearer ${token}` } })).status;

  it("setAccess replaces the token, for requests and for the sign-in", async () => {
    const { collector } = setUp();
    await using server = await serve(collector, { port: 0, token: "t0ken" });
    const signIn = (token: string): Promise<Response> =>
      fetch(`${server.url}/session`, { method: "POST", body: JSON.stringify({ token }) });
    const cookie = (await signIn("t0ken")).headers.get("set-cookie")?.split(";")[0] ?? "";
    const withCookie = async (): Promise<number> => (await fetch(`${server.url}/api/v1/stats`, { headers: { cookie } })).status;
    expect(await withCookie()).toBe(200);
    server.setAccess({ token: "t1ken" });
    expect([await statusWith(server.url, "t0ken"), await statusWith(server.url, "t1ken")]).toEqual([401, 200]);
    expect(await withCookie()).toBe(401);
    expect([(await signIn("t0ken")).status, (await signIn("t1ken")).status]).toEqual([401, 204]);
    server.setAccess({});
    expect((await fetch(`${server.url}/api/v1/stats`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/session`)).json()).toEqual({ tokenNeeded: false, signedIn: false });
    await collector.shutdown();
  });

  it("setAccess ends event streams with a bye when the token changes, and only then; clients connect anew", async () => {
    const { collector } = setUp();
    await collector.start();
    await using server = await serve(collector, { port: 0, token: "t0ken" });
    const open = (token: string) =>
      rawRequest(server.port, "GET /api/v1/events HTTP/1.1", "Host: localhost", `Authorization: Bearer ${token}`);
    using stream = await open("t0ken");
    await stream.until(({ events }) => events.some(({ event }) => event === "snapshot"));
    server.setAccess({ token: "t0ken", allowedHosts: ["vitals.example"] });
    expect(
      (await (await fetch(`${server.url}/api/v1/stats`, { headers: { authorization: "Bearer t0ken" } })).json()) as object,
    ).toMatchObject({
      stream: { clients: 1 },
    });
    server.setAccess({ token: "t1ken" });
    expect(await stream.ended).toMatch(/event: bye\ndata: \{"retryMs":\d+\}\n\n/);
    using again = await open("t1ken");
    await again.until(({ events }) => events.some(({ event }) => event === "snapshot"));
    await collector.shutdown();
  });

  it("setAccess replaces the accepted Host names of serve and of serveMetrics", async () => {
    const { collector } = setUp();
    await using server = await serve(collector, { port: 0 });
    await using metricsServer = await serveMetrics(scrape, { port: 0 });
    const statuses = async (): Promise<readonly number[]> => [
      await statusFor(server.port, "vitals.example"),
      await statusFor(metricsServer.port, "vitals.example", "/metrics"),
    ];
    expect(await statuses()).toEqual([421, 421]);
    for (const each of [server, metricsServer]) each.setAccess({ allowedHosts: ["vitals.example"] });
    expect(await statuses()).toEqual([200, 200]);
    for (const each of [server, metricsServer]) each.setAccess({});
    expect(await statuses()).toEqual([421, 421]);
    await collector.shutdown();
  });

  it("setAccess refuses what serve refuses, and changes nothing then", async () => {
    const { collector } = setUp();
    await using server = await serve(collector, { host: "0.0.0.0", port: 0, token: "t0ken" });
    for (const access of [{}, { token: "" }, { token: " x" }, { allowedHosts: ["a:1"] }, { tokn: "hunter2" }]) {
      expect(() => server.setAccess(access)).toThrow(
        expect.objectContaining({ code: "config_invalid", message: expect.not.stringContaining("hunter2") as string }) as Error,
      );
    }
    expect(await statusWith(`http://127.0.0.1:${server.port}`, "t0ken")).toBe(200);
    expect(await statusWith(`http://127.0.0.1:${server.port}`, "")).toBe(401);
    await collector.shutdown();
  });
});

describe("serveMetrics", () => {
  it("serveMetrics serves /metrics to any host, and nothing else", async () => {
    await using server = await serveMetrics(scrape, { port: 0 });
    const response = await fetch(`${server.url}/metrics`);
    expect([response.status, await response.text()]).toEqual([200, "x 1\n"]);
    expect((await fetch(`${server.url}/health`)).status).toBe(404);
  });
});

describe("options of createApp, serve and serveMetrics", () => {
  it.each([
    ["a port that is text", { port: "x" }, /^invalid options of serve: port: expected a port from 0 to 65535.*"x"/],
    ["a port out of range", { port: 70_000 }, /port: expected a port from 0 to 65535/],
    ["a misspelt token", { tokn: "secret" }, /unknown option "tokn"; did you mean "token"\?/],
    ["a token that is no text", { token: 5 }, /token: /],
    ["a negative number of clients", { maxClients: -1 }, /maxClients: /],
    ["metrics that are no function", { metrics: "text" }, /metrics: expected a function/],
  ])("serve refuses %s and binds nothing", async (_, options, message) => {
    const { collector } = setUp();
    await expect(serve(collector, options as object)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(message) as string,
    });
    await collector.shutdown();
  });

  it("createApp and serveMetrics refuse unknown options, and no message shows a token", async () => {
    const { collector } = setUp();
    expect(() => createApp(collector, { tokn: "hunter2" } as object)).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.not.stringContaining("hunter2") as string }) as Error,
    );
    await expect(serveMetrics(scrape, { prot: 1 } as object)).rejects.toMatchObject({ code: "config_invalid" });
    await collector.shutdown();
  });
});

import type { RequestListener } from "node:http";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { queryHealth, reachable } from "../../src/cli/health-query.ts";
import { serve } from "../../src/http/index.ts";
import { serveHttp } from "../support/http-server.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const PATH = "/health?fail_on=unhealthy";
const answering =
  (status: number, type: string, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status, type === "" ? {} : { "content-type": type }).end(body);

describe("the command health", () => {
  it.each(["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "127.0.0.1", "::1", "localhost"])(
    "a server that listens on %s answers its own command",
    async (host) => {
      const { collector } = scriptedCollector({}, each(["jobs"]));
      await using server = await serve(collector, { host, port: 0, token: "t0ken", allowedHosts: [] });
      const found = await queryHealth(`http://${reachable(host)}:${server.port}${PATH}`, "t0ken");
      expect(found).toEqual({ code: 0, text: expect.stringMatching(/^unknown: /) as string });
    },
  );

  it("a server that listens on one of the machine's own addresses answers its own command", async () => {
    const own = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === "IPv4" && !each.internal)?.address;
    // Every address of 127.0.0.0/8 is this machine's; a machine without a network has no other.
    const host = own ?? "127.0.0.2";
    const { collector } = scriptedCollector({}, each(["jobs"]));
    await using server = await serve(collector, { host, port: 0, token: "t0ken", allowedHosts: [] });
    expect((await queryHealth(`http://${reachable(host)}:${server.port}${PATH}`, "t0ken")).code).toBe(0);
    expect(await queryHealth(`http://${reachable(host)}:${server.port}${PATH}`, "")).toEqual({ code: 0, text: "unknown" });
  });

  it.each([
    ["JSON of another program", 200, "application/json", '{"status":"pass","vitalsStatus":"healthy"}'],
    ["health of another program", 200, "application/health+json", '{"status":"pass"}'],
    ["an unknown status", 200, "application/health+json", '{"status":"pass","vitalsStatus":"fine"}'],
    ["null", 200, "application/health+json", "null"],
    ["a number", 200, "application/json", "1"],
    ["a page", 200, "text/html; charset=utf-8", "<html></html>"],
    ["nothing", 200, "", ""],
    ["an error of a proxy", 502, "text/html", "bad gateway"],
    ["a problem of another program", 503, "application/problem+json", '{"type":"about:blank","detail":"no"}'],
  ])("%s is not taken for health", async (_, status, type, body) => {
    await using server = await serveHttp(answering(status, type, body));
    const { code, text } = await queryHealth(`${server.url}${PATH}`, "");
    expect(code).toBe(4);
    expect(text).toContain(
      `no collector responds at ${new URL(server.url).host}: expected the health of a collector, found status ${status}`,
    );
  });

  it("a problem of the collector is a failure with its reason", async () => {
    const problem = { type: "urn:otel-vitals:problem:foreign-host", title: "", status: 421, detail: "host is not allowed" };
    await using server = await serveHttp(answering(421, "application/problem+json", JSON.stringify(problem)));
    expect(await queryHealth(`${server.url}${PATH}`, "")).toEqual({ code: 1, text: "status 421: host is not allowed" });
  });

  it("a status that fails is a failure with its reason", async () => {
    const body = { status: "fail", vitalsStatus: "critical", output: "collection:jobs is critical" };
    await using server = await serveHttp(answering(503, "application/health+json", JSON.stringify(body)));
    expect(await queryHealth(`${server.url}${PATH}`, "")).toEqual({ code: 1, text: "critical: collection:jobs is critical" });
  });

  it("no answer at all is an unreachable collector", async () => {
    const server = await serveHttp(() => {});
    await server[Symbol.asyncDispose]();
    expect(await queryHealth(`${server.url}${PATH}`, "")).toEqual({
      code: 4,
      text: `no collector responds at ${new URL(server.url).host}: ECONNREFUSED`,
    });
  });
});

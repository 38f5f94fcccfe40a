import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { createHandler, type HandlerOptions, type VitalsHandler } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { ROOT } from "../support/yaml-file.ts";

const handlerOf = (options: HandlerOptions = {}): VitalsHandler => createHandler(scriptedCollector({}, each(["jobs"])).collector, options);

/** A server of the program that embeds the collector. */
async function serverOf(listener: RequestListener): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Who answers a request for each path: the collector with a status, or the program. */
async function answersTo(origin: string, paths: readonly string[]): Promise<readonly string[]> {
  const responses = await Promise.all(paths.map((path) => fetch(origin + path, { redirect: "manual" })));
  return Promise.all(
    responses.map(async (response) => ((await response.clone().text()) === "program" ? "program" : String(response.status))),
  );
}

const withNext =
  (handler: VitalsHandler): RequestListener =>
  (request, response) =>
    handler(request, response, () => response.end("program"));

describe("createHandler", () => {
  it("a handler answers below its path, and passes every other request to next", async () => {
    await using server = await serverOf(withNext(handlerOf()));
    const paths = [
      "/vitals/livez",
      "/vitals/livez?verbose",
      "/vitals",
      "/vitals/",
      "/vitals?x",
      "/vitals/nope",
      "/",
      "/vitalsign",
      "/x/vitals",
    ];
    expect(await answersTo(server.origin, paths)).toEqual(["200", "200", "200", "200", "200", "404", "program", "program", "program"]);
  });

  it.each(["/vitals", "/"])("a handler below %s rejects other methods with those that the path has", async (path) => {
    await using server = await serverOf(withNext(handlerOf({ path })));
    const response = await fetch(`${server.origin}${path === "/" ? "" : path}/livez`, { method: "POST" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("a handler for all paths passes no request to next", async () => {
    await using server = await serverOf(withNext(handlerOf({ path: "/" })));
    expect(await answersTo(server.origin, ["/livez", "/", "/nope"])).toEqual(["200", "200", "404"]);
  });

  it("a handler without next answers other requests with the problem unknown-route", async () => {
    await using server = await serverOf(handlerOf({ path: "/deep/down" }));
    expect(await answersTo(server.origin, ["/deep/down/livez", "/deep"])).toEqual(["200", "404"]);
    expect(await (await fetch(`${server.origin}/other`)).json()).toMatchObject({ type: "urn:otel-vitals:problem:unknown-route" });
  });

  it("a handler sends a browser to the path with a slash at its end, because the URLs of the page are relative", async () => {
    await using server = await serverOf(handlerOf());
    const { status, headers } = await fetch(`${server.origin}/vitals`, { headers: { accept: "text/html" }, redirect: "manual" });
    expect([status, headers.get("location")]).toEqual([308, "./vitals/"]);
  });

  it("a handler below a path that the framework has removed from the URL answers at the path of the client", async () => {
    const handler = handlerOf();
    await using server = await serverOf((request: IncomingMessage & { originalUrl?: string }, response) => {
      request.originalUrl = request.url ?? "";
      request.url = "/livez";
      handler(request, response);
    });
    expect(await answersTo(server.origin, ["/vitals/livez", "/elsewhere"])).toEqual(["200", "404"]);
  });

  it.each(["parsed", "kept as text"])("a handler reads a body that a body parser has read before: %s", async (how) => {
    const handler = handlerOf({ token: "a token for this test" });
    const parseBody = async (request: IncomingMessage & { body?: unknown; rawBody?: Buffer }): Promise<void> => {
      const bytes = await buffer(request);
      if (how === "parsed") request.body = JSON.parse(String(bytes));
      else request.rawBody = bytes;
    };
    await using server = await serverOf((request, response) => void parseBody(request).then(() => handler(request, response)));
    const signIn = (token: string) => fetch(`${server.origin}/vitals/session`, { method: "POST", body: JSON.stringify({ token }) });
    expect((await signIn("a token for this test")).status).toBe(204);
    expect((await signIn("another")).status).toBe(401);
  });

  it.each(["vitals", "/vitals/", "/a//b", "/:name", "/a*", ""])('a handler refuses the path "%s"', (path) => {
    expect(() => handlerOf({ path })).toThrow('path: expected a path such as "/vitals", without a slash at its end');
  });

  it("a handler refuses an unknown option", () => {
    expect(() => handlerOf({ tokn: "x" } as HandlerOptions)).toThrow(/^invalid options of createHandler: .*tokn/);
  });
});

it("a handler and a server leave the global Request and Response of the program as they are", () => {
  // In a process of its own: here, another test may have replaced them already.
  const program = `
    const { Request, Response } = globalThis;
    const { createCollector } = await import("./src/index.ts");
    const { createHandler, serve } = await import("./src/http/index.ts");
    const collector = createCollector({ sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } });
    createHandler(collector);
    const server = await serve(collector, { port: 0 });
    const { status } = await fetch(server.url + "/livez");
    await server.close();
    console.log(status, globalThis.Request === Request, globalThis.Response === Response);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: ROOT, encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["200 true true\n", ""]);
});

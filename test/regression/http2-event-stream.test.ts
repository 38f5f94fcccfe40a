/**
 * Pins https://github.com/honojs/hono/issues/4041: an event stream of Hono's streamSSE over HTTP/2 ended the process when a client reset it.
 */
import { getRequestListener } from "@hono/node-server";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { createApp } from "../../src/http/index.ts";
import { emit } from "../support/emit.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { settle } from "../../src/base/manual-clock.ts";

it("the event stream works over HTTP/2 and removes a client that resets its stream", async () => {
  const { clock, collector } = scriptedCollector({}, each(["a"]));
  const app = createApp(collector, { clock });
  const clients = async (): Promise<number> =>
    ((await (await app.request("/api/v1/stats")).json()) as { stream: { clients: number } }).stream.clients;
  const answer = getRequestListener(app.fetch);
  const http2 = createHttp2Server((incoming, outgoing) => void answer(incoming, outgoing)).listen(0, "127.0.0.1");
  await once(http2, "listening");
  const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
  const request = session.request({ ":path": "/api/v1/events" });
  const arrived = Promise.withResolvers<void>();
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("event: sample")) arrived.resolve();
  });
  while ((await clients()) !== 1) await settle();
  const sample = {
    time: "2026-01-01T00:00:00Z",
    collection: "a",
    outcome: "failed" as const,
    durationMs: 1,
    error: { type: "x", message: "" },
  };
  emit(collector, { kind: "sample", sample });
  await arrived.promise;
  request.close();
  while ((await clients()) !== 0) await settle();
  expect(text).toContain("event: hello");
  session.destroy();
  http2.close();
});

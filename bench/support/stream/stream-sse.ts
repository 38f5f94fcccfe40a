import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE, type SSEStreamingApi } from "hono/streaming";
import { randomUUID } from "node:crypto";
import { makeMessage } from "./message.ts";
import type { StreamServer } from "./servers.ts";

/** Hono's helper; the JSON is encoded once for all clients, the rest is up to the helper. */
export async function start(): Promise<StreamServer> {
  const [bootId, clients] = [randomUUID(), new Set<SSEStreamingApi>()];
  const app = new Hono();
  app.get("/*", (c) =>
    streamSSE(
      c,
      (stream) =>
        new Promise((resolve) => {
          clients.add(stream);
          stream.onAbort(() => {
            clients.delete(stream);
            resolve();
          });
        }),
    ),
  );
  const options = { fetch: app.fetch, port: 0, hostname: "127.0.0.1" };
  const port = await new Promise<number>((resolve) => serve(options, (at) => resolve(at.port)));
  let seq = 0;
  const emit = (bytes?: number): void => {
    const { id, sample } = makeMessage(bootId, (seq += 1), bytes);
    const data = JSON.stringify(sample);
    for (const client of clients) void client.writeSSE({ id, event: "sample", data });
  };
  return { port, emit, clients: () => clients.size };
}

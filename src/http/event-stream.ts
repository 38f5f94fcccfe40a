import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import type { ServerResponse } from "node:http";
import type { Hub, JoinRequest } from "./hub.ts";
import { followEvents } from "./operations.ts";
import { problem } from "./problem.ts";
import { parseQuery } from "./query.ts";
import type { Client } from "./subscription.ts";

/** `no-transform` and `x-accel-buffering` keep proxies from holding events back. */
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
  connection: "keep-alive",
};

/** With this much unsent a client does not read. */
const STALLED_BYTES = 32 * 1024;

const RETRY_AFTER_SECONDS = "5";

/** `/api/v1/events`: the hub's events, for as long as the client stays. */
export const eventStream =
  (hub: Hub) =>
  (c: Context): Response => {
    const parsed = parseQuery(c, followEvents.query);
    if ("wrong" in parsed) return parsed.wrong;
    const { types, collections, max_rate: maxRate, last_event_id: lastEventId } = parsed.query;
    // Who asks for the head alone reads no events, and would stay a client for ever.
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);
    const outgoing = (c.env as Partial<HttpBindings> | undefined)?.outgoing;
    const address = outgoing?.socket?.remoteAddress ?? "unknown";
    const refusal = hub.refusal(address);
    if (refusal !== undefined) {
      c.header("retry-after", RETRY_AFTER_SECONDS);
      return problem(c, hub.isDraining ? "stopping" : "too-many-clients", refusal);
    }
    const request: JoinRequest = {
      address,
      filter: { types: types && new Set(types), collections: collections && new Set(collections), maxRate },
      lastEventId: c.req.header("last-event-id") ?? lastEventId,
    };
    return outgoing ? streamToNode(hub, outgoing, request) : streamToWeb(hub, request);
  };

/** Onto node's own response: one buffer for all clients, and the socket says how much of it is unsent. */
function streamToNode(hub: Hub, outgoing: ServerResponse, request: JoinRequest): Response {
  if (outgoing.destroyed || outgoing.socket === null || outgoing.socket.destroyed) return RESPONSE_ALREADY_SENT;
  const client: Client = {
    write: (bytes) => void outgoing.write(bytes),
    get backlogBytes() {
      return outgoing.writableLength + (outgoing.socket?.writableLength ?? 0);
    },
    get closed() {
      return outgoing.destroyed || outgoing.writableEnded;
    },
    close() {
      // A client that does not read would keep a graceful end waiting for ever; what was written just now is always unsent yet.
      if (client.backlogBytes >= STALLED_BYTES) outgoing.destroy();
      else outgoing.end();
    },
  };
  outgoing.writeHead(200, HEADERS);
  const subscription = hub.join(client, request);
  outgoing.on("close", () => hub.leave(subscription));
  outgoing.on("drain", () => hub.catchUp(subscription));
  return RESPONSE_ALREADY_SENT;
}

const QUEUE_BYTES = 1024 * 1024;

/** Onto a web stream, where there is no node response: in tests and on other runtimes. */
function streamToWeb(hub: Hub, request: JoinRequest): Response {
  let leave = (): void => {};
  let catchUp = (): void => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let closed = false;
        const client: Client = {
          write: (bytes) => (closed ? undefined : controller.enqueue(bytes)),
          get backlogBytes() {
            return QUEUE_BYTES - (controller.desiredSize ?? QUEUE_BYTES);
          },
          get closed() {
            return closed;
          },
          close() {
            closed = true;
            controller.close();
          },
        };
        const subscription = hub.join(client, request);
        leave = () => ((closed = true), hub.leave(subscription));
        catchUp = () => hub.catchUp(subscription);
      },
      pull: () => catchUp(),
      cancel: () => leave(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }),
  );
  return new Response(body, { status: 200, headers: HEADERS });
}

import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import { randomInt } from "node:crypto";
import { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { followEvents } from "./api/operations.ts";
import type { ClientAddresses } from "./client-address.ts";
import { problem } from "./api/problem.ts";
import { unknownName } from "../base/suggest.ts";
import { parseQuery } from "./api/query.ts";
import { Filters, type JoinRequest, type Subscription } from "./stream/subscription.ts";
import type { Hub } from "./stream/hub.ts";
import { NodeClient, webStream } from "./stream/client.ts";

/** `no-transform` and `x-accel-buffering` keep proxies from buffering events. */
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

/** Refused clients return spread over this range. */
const MIN_RETRY_SECONDS = 5;
const MAX_RETRY_SECONDS = 10;

/** `/api/v1/events`: the hub's events until the client disconnects. */
export function eventStream(hub: Hub, addresses: ClientAddresses, collectionNames: () => readonly string[]): (c: Context) => Response {
  const filters = new Filters();
  return (c) => {
    const parsed = parseQuery(c, followEvents.query);
    if ("wrong" in parsed) return parsed.wrong;
    const { types, collections, max_rate: maxRate, last_event_id: lastEventId } = parsed.query;
    const unknown = collections?.find((name) => !collectionNames().includes(name));
    if (unknown !== undefined) {
      return problem(c, "bad-query", `collections: ${unknownName("collection", unknown, collectionNames())}`);
    }
    const { incoming, outgoing } = (c.env ?? {}) as Partial<HttpBindings>;
    const address = addresses.of(c);
    const refusal = hub.refusal(address);
    if (refusal) {
      c.header("retry-after", String(randomInt(MIN_RETRY_SECONDS, MAX_RETRY_SECONDS + 1)));
      return problem(c, refusal.kind, refusal.detail);
    }
    // A HEAD request reads no events and would stay a client for ever.
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);
    const request: JoinRequest = {
      address,
      filter: filters.of(types, collections, maxRate),
      // A browser that reconnects repeats the URL, so its header is the newer of the two.
      lastEventId: c.req.header("last-event-id") ?? lastEventId,
    };
    if (!(outgoing instanceof ServerResponse)) return streamToWeb(hub, request);
    // The client may have disconnected before this response.
    if (outgoing.destroyed || incoming?.socket?.destroyed) return RESPONSE_ALREADY_SENT;
    // A request that was sent behind another on the same connection has no socket until that one is complete.
    return outgoing.socket ? streamToNode(hub, request, outgoing, outgoing.socket) : streamToWeb(hub, request);
  };
}

function streamToNode(hub: Hub, request: JoinRequest, outgoing: ServerResponse, socket: Socket): Response {
  const client = new NodeClient(outgoing, socket, HEADERS, () => hub.catchUp(subscription));
  const subscription: Subscription = hub.join(client, request);
  outgoing.on("close", () => hub.leave(subscription));
  return RESPONSE_ALREADY_SENT;
}

function streamToWeb(hub: Hub, request: JoinRequest): Response {
  const body = webStream((client) => {
    const subscription = hub.join(client, request);
    return { read: () => hub.catchUp(subscription), cancel: () => hub.leave(subscription) };
  });
  return new Response(body, { status: 200, headers: HEADERS });
}

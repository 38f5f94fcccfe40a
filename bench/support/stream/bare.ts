import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { eventText, makeMessage } from "./message.ts";
import type { StreamServer } from "./servers.ts";

/** The cost of Node itself: one buffer, written to every response. */
export async function start(): Promise<StreamServer> {
  const [bootId, clients] = [randomUUID(), new Set<ServerResponse>()];
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.flushHeaders();
    clients.add(response);
    response.on("close", () => clients.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let seq = 0;
  const emit = (bytes?: number): void => {
    const { id, sample } = makeMessage(bootId, (seq += 1), bytes);
    const shared = Buffer.from(eventText(id, JSON.stringify(sample)));
    for (const client of clients) client.write(shared);
  };
  return { port: (server.address() as AddressInfo).port, emit, clients: () => clients.size };
}

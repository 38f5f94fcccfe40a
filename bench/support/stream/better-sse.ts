import { createChannel, createSession } from "better-sse";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { makeMessage } from "./message.ts";
import type { StreamServer } from "./servers.ts";

/** A channel that broadcasts, as its documentation shows; without its keep-alive comments, which would count against it. */
export async function start(): Promise<StreamServer> {
  const [bootId, channel] = [randomUUID(), createChannel()];
  const server = createServer((request, response) => {
    void createSession(request, response, { keepAlive: null }).then((session) => channel.register(session));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let seq = 0;
  const emit = (bytes?: number): void => {
    const { id, sample } = makeMessage(bootId, (seq += 1), bytes);
    channel.broadcast(sample, "sample", { eventId: id });
  };
  return { port: (server.address() as AddressInfo).port, emit, clients: () => channel.sessionCount };
}

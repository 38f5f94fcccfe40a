/** One server of the stream benchmark, in its own process: node server-process.ts NAME */
import { readdirSync } from "node:fs";
import { answerParent } from "../child.ts";
import { STREAM_SERVERS } from "./servers.ts";

export interface ServerQuestion {
  /** Sends a number of events at an interval, then responds. */
  readonly emit?: { readonly count: number; readonly everyMs: number; readonly collection?: string; readonly bytes?: number };
}

export interface ServerState {
  readonly port: number;
  readonly clients: number;
  /** CPU time of the process, over all threads. */
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  readonly openFiles: number;
}

const server = await (STREAM_SERVERS[process.argv[2] ?? ""] as (typeof STREAM_SERVERS)[string])();

answerParent(async (question): Promise<ServerState> => {
  const { emit } = question as ServerQuestion;
  if (emit) await send(emit);
  else globalThis.gc?.();
  const clients = await server.clients();
  const { user, system } = process.cpuUsage();
  return {
    port: server.port,
    clients,
    cpuMicroseconds: user + system,
    rssBytes: process.memoryUsage.rss(),
    openFiles: readdirSync("/proc/self/fd").length,
  };
});

/** Sends on a fixed grid: a late event does not delay the following ones. */
async function send({ count, everyMs, collection, bytes }: NonNullable<ServerQuestion["emit"]>): Promise<void> {
  const begunMs = performance.now();
  for (let n = 0; n < count; n += 1) {
    const waitMs = begunMs + n * everyMs - performance.now();
    await new Promise((resolve) => (waitMs > 0 ? setTimeout(resolve, waitMs) : setImmediate(resolve)));
    server.emit(bytes, collection);
  }
}

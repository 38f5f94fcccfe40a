/** A collector with an event stream in a separate process, which reports its resources. Started by the leak test with `--expose-gc`. */
import { readdirSync } from "node:fs";
import { createApp } from "../../src/http/index.ts";
import { listen } from "../../src/http/listen.ts";
import { each, scriptedCollector } from "./scripted.ts";

export interface Held {
  readonly port: number;
  readonly clients: number;
  readonly openFiles: number;
  readonly heapBytes: number;
}

const { clock, collector } = scriptedCollector({}, each(["a"]));
const app = createApp(collector, { clock, maxClientsPerAddress: 10_000 });
const { port } = await listen(app, { port: 0 });

async function report(): Promise<void> {
  const { stream } = (await (await app.request("/api/v1/stats")).json()) as { stream: { clients: number } };
  // Twice, because some objects are released only in the turn after the first collection.
  for (let turns = 0; turns < 2; turns += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const held: Held = {
    port,
    clients: stream.clients,
    openFiles: readdirSync("/proc/self/fd").length,
    heapBytes: process.memoryUsage().heapUsed,
  };
  process.send?.(held);
}

process.on("message", () => void report());
process.on("disconnect", () => process.exit(0));

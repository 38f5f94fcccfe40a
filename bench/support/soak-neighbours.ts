/** What surrounds the process that soaks: an API to read, an OTLP receiver, a webhook, and a memory file under constant change. */
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface Neighbours {
  readonly url: string;
  /** Requests received so far, by path. */
  readonly requests: ReadonlyMap<string, number>;
}

/** Every tenth answer of `/sometimes` is a failure; `/broken` is one always, and `/hostile` is deeply nested. */
export async function serveNeighbours(): Promise<Neighbours> {
  const requests = new Map<string, number>();
  const server = createServer((request: IncomingMessage, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const count = (requests.get(path) ?? 0) + 1;
    requests.set(path, count);
    request.resume().on("end", () => {
      if (path === "/broken" || (path === "/sometimes" && count % 10 === 0)) response.writeHead(500).end("no");
      else if (path === "/hostile") response.end("[".repeat(100_000));
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ nodes: count % 100 }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Writes a memory file anew, as the memory server does: beside it, then renamed. @param turn decides its size */
export function rewriteMemory(path: string, turn: number): void {
  const names = Array.from({ length: 50 + (turn % 50) }, (_, n) => `entity ${n}`);
  const lines = names.flatMap((name, n) => [
    { type: "entity", name, entityType: `kind ${(n + turn) % 7}`, observations: [`seen in turn ${turn}`] },
    { type: "relation", from: name, to: names[(n * 7) % names.length], relationType: "knows" },
  ]);
  writeFileSync(`${path}.new`, lines.map((line) => JSON.stringify(line)).join("\n"));
  renameSync(`${path}.new`, path);
}

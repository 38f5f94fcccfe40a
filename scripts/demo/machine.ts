/**
 * A small service that returns measurements of this machine as JSON, for the demo's collection `analytics`. It is a separate process, so
 * that SIGSTOP makes it hang.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freemem, loadavg, totalmem, uptime } from "node:os";

const server = createServer((_, response) => {
  const body = {
    load: loadavg()[0],
    uptime: uptime(),
    memory: { limit: totalmem(), used: 1 - freemem() / totalmem() },
    resident: process.memoryUsage.rss(),
  };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});

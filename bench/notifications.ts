/**
 * Resident memory that a process takes for its first fifty notifications, as sinks post them and by `fetch`, each in a process of its own.
 * The receiver is in this one.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { C_LIBRARY } from "./support/c-library.ts";
import { printTable } from "./support/measure.ts";

const CHILD = new URL("./support/notifications-child.ts", import.meta.url).pathname;

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.end("{}"));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
const rows = [];
for (const way of ["a sink", "fetch"] as const) {
  const child = fork(CHILD, [way, url], { execArgv: ["--max-semi-space-size=8"], env: { ...process.env, ...C_LIBRARY } });
  const [{ before, after }] = (await once(child, "message")) as [{ readonly before: number; readonly after: number }];
  rows.push([way, ...[before, after, after - before].map((mb) => `${mb.toFixed(1)} MB`)]);
  await once(child, "exit");
}
server.close();
console.log(`50 notifications; Node ${process.version}`);
printTable([["", "RSS before", "after", "more"], ...rows]);

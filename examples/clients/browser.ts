/**
 * Serves browser.html and proxies its requests under /vitals to a collector. A collector sends no CORS headers, so a page must be served
 * from the same origin as the API: through a proxy like this one, your reverse proxy, or a service that mounts `createApp` under /vitals
 * (examples/embedded). The token stays in this process; the page never receives it.
 *
 * With a running collector, start it with: VITALS_URL=http://127.0.0.1:9464 npx node examples/clients/browser.ts
 */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";

const collector = process.env["VITALS_URL"] ?? "http://127.0.0.1:9464";
const token = process.env["VITALS_TOKEN"];
const page = await readFile(new URL("browser.html", import.meta.url), "utf8");

const app = new Hono();
app.get("/", (c) => c.html(page));
app.get("/vitals/*", (c) => {
  const { pathname, search } = new URL(c.req.url);
  const headers = new Headers();
  if (token) headers.set("authorization", `Bearer ${token}`);
  // The only request headers that affect a response.
  for (const name of ["last-event-id", "if-none-match"]) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  // The signal ends the stream at the collector when the page disconnects.
  const url = `${collector}${pathname.slice("/vitals".length)}${search}`;
  return proxy(url, { headers, signal: c.req.raw.signal }).catch(() => c.text("The collector is unreachable.", 502));
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) }, ({ port }: AddressInfo) => {
  console.log(`http://127.0.0.1:${port}/`);
});
process.once("SIGTERM", () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
});

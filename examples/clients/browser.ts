/**
 * Serves browser.html, and passes on what it asks below /vitals to a collector. A collector sends no CORS headers, so a page has to
 * come from the origin that answers it: a proxy as here, a reverse proxy that you have already, or a service that mounts
 * `createApp` below /vitals (examples/embedded). The token stays here; the page never has it.
 *
 * Run it beside a collector with: VITALS_URL=http://127.0.0.1:9464 npx node examples/clients/browser.ts
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
  // All of what a client may say that changes an answer.
  for (const name of ["last-event-id", "if-none-match"]) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  // With the signal a stream ends at the collector when the page goes.
  return proxy(`${collector}${pathname.slice("/vitals".length)}${search}`, { headers, signal: c.req.raw.signal });
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) }, ({ port }: AddressInfo) => {
  console.log(`http://127.0.0.1:${port}/`);
});
process.once("SIGTERM", () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
});

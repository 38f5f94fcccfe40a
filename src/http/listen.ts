import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, VitalsError } from "../base/errors.ts";
import { isLoopback } from "./guard.ts";

export interface ListenOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 lets the system choose. Default 9464. */
  readonly port?: number;
  /** Whether the app wants a token. */
  readonly hasToken?: boolean;
  /** Lets an address that others can reach go without a token. */
  readonly insecure?: boolean;
}

/** A server that listens. */
export interface Listener extends AsyncDisposable {
  /** Address to ask it at, with the port it really has. */
  readonly url: string;
  readonly port: number;
  /** Takes no more connections and ends those there are. Idempotent. */
  close(): Promise<void>;
}

/** Longest request line and headers; longest wait for them. Streams are answers, which nothing here ends. */
const MOST_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;

/**
 * Serves an app over HTTP.
 *
 * @throws VitalsError `config_invalid` for an open address without a token, `listen_failed` when the address cannot be bound
 */
export async function listen(app: Pick<Hono, "fetch">, options: ListenOptions = {}): Promise<Listener> {
  const { host = "127.0.0.1", port = 9464, hasToken = false, insecure = false } = options;
  if (!isLoopback(host) && !hasToken && !insecure) {
    throw new VitalsError(
      "config_invalid",
      `refusing to bind ${host} without a token: set server.token or token_file, or server.insecure: true`,
    );
  }
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS },
  }) as Server;
  await bind(server, host, port);
  const bound = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      // A turn of the event loop later, so that goodbyes written just now are out.
      setImmediate(() => server.closeAllConnections());
    });
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return { url: `http://${name}:${bound.port}`, port: bound.port, close, [Symbol.asyncDispose]: close };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? "it is in use already; stop what listens there, or choose another with --listen"
          : (error.code ?? messageOf(error));
      reject(new VitalsError("listen_failed", `cannot listen on ${host}:${port}: ${reason}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

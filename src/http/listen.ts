import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, VitalsError } from "../base/errors.ts";

/** Where to listen. */
export interface ListenOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 to 65535; 0 lets the system choose. Default 9464. */
  readonly port?: number;
}

/** An HTTP server that accepts connections. */
export interface VitalsServer extends AsyncDisposable {
  /** Base URL with the address and the port that are bound, such as `http://127.0.0.1:9464`. */
  readonly url: string;
  /** The port that is bound; the one the system chose for port 0. */
  readonly port: number;
  /** Stops listening and ends every open connection. Resolves when all are closed. Idempotent; never rejects. The collector keeps running. */
  close(): Promise<void>;
}

/** Longest request line and headers; longest wait for them. Neither limits a response, so event streams are not affected. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;

/** Serves an app over HTTP/1.1. @throws VitalsError `listen_failed` when the address cannot be bound */
export async function listen(app: Pick<Hono, "fetch">, options: ListenOptions = {}): Promise<VitalsServer> {
  const { host = "127.0.0.1", port = 9464 } = options;
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS },
  }) as Server;
  await bind(server, host, port);
  const bound = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      // One turn of the event loop later, so that a `bye` written just now is sent.
      setImmediate(() => server.closeAllConnections());
    });
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return { url: `http://${name}:${bound.port}`, port: bound.port, close, [Symbol.asyncDispose]: close };
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  try {
    server.once("error", reject).listen(port, host, resolve);
    await promise;
    server.off("error", reject);
  } catch (error) {
    throw new VitalsError("listen_failed", `cannot listen on ${host}:${port}: ${reasonOf(error)}`, { cause: error });
  }
}

/** What Node's error codes mean here, and what to do. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied; choose a port above 1023, or give the process the privilege to bind this one",
  EADDRINUSE: "the address is in use; stop the program that listens there, or choose another port",
  EADDRNOTAVAIL: "this machine does not have the address; choose one of its own, or 0.0.0.0 for all",
  ENOTFOUND: "the host name is unknown",
};

const reasonOf = (error: unknown): string => REASONS[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);

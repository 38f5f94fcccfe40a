import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6, type AddressInfo } from "node:net";
import { messageOf, VitalsError } from "../base/errors.ts";
import { connectionLimit, limitConnections } from "./connections.ts";

/** Where to listen. */
export interface ListenOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 to 65535; 0 lets the system choose. Default 9464. */
  readonly port?: number;
  /**
   * Maximum number of connections. Beyond it, the connection that has been without a request for longest is closed. Default: 12 000, at
   * most three quarters of the process's limit of open files, and at least 48 less than that limit.
   */
  readonly maxConnections?: number;
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

const DEFAULT_MAX_CONNECTIONS = 12_000;

/** Longest request line and headers; longest wait for them. Neither limits a response, so event streams are not affected. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;

/** How often waits are checked. Node's default of 30 s would make each that much longer. */
const CHECK_INTERVAL_MS = 1_000;

/** A connection on which nothing is sent or received for this long is closed, such as that of a client that stops reading. Event streams send heartbeats. */
const INACTIVE_MS = 60_000;

/** Host of a request without the header, which HTTP/1.0 does not require. Only HTTP/1.1 clients, which include every browser, must send one. */
const DEFAULT_HOST = "localhost";

/** Serves an app over HTTP/1.1. @throws VitalsError `listen_failed` when the address cannot be bound */
export async function listen(app: Pick<Hono, "fetch">, options: ListenOptions = {}): Promise<VitalsServer> {
  const { host = "127.0.0.1", port = 9464, maxConnections = DEFAULT_MAX_CONNECTIONS } = options;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    requestListener(app),
  );
  server.timeout = INACTIVE_MS;
  limitConnections(server, connectionLimit(maxConnections));
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

/**
 * Answers requests of a server of `node:http` with an app. The global `Request` and `Response` stay those of Node, because the process may
 * belong to another program.
 */
export function requestListener(app: Pick<Hono, "fetch">): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const answer = getRequestListener(app.fetch, { hostname: DEFAULT_HOST, overrideGlobalObjects: false });
  return (incoming, outgoing) => {
    normalizeHost(incoming);
    void answer(incoming, outgoing);
  };
}

/** Writes an IPv6 address in the Host header as URLs have it: the adapter refuses every other notation. */
function normalizeHost({ headers }: IncomingMessage): void {
  const [, address, port = ""] = /^\[([\d.:a-f]+)\](:\d*)?$/i.exec(headers.host ?? "") ?? [];
  if (address !== undefined && isIPv6(address)) headers.host = new URL(`http://[${address}]${port}`).host;
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
  ENOTFOUND: "the host name is unknown; choose an address of this machine",
};

const reasonOf = (error: unknown): string => REASONS[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);

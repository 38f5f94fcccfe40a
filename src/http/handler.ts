import type { IncomingMessage, ServerResponse } from "node:http";
import type { Collector } from "../collector/collector.ts";
import { buildApp, type AppOptions } from "./app.ts";
import { requestListener } from "./listen.ts";
import { checkOptions, handlerOptions } from "./options.ts";

/** What `createHandler` takes: where the routes are, and the options of the app. */
export interface HandlerOptions extends AppOptions {
  /** Path of the routes as clients see it, without a slash at the end; `/` for all paths. Default `/vitals`. */
  readonly path?: string;
}

/**
 * Answers the requests below its path and passes every other one to `next`; without `next`, it answers those with 404. The signature is
 * that of a listener of Node's servers and that of middleware of Express, Connect, NestJS and Fastify's hook `onRequest`.
 */
export type VitalsHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/** What frameworks add to a request of Node. */
interface FrameworkRequest extends IncomingMessage {
  /** The URL before the framework removed the path that a middleware is mounted at. */
  originalUrl?: string;
  /** What a body parser made of the body. */
  body?: unknown;
  /** The body as it was sent, if a body parser keeps it. */
  rawBody?: unknown;
}

/**
 * The routes of `createApp` for a server that is not Hono's: `app.use(createHandler(collector))` in Express and NestJS, or a listener of
 * `node:http`. The event stream writes to the connection itself, so that no middleware buffers or compresses it. As with `createApp`,
 * event streams end with a `bye` when the collector's shutdown begins, so that a server which waits for its connections can close.
 *
 * @throws VitalsError `config_invalid` for options of the wrong type, and for unknown ones
 */
export function createHandler(collector: Collector, options: HandlerOptions = {}): VitalsHandler {
  checkOptions(handlerOptions, options, "createHandler");
  const { path = "/vitals", ...appOptions } = options;
  const answer = requestListener(buildApp(collector, appOptions, options.allowedHosts, path).app);
  return (request: FrameworkRequest, response, next) => {
    const url = request.originalUrl ?? request.url ?? "/";
    if (next && !isBelow(path, url)) {
      next();
      return;
    }
    request.url = url;
    restoreBody(request);
    answer(request, response);
  };
}

const isBelow = (path: string, url: string): boolean =>
  path === "/" || (url.startsWith(path) && /^(?:$|[/?])/.test(url.slice(path.length)));

/** A body parser that ran before has read the stream to its end. The API takes JSON alone, so what it parsed stands for the text. */
function restoreBody(request: FrameworkRequest): void {
  const { readableEnded, body, rawBody } = request;
  if (readableEnded && typeof body === "object" && body !== null && !Buffer.isBuffer(rawBody))
    request.rawBody = Buffer.from(JSON.stringify(body));
}

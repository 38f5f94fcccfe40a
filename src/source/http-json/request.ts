import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip } from "node:zlib";
import { VitalsError } from "../../base/errors.ts";
import { quantity } from "../../base/quantity.ts";
import { quoted } from "../../base/suggest.ts";
import { JsonLimitError, JsonReader } from "./json-reader.ts";
import type { Wanted } from "./wanted.ts";

export interface JsonRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Headers;
  readonly body?: string;
  /** Maximum size of the response in bytes, after decompression. */
  readonly maxBytes: number;
  /** Connections that are used again. Default: a connection for each request. */
  readonly agent?: HttpAgent;
}

/** A response may arrive in this many pieces, and one more for each `PIECE_BYTES`: each costs time, however small it is. */
const PIECES = 1_000;
const PIECE_BYTES = 64;

/** How long a connection is kept for the next request. Many servers close theirs after five seconds. */
const KEEP_ALIVE_MS = 4_000;

/** Error codes of zlib and brotli. */
const DECOMPRESSION_ERROR = /^(Z_|ERR__|ERR_BROTLI_)/;

/** Connections of one source. It has to be destroyed. */
export function agentFor(url: string): HttpAgent {
  const options = { keepAlive: true, timeout: KEEP_ALIVE_MS };
  return new URL(url).protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
}

/**
 * Requests a JSON document, and reads the wanted parts of it. Follows no redirect, and reads at most `maxBytes` of the decompressed response.
 *
 * Not by `fetch`: a response in pieces of one byte blocks its reader for seconds.
 *
 * @param signal aborts the request
 * @throws VitalsError `source_unreachable` if there is no response or it ends early, `source_failed` for redirects and every status except
 *   success, `reading_invalid` for a response that is too large or too deep, or not JSON. Messages contain neither the URL's query nor
 *   headers nor the response.
 */
export async function requestJson(request: JsonRequest, wanted: Wanted, signal: AbortSignal): Promise<unknown> {
  const response = await send(request, signal);
  const { statusCode: status = 0 } = response;
  try {
    if (status < 200 || status > 299) throw refusal(request, status);
    return await new Body(request, response, wanted).read(signal);
  } finally {
    // Ends the download of what is not read. After a complete response this leaves the connection to the next request.
    response.destroy();
  }
}

async function send(request: JsonRequest, signal: AbortSignal): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const { url, method, body, agent } = request;
  const headers = { "accept-encoding": "gzip, br", ...Object.fromEntries(request.headers) };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const make = url.startsWith("https:") ? requestHttps : requestHttp;
  const sent = make(url, { method, headers, signal, agent: agent ?? false });
  sent.once("response", resolve);
  // It stays for the errors that follow the response, which are also those of the response.
  sent.on("error", reject);
  sent.end(body);
  try {
    return await promise;
  } catch (error) {
    // The server closed the connection while the request was on its way: it was not received.
    const { agent: _, ...withoutAgent } = request;
    if (sent.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET" && !signal.aborted) return send(withoutAgent, signal);
    throw failureOf(request, "failed", error, signal);
  }
}

/** The body of a response. */
class Body {
  readonly #request: JsonRequest;
  readonly #response: IncomingMessage;
  readonly #reader: JsonReader;
  #length = 0;
  #pieces = 0;
  /** The first problem with the document. */
  #problem: unknown;

  constructor(request: JsonRequest, response: IncomingMessage, wanted: Wanted) {
    this.#request = request;
    this.#response = response;
    this.#reader = new JsonReader(wanted);
  }

  async read(signal: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stream = decoded(this.#request, this.#response, reject);
    stream.on("data", (piece: Buffer) => {
      if (this.#take(piece)) return;
      resolve();
      // At once: the pieces that have arrived are many, and each would be stored.
      stream.removeAllListeners("data");
      this.#response.destroy();
    });
    stream.once("end", resolve);
    stream.on("error", reject);
    // Also a connection that is closed without an error.
    stream.once("close", () => reject(new Error("closed")));
    try {
      await promise;
    } catch (error) {
      throw failureOf(this.#request, "ended its response early", error, signal);
    } finally {
      // Decompression does not end with the response, which may have arrived completely.
      stream.destroy();
    }
    return this.#document();
  }

  /** Reads a piece. @returns false if nothing more is to be read */
  #take(piece: Buffer): boolean {
    this.#length += piece.length;
    this.#pieces += 1;
    if (this.#length > this.#request.maxBytes) {
      const limit = quantity(this.#request.maxBytes, "By", { isExact: true });
      this.#problem = new JsonLimitError(`more than the limit of ${limit} (max_bytes)`);
    } else if (this.#pieces > PIECES + this.#length / PIECE_BYTES) {
      this.#problem = new JsonLimitError(`${quantity(this.#length, "By")} in ${this.#pieces} pieces; expected larger ones`);
    } else this.#attempt(() => this.#reader.feed(piece));
    return this.#problem === undefined;
  }

  #document(): unknown {
    let document: unknown;
    if (this.#problem === undefined) this.#attempt(() => void (document = this.#reader.end()));
    if (this.#problem instanceof JsonLimitError) throw this.#invalid(this.#problem.message);
    if (this.#problem === undefined) return document;
    const type = this.#response.headers["content-type"]?.slice(0, 80);
    const what = `${type ?? "a response without a content type"} that is not JSON`;
    throw this.#invalid(`${this.#length === 0 ? "nothing" : what}; expected JSON`);
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#problem = error;
    }
  }

  #invalid(what: string): VitalsError {
    return new VitalsError("reading_invalid", `${nameOf(this.#request)} returned ${what}`);
  }
}

/** The decompressed body. */
function decoded(request: JsonRequest, response: IncomingMessage, onError: (error: Error) => void): Readable {
  const encoding = response.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity") return response;
  const decoder = encoding === "br" ? createBrotliDecompress() : encoding === "gzip" || encoding === "x-gzip" ? createGunzip() : undefined;
  if (!decoder) {
    const what = `content encoding ${quoted(encoding)}; expected gzip, br or none`;
    throw new VitalsError("reading_invalid", `${nameOf(request)} returned ${what}`);
  }
  return pipeline(response, decoder, (error) => {
    if (error) onError(error);
  });
}

function refusal(request: JsonRequest, status: number): VitalsError {
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  const what = isRedirect ? `${status}; redirects are not followed` : String(status);
  return new VitalsError("source_failed", `${nameOf(request)} returned ${what}`, { errorType: String(status), retryable: true });
}

/** The message contains only the error's code, because its text can repeat what was sent. */
function failureOf(request: JsonRequest, what: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const { code } = error as { readonly code?: unknown };
  if (typeof code === "string" && DECOMPRESSION_ERROR.test(code))
    return new VitalsError("reading_invalid", `${nameOf(request)} returned a response that cannot be decompressed: ${code}`, {
      cause: error,
    });
  const options = { cause: error, retryable: true, ...(typeof code === "string" ? { errorType: code } : {}) };
  return new VitalsError(
    "source_unreachable",
    `${nameOf(request)} ${what}: ${typeof code === "string" ? code : "unknown reason"}`,
    options,
  );
}

/** The request in messages, without the secrets that its URL may contain. */
function nameOf({ method, url }: JsonRequest): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname.slice(0, 100)}`;
}

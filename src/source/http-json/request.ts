import { VitalsError } from "../../base/errors.ts";
import { quantity } from "../../base/quantity.ts";

export interface JsonRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Headers;
  readonly body?: string;
  /** Maximum size of the response in bytes, after decompression. */
  readonly maxBytes: number;
}

/** Error codes of zlib, brotli and zstd. */
const DECOMPRESSION_ERROR = /^(Z_|ERR__|ZSTD_)/;

/**
 * Requests a JSON document. Follows no redirect, and reads at most `maxBytes` of the decompressed response.
 *
 * @param signal aborts the request
 * @throws VitalsError `source_unreachable` if there is no response or it ends early, `source_failed` for redirects and every status except
 *   success, `reading_invalid` for a response that is too large or not JSON. Messages contain neither the URL's query nor headers nor the
 *   response.
 */
export async function requestJson(request: JsonRequest, signal: AbortSignal): Promise<unknown> {
  const response = await send(request, signal);
  if (!response.ok) {
    // The status is the error to report, whatever happens to the rest of the response.
    await response.body?.cancel().catch(() => undefined);
    throw refusal(request, response);
  }
  return parse(await readBody(response, request, signal), request, response);
}

async function send(request: JsonRequest, signal: AbortSignal): Promise<Response> {
  const { url, maxBytes: _, ...init } = request;
  try {
    // Not "error", which is as safe but looks like a failed connection.
    return await fetch(url, { ...init, redirect: "manual", signal });
  } catch (error) {
    throw failureOf(request, "failed", error, signal);
  }
}

async function readBody(response: Response, request: JsonRequest, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      chunks.push(chunk);
      // Leaving the loop cancels the rest of the download.
      if (length > request.maxBytes) break;
    }
  } catch (error) {
    throw failureOf(request, "ended its response early", error, signal);
  }
  if (length > request.maxBytes)
    throw new VitalsError(
      "reading_invalid",
      `${nameOf(request)} returned more than the limit of ${quantity(request.maxBytes, "By", { isExact: true })} (max_bytes)`,
    );
  return Buffer.concat(chunks);
}

function parse(bytes: Uint8Array, request: JsonRequest, response: Response): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    const type = response.headers.get("content-type")?.slice(0, 80);
    const size = quantity(bytes.length, "By");
    const found =
      bytes.length === 0 ? "nothing" : `${size} ${type === undefined ? "without a content type" : `of ${type}`} that are not JSON`;
    throw new VitalsError("reading_invalid", `${nameOf(request)} returned ${found}; expected JSON`);
  }
}

function refusal(request: JsonRequest, { status }: Response): VitalsError {
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  const what = isRedirect ? `${status}; redirects are not followed` : String(status);
  return new VitalsError("source_failed", `${nameOf(request)} returned ${what}`, { errorType: String(status), retryable: true });
}

/** The message contains only the error's code, because its text can repeat what was sent; a cause without a code comes from `fetch`. */
function failureOf(request: JsonRequest, what: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const { cause } = error as { readonly cause?: { readonly code?: unknown; readonly message?: unknown } };
  const code = typeof cause?.code === "string" ? cause.code : undefined;
  if (code !== undefined && DECOMPRESSION_ERROR.test(code))
    return new VitalsError("reading_invalid", `${nameOf(request)} returned a response that cannot be decompressed: ${code}`, {
      cause: error,
    });
  const options = { cause: error, retryable: true, ...(code === undefined ? {} : { errorType: code }) };
  const reason = code ?? (typeof cause?.message === "string" ? cause.message : "unknown reason");
  return new VitalsError("source_unreachable", `${nameOf(request)} ${what}: ${reason}`, options);
}

/** The request in messages, without the secrets that its URL may contain. */
function nameOf({ method, url }: JsonRequest): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname.slice(0, 100)}`;
}

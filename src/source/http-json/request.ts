import { VitalsError } from "../../base/errors.ts";

export interface JsonRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Headers;
  readonly body?: string;
  /** Most bytes of the answer once decompressed. */
  readonly maxBytes: number;
}

/** What zlib, brotli and zstd call their errors. */
const DECOMPRESSION_ERROR = /^(Z_|ERR__|ZSTD_)/;

/**
 * Asks for a JSON document. Follows no redirect and reads no more than `maxBytes`, however small the compressed answer.
 *
 * @param signal ends the request
 * @throws VitalsError `source_unreachable` when nothing answers or the answer breaks off, `source_failed` for any status but success
 * and for redirects, `reading_invalid` for an answer that is too large or no JSON. No message holds an address's query, a header that
 * was sent, or the answer.
 */
export async function requestJson(request: JsonRequest, signal: AbortSignal): Promise<unknown> {
  const response = await send(request, signal);
  if (!response.ok) {
    // Whatever comes of the rest of the answer, its status is what there is to say.
    await response.body?.cancel().catch(() => undefined);
    throw refusal(request, response);
  }
  return parse(await readBody(response, request, signal), request, response);
}

async function send(request: JsonRequest, signal: AbortSignal): Promise<Response> {
  const { url, maxBytes: _, ...init } = request;
  try {
    // Not "error", which is as safe but cannot be told from a network that fails.
    return await fetch(url, { ...init, redirect: "manual", signal });
  } catch (error) {
    throw brokenOff(request, "cannot be reached", error, signal);
  }
}

async function readBody(response: Response, request: JsonRequest, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      chunks.push(chunk);
      // Leaving the loop cancels the body, and with it the rest of the download.
      if (length > request.maxBytes) break;
    }
  } catch (error) {
    throw brokenOff(request, "broke off its answer", error, signal);
  }
  if (length > request.maxBytes)
    throw new VitalsError("reading_invalid", `${whereOf(request)} answered with more than ${request.maxBytes} bytes (max_bytes)`);
  return Buffer.concat(chunks);
}

function parse(bytes: Uint8Array, request: JsonRequest, response: Response): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    const type = (response.headers.get("content-type") ?? "no content type").slice(0, 80);
    const found = bytes.length === 0 ? "an empty answer" : `${bytes.length} bytes of ${type} that are none`;
    throw new VitalsError("reading_invalid", `${whereOf(request)}: expected JSON, found ${found}`);
  }
}

function refusal(request: JsonRequest, { status }: Response): VitalsError {
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  const what = isRedirect ? `a redirect (status ${status}), which is not followed` : `status ${status}`;
  return new VitalsError("source_failed", `${whereOf(request)} answered with ${what}`, { errorType: String(status), retryable: true });
}

/** Of the errors only their code is told: a message can repeat what was sent. The one of a cause without a code comes from `fetch`. */
function brokenOff(request: JsonRequest, what: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const { cause } = error as { readonly cause?: { readonly code?: unknown; readonly message?: unknown } };
  const code = typeof cause?.code === "string" ? cause.code : undefined;
  if (code !== undefined && DECOMPRESSION_ERROR.test(code))
    return new VitalsError("reading_invalid", `${whereOf(request)}: the answer cannot be decompressed: ${code}`, { cause: error });
  const options = { cause: error, retryable: true, ...(code === undefined ? {} : { errorType: code }) };
  const reason = code ?? (typeof cause?.message === "string" ? cause.message : "the request could not be made");
  return new VitalsError("source_unreachable", `${whereOf(request)} ${what}: ${reason}`, options);
}

/** Which request it was, without what may be secret in its address. */
function whereOf({ method, url }: JsonRequest): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname.slice(0, 100)}`;
}

import { messageOf, VitalsError } from "../../errors.ts";

export interface JsonRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Most bytes of the answer once decompressed. */
  readonly maxBytes: number;
}

/**
 * Asks for a JSON document. Follows no redirect and reads no more than `maxBytes`, however small the compressed answer.
 *
 * @param signal ends the request
 * @throws VitalsError `source_unreachable` when nothing answers, `source_failed` for any status but success and for redirects,
 * `reading_invalid` for an answer that is too large or no JSON. No message holds an address's query, a header or the answer.
 */
export async function requestJson(request: JsonRequest, signal: AbortSignal): Promise<unknown> {
  const response = await send(request, signal);
  if (!response.ok) {
    await response.body?.cancel();
    throw new VitalsError("source_failed", `${whereOf(request)} answered with status ${response.status}`, {
      errorType: String(response.status),
      retryable: true,
    });
  }
  return parse(await readText(response, request), request, response);
}

async function send(request: JsonRequest, signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = request;
  try {
    return await fetch(url, {
      method,
      headers: { accept: "application/json", ...headers },
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const cause = (error as { readonly cause?: unknown }).cause ?? error;
    const { code } = cause as { readonly code?: string };
    const options = { cause: error, retryable: true, ...(code === undefined ? {} : { errorType: code }) };
    throw new VitalsError("source_unreachable", `${whereOf(request)} cannot be reached: ${code ?? messageOf(cause)}`, options);
  }
}

async function readText(response: Response, request: JsonRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop cancels the body, and with it the rest of the download.
    if (length > request.maxBytes)
      throw new VitalsError("reading_invalid", `${whereOf(request)} answered with more than ${request.maxBytes} bytes (max_bytes)`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string, request: JsonRequest, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const type = (response.headers.get("content-type") ?? "no content type").slice(0, 80);
    throw new VitalsError(
      "reading_invalid",
      `${whereOf(request)}: expected JSON, found ${text.trim() === "" ? "an empty answer" : `${text.length} characters of ${type}`}`,
    );
  }
}

/** Which request it was, without what may be secret in its address. */
function whereOf({ method, url }: JsonRequest): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname.slice(0, 100)}`;
}

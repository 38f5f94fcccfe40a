import { request as requestHttp, type IncomingHttpHeaders } from "node:http";
import { request as requestHttps } from "node:https";
import { isRefusal, VitalsError } from "../../base/errors.ts";

/** Where a sink sends, and what of it people may see. */
export interface Url {
  readonly href: string;
  readonly shown: string;
}

/**
 * Posts JSON and discards the response's body.
 *
 * @throws VitalsError `sink_refused` for a redirect and for a status that a retry cannot change, `export_failed` for one that it may
 */
export async function post(url: Url, body: unknown, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
  const json = { "content-type": "application/json", ...headers };
  const response = await request("POST", url, { body: JSON.stringify(body), headers: json, signal });
  const { status } = response;
  if (status >= 200 && status < 300) return;
  if (isRedirect(status)) throw redirected("POST", url, response, "sink_refused");
  const isRefused = isRefusal(status);
  throw new VitalsError(isRefused ? "sink_refused" : "export_failed", `POST ${url.shown} returned ${status}`, {
    retryable: !isRefused,
    errorType: String(status),
  });
}

/** Responses to a harmless request which mean that a POST would not be accepted either. */
const NOT_ACCEPTED: ReadonlySet<number> = new Set([401, 403, 404, 407, 410]);

/**
 * Sends a HEAD request, which has no effect; that the receiver wants another method is a good sign.
 *
 * @returns the status of the response
 * @throws VitalsError `export_failed` for a status which means that a POST would fail
 */
export async function reach(url: Url, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<number> {
  const response = await request("HEAD", url, { headers, signal });
  const { status } = response;
  if (isRedirect(status)) throw redirected("HEAD", url, response, "export_failed");
  const isAccepted = status < 500 && !NOT_ACCEPTED.has(status);
  // 501: a server without HEAD may well have POST.
  if (!isAccepted && status !== 501) throw new VitalsError("export_failed", `HEAD ${url.shown} returned ${status}`);
  return status;
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** A redirect is not followed: what was posted, and its headers, are meant for the configured host. It would be the same after a retry. */
function redirected(method: string, url: Url, { headers, status }: Response, code: "sink_refused" | "export_failed"): VitalsError {
  const { location } = headers;
  // Only the origin, because the rest may hold secrets.
  const target = location !== undefined && URL.canParse(location, url.href) ? ` to ${new URL(location, url.href).origin}` : "";
  const message = `${method} ${url.shown} was redirected${target} (${status}); set the URL that accepts the request, because redirects are not followed`;
  return new VitalsError(code, message, { errorType: String(status) });
}

interface RequestParts {
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/**
 * On a connection of its own, because notifications are rare, and without the response's body. Not by `fetch`, whose parser takes memory that
 * nothing else here needs (docs/decisions/0170). A failed request is described by its code alone, because a message can repeat the URL's
 * secrets.
 */
async function request(method: string, url: Url, { body, headers, signal }: RequestParts): Promise<Response> {
  try {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const make = url.href.startsWith("https:") ? requestHttps : requestHttp;
    const sent = make(url.href, { method, headers: { "user-agent": "otel-vitals", connection: "close", ...headers }, signal });
    sent.once("response", (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
      response.destroy();
    });
    // It stays for the errors that follow the response.
    sent.on("error", reject);
    sent.end(body);
    return await promise;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const { code } = error as { readonly code?: unknown };
    const reason = typeof code === "string" ? code : "the request could not be made";
    throw new VitalsError("export_failed", `${method} ${url.shown} failed: ${reason}`, { cause: error, retryable: true });
  }
}

/** A URL whose path can be shown: without credentials, query or fragment, which may hold secrets. */
export function urlWithPath(href: string): Url {
  const { origin, pathname } = new URL(href);
  return { href, shown: `${origin}${pathname === "/" ? "" : pathname}` };
}

/** A URL whose path may be a secret, as those of chat services are: only its origin can be shown. */
export function urlWithSecretPath(href: string): Url {
  const { origin, pathname } = new URL(href);
  return { href, shown: `${origin}${pathname === "/" ? "" : "/…"}` };
}

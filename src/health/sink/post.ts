import { isRefusal, VitalsError } from "../../base/errors.ts";
import { Refused } from "./sink.ts";

/**
 * Posts JSON and does not read the answer.
 *
 * @throws Refused for an answer that another try will not change, VitalsError for one it may
 */
export async function post(url: string, body: unknown, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", "user-agent": "otel-vitals", ...headers },
    redirect: "manual",
    signal,
  });
  await response.body?.cancel();
  if (response.ok) return;
  if (isRefusal(response.status)) throw new Refused(`it answered ${response.status}`);
  throw new VitalsError("export_failed", `it answered ${response.status}`, { retryable: true });
}

/** Answers to a request without effect that say nobody here would take a post either. */
const NOBODY_HERE: ReadonlySet<number> = new Set([401, 403, 404, 407, 410]);

/**
 * Asks for an address by HEAD, which has no effect; that another method is wanted is a fine answer.
 *
 * @returns the status answered
 * @throws VitalsError `export_failed` for an answer that promises nothing good
 */
export async function reach(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<number> {
  const { status } = await fetch(url, {
    method: "HEAD",
    headers: { "user-agent": "otel-vitals", ...headers },
    redirect: "manual",
    signal,
  });
  const isMoved = status >= 300 && status < 400;
  const isFine = status < 500 && !isMoved && !NOBODY_HERE.has(status);
  // What has no HEAD may well have a POST.
  if (!isFine && status !== 501) throw new VitalsError("export_failed", `it answered ${status} to HEAD`);
  return status;
}

/** An address for people: without credentials, query or fragment. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}

import { VitalsError } from "../../errors.ts";
import { Refused } from "./sink.ts";

/** Answers that say: not now, later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

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
  if (response.status >= 400 && response.status < 500 && !LATER.has(response.status)) throw new Refused(`it answered ${response.status}`);
  throw new VitalsError("source_failed", `it answered ${response.status}`, { retryable: true });
}

/** An address for people: without credentials, query or fragment. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}

import * as z from "zod";
import { ipAddress } from "../base/address.ts";
import { messageOf } from "../base/errors.ts";
import { quoted } from "../base/suggest.ts";
import { STATUSES } from "../health/status.ts";
import { EXIT } from "./usage.ts";

const REQUEST_TIMEOUT_MS = 5_000;

/** An exit code, and a line that says why. */
export interface HealthResult {
  readonly code: number;
  readonly text: string;
}

/** Addresses that mean every address of the machine, and one at which the server is reached. */
const WILDCARDS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** The host of a URL at which a server that listens on `host` is reached. */
export function reachable(host: string): string {
  const known = ipAddress(host) ?? host;
  const address = WILDCARDS[known] ?? known;
  return address.includes(":") ? `[${address}]` : address;
}

const HEALTH_TYPE = "application/health+json";
const PROBLEM_TYPE = "application/problem+json";

const healthAnswer = z.object({
  status: z.enum(["pass", "warn", "fail"]),
  vitalsStatus: z.enum(STATUSES),
  output: z.string().optional(),
});
const problemAnswer = z.object({ type: z.string().startsWith("urn:otel-vitals:problem:"), detail: z.string() });

/**
 * Queries `/health` at a URL. The exit code is that of a failure if the status fails, and of an unreachable collector if none responds. Never rejects.
 *
 * @param token sent as a bearer token; empty for none
 */
export async function queryHealth(url: string, token: string): Promise<HealthResult> {
  const { host } = new URL(url);
  try {
    const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), redirect: "error" });
    return answerOf(response, await response.text(), host);
  } catch (error) {
    const cause = (error as { readonly cause?: unknown }).cause ?? error;
    const code = (cause as { readonly code?: unknown }).code;
    return {
      code: EXIT.unreachable,
      text: `no collector responds at ${host}: ${typeof code === "string" ? code : messageOf(cause)}`,
    };
  }
}

/** What a response says; one that is not the collector's says nothing about health. */
function answerOf(response: Response, body: string, host: string): HealthResult {
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
  if (type === HEALTH_TYPE) {
    const parsed = healthAnswer.safeParse(jsonOf(body));
    if (parsed.success) {
      const { status, vitalsStatus, output } = parsed.data;
      const text = [vitalsStatus, output].filter(Boolean).join(": ");
      return { code: response.ok && status !== "fail" ? EXIT.fine : EXIT.failure, text };
    }
  }
  const problem = type === PROBLEM_TYPE ? problemAnswer.safeParse(jsonOf(body)) : undefined;
  if (problem?.success === true) return { code: EXIT.failure, text: `status ${response.status}: ${problem.data.detail}` };
  const found = `status ${response.status}${type === "" ? "" : ` and ${quoted(type)}`}`;
  return { code: EXIT.unreachable, text: `no collector responds at ${host}: expected the health of a collector, found ${found}` };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

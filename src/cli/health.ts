import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { ipAddress } from "../base/address.ts";
import { STATUSES } from "../health/status.ts";
import { parseDuration } from "../base/quantity.ts";
import { messageOf } from "../base/errors.ts";
import { quoted } from "../base/suggest.ts";
import { serverToken } from "../config/server-token.ts";
import { EXIT, oneOf, UsageError, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";
import { openConfig } from "./open-config.ts";

const REQUEST_TIMEOUT_MS = 5_000;
const RETRY_MS = 250;

interface Answer {
  readonly code: number;
  readonly text: string;
}

/** Queries the health of a running collector; with `--wait`, retries until the status passes or the time has elapsed. */
export async function health({ common, own }: CommandLine): Promise<number> {
  const failOn = oneOf("--fail-on", own["fail-on"], ["degraded", "unhealthy", "critical"]) ?? "unhealthy";
  const waitMs = own["wait"] === undefined ? 0 : parseDuration(String(own["wait"]));
  if (waitMs === undefined) throw new UsageError(`--wait: expected a duration such as "30s", found ${quoted(String(own["wait"]))}`);
  const config = await openConfig(common, (line) => console.error(line));
  const token = await serverToken(config);
  const { host, port } = config.server;
  const url = `http://${reachable(host)}:${port}/health?fail_on=${failOn}`;
  const endMs = performance.now() + waitMs;
  for (;;) {
    const { code, text } = await query(url, token);
    if (code === EXIT.fine || performance.now() >= endMs) {
      await print(text);
      return code;
    }
    await sleep(Math.min(RETRY_MS, Math.max(0, endMs - performance.now())));
  }
}

/** Addresses that mean every address of the machine, and one at which the server is reached. */
const WILDCARDS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** The host of a URL at which a server that listens on `host` is reached. */
function reachable(host: string): string {
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

async function query(url: string, token: string): Promise<Answer> {
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
function answerOf(response: Response, body: string, host: string): Answer {
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

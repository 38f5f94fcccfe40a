import { setTimeout as sleep } from "node:timers/promises";
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
  const url = `http://${host.includes(":") ? `[${host}]` : host.replace(/^0\.0\.0\.0$/, "127.0.0.1")}:${port}/health?fail_on=${failOn}`;
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

async function query(url: string, token: string): Promise<Answer> {
  try {
    const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), redirect: "error" });
    const { vitalsStatus, output } = (await response.json()) as { readonly vitalsStatus?: string; readonly output?: string };
    const text = [vitalsStatus ?? `status ${response.status}`, output].filter(Boolean).join(": ");
    return { code: response.ok ? EXIT.fine : EXIT.failure, text };
  } catch (error) {
    const cause = (error as { readonly cause?: unknown }).cause ?? error;
    return {
      code: EXIT.unreachable,
      text: `no collector responds at ${new URL(url).host}: ${(cause as { readonly code?: string }).code ?? messageOf(cause)}`,
    };
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { parseDuration } from "../base/quantity.ts";
import { quoted } from "../base/suggest.ts";
import { serverToken } from "../config/server-token.ts";
import { EXIT, oneOf, UsageError, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";
import { queryHealth, reachable } from "./health-query.ts";
import { openConfig } from "./open-config.ts";

const RETRY_MS = 250;

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
    const { code, text } = await queryHealth(url, token);
    if (code === EXIT.fine || performance.now() >= endMs) {
      await print(text);
      return code;
    }
    await sleep(Math.min(RETRY_MS, Math.max(0, endMs - performance.now())));
  }
}

import { resolve } from "node:path";
import { VitalsError } from "../base/errors.ts";
import { parseDuration } from "../base/quantity.ts";
import { quoted } from "../base/suggest.ts";
import { readState, type Retained } from "../collector/retained.ts";
import { serverToken } from "../config/server-token.ts";
import type { LoadedConfig } from "../config/load.ts";
import { compareRules } from "../rule-simulation/comparison.ts";
import { openConfig } from "./open-config.ts";
import { print } from "./output.ts";
import { collectorUrl, readCollector } from "./remote-samples.ts";
import { isSame, jsonOf, linesOf } from "./replay-report.ts";
import { EXIT, UsageError, type CommandLine } from "./usage.ts";

const DEFAULT_SINCE = "1h";

/**
 * Runs the rules of the configuration over what a collector retained, and prints what would have fired and resolved beside what did. The
 * exit code is that of a success, unless `--fail-on-difference` makes a difference a finding.
 */
export async function testReplay({ common, own, positionals }: CommandLine, from: string): Promise<number> {
  if (positionals.length > 0) throw new UsageError("test: expected test files or --replay, found both");
  const since = String(own["since"] ?? DEFAULT_SINCE);
  const sinceMs = parseDuration(since) ?? 0;
  if (sinceMs <= 0) throw new UsageError(`--since: expected a duration such as "1h", found ${quoted(since)}`);
  const url = collectorUrl(from);
  const config = await openConfig(common, (line) => console.error(line));
  const retained = await retainedOf(from, url, config);
  if (retained.samples.length === 0)
    throw new VitalsError("state_unreadable", `no sample is retained in ${quoted(url ? url.host : from)}; expected at least one`);
  const comparison = compareRules(config.plan, retained, sinceMs);
  if (own["json"] === true) await print(JSON.stringify(jsonOf(comparison), undefined, 2));
  else for (const line of linesOf(comparison)) await print(line);
  return own["fail-on-difference"] === true && !isSame(comparison) ? EXIT.failure : EXIT.fine;
}

async function retainedOf(from: string, url: URL | undefined, config: LoadedConfig): Promise<Retained> {
  return url ? readCollector(url, await serverToken(config)) : readState(resolve(from));
}

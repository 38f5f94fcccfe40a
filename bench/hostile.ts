/**
 * Forty good endpoints and ten hostile ones, each read every second, against fifty good ones: the lateness of the good collections, and the
 * memory of the process that reads. Both are measured in one run, in processes of their own. Argument: seconds of each; default 20.
 */
import { startChild } from "./support/child.ts";
import type { HostileResult, HostileRun } from "./support/hostile-child.ts";
import { HOSTILE } from "./support/hostile-endpoints.ts";
import { printTable } from "./support/measure.ts";

const SECONDS = Number(process.argv.at(-1)) || 20;
const GOOD = 40;

/** As `npm start`, the image and the systemd unit run it. */
const FLAGS = ["--max-semi-space-size=8"];

await using endpoints = startChild<string, number>(new URL("support/hostile-endpoints.ts", import.meta.url), []);
const port = await endpoints.request("port");

async function measure(others: readonly string[]): Promise<HostileResult> {
  await using reader = startChild<HostileRun, HostileResult>(new URL("support/hostile-child.ts", import.meta.url), [], FLAGS);
  return await reader.request({ port, good: GOOD, others, seconds: SECONDS });
}

const without = await measure(HOSTILE.map(() => "/good"));
const withHostile = await measure(HOSTILE);

const quantile = ({ lateness }: HostileResult, q: number): number => lateness[Math.ceil(q * lateness.length) - 1] ?? Number.NaN;
const row = (name: string, result: HostileResult): readonly string[] => [
  name,
  ...[0.5, 0.99, 1].map((q) => `${quantile(result, q).toFixed(1)} ms`),
  String(result.missed),
  String(result.failed),
  `${((100 * result.cpuSeconds) / SECONDS).toFixed(0)} %`,
  `${result.rssMb.toFixed(0)} MB`,
];

console.log(`lateness of ${GOOD} good collections of one second over ${SECONDS} s; Node ${process.version}`);
printTable([
  ["", "p50", "p99", "max", "missed", "failed", "CPU", "RSS"],
  row("beside ten good endpoints", without),
  row("beside ten hostile endpoints", withHostile),
]);
const ratio = quantile(withHostile, 0.99) / quantile(without, 0.99);
console.log(`p99 ${ratio.toFixed(1)} times as long, RSS ${(withHostile.rssMb - without.rssMb).toFixed(0)} MB more\n`);
for (const [path, message] of Object.entries(withHostile.errors)) console.log(`${path.padEnd(10)} ${message || "success"}`);
process.exit(0);

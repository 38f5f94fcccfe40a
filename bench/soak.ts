/**
 * A soak of the compiled command at short intervals: resident memory, heap, descriptors, active handles and unhandled rejections at the
 * start, in the middle and at the end. It reads sources of each kind, of which some fail; it is scraped once a second, streams to a client
 * that reconnects, and pushes metrics, log records and alerts. Argument: seconds; default 60.
 */
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { printTable } from "./support/measure.ts";
import { rewriteMemory, serveNeighbours } from "./support/soak-neighbours.ts";
import type { SoakReport } from "./support/soak-probe.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const SECONDS = Number(process.argv.at(-1)) || 60;
/** Until buffers, code and pools have their size; short of the time in which buffers fill up. */
const WARM_UP_SECONDS = Math.min(60, SECONDS / 4);
const FLAGS = ["--expose-gc", "--max-semi-space-size=8", "--import", join(ROOT, "bench/support/soak-probe.ts")];

interface Measurement extends SoakReport {
  readonly at: string;
  readonly residentMb: number;
  readonly descriptors: number;
  readonly threads: number;
}

if (spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "inherit" }).status !== 0) throw new Error("the build failed");
const folder = mkdtempSync(join(tmpdir(), "vitals-soak-"));
const memory = join(folder, "memory.jsonl");
rewriteMemory(memory, 0);
const neighbours = await serveNeighbours();
writeFileSync(join(folder, "otel-config.yaml"), configuration(neighbours.url));
const child = fork(join(ROOT, "dist/cli/main.js"), ["run", "--log-format", "json", "--listen", "127.0.0.1:0"], {
  cwd: folder,
  execArgv: FLAGS,
  stdio: ["ignore", "ignore", "pipe", "ipc"],
});
// Ends the started process and its files however this one ends.
process.on("exit", () => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const exited = once(child, "exit") as Promise<[code: number | null]>;
let failure: string | undefined;
void exited.then(([code]) => (failure ??= `the command ended with ${code}`));

const url = await new Promise<string>((resolve) => {
  createInterface(child.stderr as NodeJS.ReadableStream).on("line", (line) => {
    if (!line.startsWith("{")) console.error(line);
    const entry = (line.startsWith("{") ? JSON.parse(line) : {}) as { readonly message?: string; readonly url?: string };
    if (entry.message === "started") resolve(entry.url as string);
  });
});

let events = 0;
let streams = 0;
let scrapes = 0;
const failedScrapes: string[] = [];
const over = new AbortController();
void stream();

const measurements: Measurement[] = [];
const begun = performance.now();
for (let second = 0; second < WARM_UP_SECONDS + SECONDS; second += 1) {
  if (failure !== undefined) throw new Error(failure);
  if (second === Math.round(WARM_UP_SECONDS)) await measure("start");
  if (second === Math.round(WARM_UP_SECONDS + SECONDS / 2)) await measure("middle");
  rewriteMemory(memory, second);
  await scrape();
  await sleep(Math.max(0, (second + 1) * 1_000 - (performance.now() - begun)));
}
await measure("end");
const stats = (await (await fetch(`${url}/api/v1/stats`)).json()) as { readonly ticks: Readonly<Record<string, Record<string, number>>> };
over.abort();
child.disconnect();
child.kill("SIGTERM");
const [code] = await exited;

console.log(`${SECONDS} s after a warm-up of ${Math.round(WARM_UP_SECONDS)} s; Node ${process.version}`);
printTable([
  ["", "RSS", "heap", "descriptors", "handles", "threads", "unhandled rejections"],
  ...measurements.map(({ at, residentMb, heapMb, descriptors, threads, resources, rejections }) => [
    at,
    `${residentMb.toFixed(1)} MiB`,
    `${heapMb.toFixed(1)} MiB`,
    String(descriptors),
    String(Object.values(resources).reduce((sum, each) => sum + each, 0)),
    String(threads),
    String(rejections),
  ]),
]);
for (const { at, resources } of measurements) console.log(`handles at ${at}: ${JSON.stringify(resources)}`);
console.log(
  `${scrapes} scrapes, ${failedScrapes.length} failed (${failedScrapes.slice(0, 5).join("; ")}), ${streams} event streams with ${events} events; requests to neighbours:`,
);
console.log(JSON.stringify(Object.fromEntries(neighbours.requests)));
for (const [name, ticks] of Object.entries(stats.ticks)) console.log(`${name}: ${JSON.stringify(ticks)}`);
console.log(`exit code after SIGTERM: ${code}`);
process.exit(code === 0 ? 0 : 1);

/** Over a connection of its own, because the server may close a kept one just when a request is sent. A failure is counted. */
async function scrape(): Promise<void> {
  try {
    const response = await fetch(`${url}/metrics`, { headers: { connection: "close" }, signal: AbortSignal.timeout(10_000) });
    if (!response.ok || (await response.text()) === "") throw new Error(`status ${response.status}`);
    scrapes += 1;
  } catch (error) {
    const { cause, message } = error as Error;
    failedScrapes.push(`${Math.round((performance.now() - begun) / 1_000)} s: ${cause instanceof Error ? cause.message : message}`);
  }
}

/** Reads the event stream, and connects anew every 20 s. */
async function stream(): Promise<void> {
  while (!over.signal.aborted) {
    streams += 1;
    try {
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(20_000)]);
      const response = await fetch(`${url}/api/v1/events`, { signal });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) events += decoder.decode(chunk, { stream: true }).split("\nevent: ").length - 1;
    } catch {
      // The end of the stream, as intended.
    }
    await sleep(100);
  }
}

async function measure(at: string): Promise<void> {
  const answered = once(child, "message") as Promise<[SoakReport]>;
  child.send("report");
  const [report] = await answered;
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const number = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  const descriptors = readdirSync(`/proc/${child.pid}/fd`).length;
  measurements.push({ at, ...report, residentMb: number("VmRSS") / 1_024, descriptors, threads: number("Threads") });
  console.log(`measured at the ${at}`);
}

function configuration(api: string): string {
  const json = (path: string): string => `{ kind: http-json, url: "${api}${path}", readings: { graph-service: { activeNodes: /nodes } } }`;
  const otlp = (path: string): string => `otlp_http: { endpoint: "${api}${path}", encoding: json }`;
  return `file_format: "1.0"
meter_provider:
  readers:
    - pull: { exporter: { prometheus/development: {} } }
    - periodic: { interval: 1000, exporter: { ${otlp("/v1/metrics")} } }
logger_provider: { processors: [ { batch: { schedule_delay: 200, exporter: { ${otlp("/v1/logs")} } } } ] }
collector:
  sources:
    here: { kind: host }
    agent: { kind: mcp-memory, path: memory.jsonl }
    missing: { kind: mcp-memory, path: missing.jsonl }
    good: ${json("/good")}
    sometimes: ${json("/sometimes")}
    broken: ${json("/broken")}
    hostile: ${json("/hostile")}
  collections:
    machine: { source: here, type: system, interval: 100ms, retain: 600 }
    memory: { source: agent, type: agent-memory, interval: 250ms, retain: 240 }
    graph: { source: agent, type: graph, interval: 250ms, retain: 240 }
    missing: { source: missing, type: graph, interval: 500ms, retain: 120 }
    good: { source: good, interval: 100ms, retain: 600 }
    sometimes: { source: sometimes, interval: 100ms, retain: 600 }
    broken: { source: broken, interval: 100ms, retain: 600 }
    hostile: { source: hostile, interval: 200ms, retain: 300 }
  windows: [10s, 1m]
  health:
    interval: 1s
    startup_grace: 1s
    flapping: 1s
    rules: [ { name: Many, collection: good, field: activeNodes, above: 80, clear: 20, keep_firing_for: 1s } ]
  alerts: { webhook: { url: "${api}/hook" } }
`;
}

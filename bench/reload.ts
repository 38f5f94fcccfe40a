/**
 * Reloads of the installed command under load: a different configuration each time, wrong ones in between, while the command is scraped and
 * streams. Prints memory, descriptors and listeners before and after, and the ticks of a collection that no reload changes. Argument: the number of
 * reloads; default 1000.
 */
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { readEvents } from "./support/event-reader.ts";
import { median, printTable } from "./support/measure.ts";
import { configurationOf, STEADY_MS, TOKEN } from "./support/reload-configuration.ts";
import { rewriteMemory, serveNeighbours } from "./support/soak-neighbours.ts";
import type { SoakReport } from "./support/soak-probe.ts";
import { TickLedger, type ReceivedSample } from "./support/tick-ledger.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const RELOADS = Number(process.argv.at(-1)) || 1_000;
/** Until code, pools and buffers have their size; all configurations have been in use several times by then. */
const WARM_UP = Math.min(300, RELOADS);
/** How long the same load lasts without a reload, to compare with. */
const CONTROL_SECONDS = 20;
/** Every so many turns the file is wrong, and every so many the reload comes as a signal. */
const [WRONG_EVERY, SIGNAL_EVERY] = [10, 7];
const FLAGS = ["--expose-gc", "--max-semi-space-size=8", "--import", join(ROOT, "bench/support/soak-probe.ts")];
const HEADERS = { authorization: `Bearer ${TOKEN}` };

interface Measurement extends SoakReport {
  readonly at: string;
  readonly residentMb: number;
  readonly descriptors: number;
}

if (spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "inherit" }).status !== 0) throw new Error("the build failed");
const folder = mkdtempSync(join(tmpdir(), "vitals-reload-"));
const file = join(folder, "otel-config.yaml");
rewriteMemory(join(folder, "memory.jsonl"), 0);
const neighbours = await serveNeighbours();
writeFileSync(file, configurationOf(0, neighbours.url));
const child = fork(join(ROOT, "dist/cli/main.js"), ["run", "--log-format", "json", "--log-level", "info", "--listen", "127.0.0.1:0"], {
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
child.once("exit", (code) => {
  if (!over.signal.aborted) throw new Error(`the command ended with ${code}`);
});

const waiting = new Set<(message: string, entry: Readonly<Record<string, unknown>>) => void>();
createInterface(child.stderr as NodeJS.ReadableStream).on("line", (line) => {
  if (!line.startsWith("{")) return console.error(line);
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  for (const take of waiting) take(String(entry["message"]), entry);
});
const over = new AbortController();
const { url } = (await logged("started")) as { readonly url: string };

const ledger = new TickLedger(STEADY_MS);
/** Why ticks did not succeed, without the numbers in it. */
const reasons = new Map<string, number>();
const connections: string[] = [];
let scrapes = 0;
void follow();
void load();

await sleep(CONTROL_SECONDS * 1_000);
const control = { ...ledger.account.outcomes };
const outcomes = { right: 0, wrong: 0, signals: 0 };
const durationsMs: number[] = [];
const measurements: Measurement[] = [];
let before = { ticks: control, cpuSeconds: 0 };
for (let turn = 1; turn <= WARM_UP + RELOADS; turn += 1) {
  await reload(turn);
  if (turn === WARM_UP) {
    await measure("start");
    durationsMs.length = 0;
    before = { ticks: { ...ledger.account.outcomes }, cpuSeconds: await cpuSeconds() };
  }
  if (turn === WARM_UP + Math.round(RELOADS / 2)) await measure("middle");
}
const reloadCpuMs = ((await cpuSeconds()) - before.cpuSeconds) * (1_000 / RELOADS);
const during = { ...ledger.account.outcomes };
await measure("end");
over.abort();
child.disconnect();
child.kill("SIGTERM");
const [code] = await exited;

console.log(`${RELOADS} reloads after ${WARM_UP} to warm up; Node ${process.version}`);
printTable([
  ["", "RSS", "heap", "descriptors", "handles", "listeners", "warnings", "unhandled rejections"],
  ...measurements.map(({ at, residentMb, heapMb, descriptors, resources, listeners, warnings, rejections }) => [
    at,
    `${residentMb.toFixed(1)} MiB`,
    `${heapMb.toFixed(1)} MiB`,
    String(descriptors),
    String(Object.values(resources).reduce((sum, each) => sum + each, 0)),
    String(listeners),
    String(warnings),
    String(rejections),
  ]),
]);
for (const { at, resources } of measurements) console.log(`handles at ${at}: ${JSON.stringify(resources)}`);
const sorted = durationsMs.toSorted((a, b) => a - b);
console.log(
  `requests to reload: median ${median(sorted).toFixed(0)} ms, p99 ${(sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(0)} ms`,
);
console.log(
  `outcomes: ${JSON.stringify(outcomes)}; ${scrapes} scrapes; event streams ended: ${connections.length} ${connections.join("; ")}`,
);
console.log(`CPU time of the command per reload, with all that it did meanwhile: ${reloadCpuMs.toFixed(1)} ms`);
const { due, accounted, outcomes: ticks, twice, latestMs } = ledger.account;
console.log(
  `steady: ${due} ticks due, ${accounted} accounted for, ${twice} twice, at most ${latestMs.toFixed(0)} ms late: ${JSON.stringify(ticks)}`,
);
console.log(
  `missed: ${missedShare({}, control)} without reloads, ${missedShare(before.ticks, during)} during reloads; load average ${loadavg()[0]?.toFixed(1)}`,
);
for (const [reason, count] of reasons) console.log(`  ${count}: ${reason}`);
console.log(`exit code after SIGTERM: ${code}`);
process.exit(code === 0 && due === accounted && twice === 0 ? 0 : 1);

/** Share of ticks between two counts that could not start in time. */
function missedShare(from: Readonly<Record<string, number>>, to: Readonly<Record<string, number>>): string {
  const between = Object.entries(to).map(([outcome, count]) => [outcome, count - (from[outcome] ?? 0)] as const);
  const all = between.reduce((sum, [, count]) => sum + count, 0);
  const missed = between.find(([outcome]) => outcome === "missed")?.[1] ?? 0;
  return `${missed} of ${all} ticks (${((100 * missed) / all).toFixed(1)} %)`;
}

async function cpuSeconds(): Promise<number> {
  const stats = (await (await fetch(`${url}/api/v1/stats`, { headers: HEADERS })).json()) as {
    readonly process: { readonly cpuSeconds: number };
  };
  return stats.process.cpuSeconds;
}

/** Writes the configuration of a turn and has it read, by the API or by a signal. */
async function reload(turn: number): Promise<void> {
  const isWrong = turn % WRONG_EVERY === 0;
  writeFileSync(file, `${configurationOf(turn, neighbours.url)}${isWrong ? "wrong: 1\n" : ""}`);
  outcomes[isWrong ? "wrong" : "right"] += 1;
  if (turn % SIGNAL_EVERY === 0) {
    outcomes.signals += 1;
    const done = logged(isWrong ? "the configuration was not reloaded" : "configuration reloaded");
    child.kill("SIGHUP");
    await done;
    return;
  }
  const startMs = performance.now();
  const response = await fetch(`${url}/api/v1/reload`, { method: "POST", headers: HEADERS });
  const text = await response.text();
  durationsMs.push(performance.now() - startMs);
  if (response.status !== (isWrong ? 422 : 200)) throw new Error(`turn ${turn}: ${response.status} ${text}`);
}

/** The next log entry whose message starts so. */
function logged(start: string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve) => {
    const take = (message: string, entry: Readonly<Record<string, unknown>>): void => {
      if (!message.startsWith(start)) return;
      waiting.delete(take);
      resolve(entry);
    };
    waiting.add(take);
  });
}

/** Counts the ticks of the unchanged collection, on one connection as long as it lasts. */
async function follow(): Promise<void> {
  let lastId = "";
  while (!over.signal.aborted) {
    const reason = await readEvents(
      `${url}/api/v1/events?types=sample&collections=steady`,
      lastId,
      ({ type, id, data }) => {
        if (id !== "") lastId = id;
        if (type !== "sample") return;
        const sample = JSON.parse(data) as ReceivedSample;
        ledger.add(sample);
        const reason = sample.error?.message.replaceAll(/\d+/g, "N");
        if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      },
      over.signal,
      HEADERS,
    );
    if (!over.signal.aborted) connections.push(reason);
    await sleep(100);
  }
}

/** Scrapes ten times a second, and rewrites the memory file twice. */
async function load(): Promise<void> {
  for (let turn = 0; !over.signal.aborted; turn += 1) {
    if (turn % 5 === 0) rewriteMemory(join(folder, "memory.jsonl"), turn);
    const response = await fetch(`${url}/metrics`, { headers: HEADERS }).catch(() => undefined);
    if ((await response?.text())?.includes("vitals_config_reload_success") === true) scrapes += 1;
    await sleep(100);
  }
}

async function measure(at: string): Promise<void> {
  // Readings of removed collections end within their timeouts.
  await sleep(2_000);
  const answered = once(child, "message") as Promise<[SoakReport]>;
  child.send("report");
  const [report] = await answered;
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const residentMb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
  measurements.push({ at, ...report, residentMb, descriptors: readdirSync(`/proc/${child.pid}/fd`).length });
  console.log(`measured at the ${at}`);
}

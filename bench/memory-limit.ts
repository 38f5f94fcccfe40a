/**
 * The compiled command with the heap that Node gives itself in a container of 256 MiB, while its memory file gets a line of 20 MB: what each
 * reading comes to, and the peak of resident memory, which the kernel would compare with the limit. Exits with 1 if the command ended, if the
 * peak is above the limit, or if a sound file is not measured afterwards.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { printTable } from "./support/measure.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const LIMIT_MB = 256;
/** Half of the limit, as V8 sizes its heap on 64 bits; the young generation is that of the container image. */
const FLAGS = ["--max-old-space-size=128", "--max-semi-space-size=8"];
const LINE_BYTES = 20_000_000;
const LONGEST_WAIT_MS = 30_000;

const entity = (name: string, ...observations: string[]): string =>
  JSON.stringify({ type: "entity", name, entityType: "thing", observations });
const sound = [entity("one", "seen"), entity("two", "seen"), ""].join("\n");
const FILES: readonly (readonly [what: string, text: string])[] = [
  ["two sound lines", sound],
  ['["a","a",...] of 20 MB', `${sound}[${'"a",'.repeat(LINE_BYTES / 4)}"a"]\n`],
  ["two sound lines", sound],
  ["an entity with five million observations, 20 MB", `${sound}${entity("big").replace("[]", `[${'"a",'.repeat(LINE_BYTES / 4)}"a"]`)}\n`],
  ["two sound lines", sound],
  ["an observation of 20 MB", `${sound}${entity("long", "a".repeat(LINE_BYTES))}\n`],
  ["two sound lines", sound],
];

interface CollectionAnswer {
  readonly name: string;
  readonly lastOutcome: string | null;
  readonly lastTime: string | null;
}

if (spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "inherit" }).status !== 0) throw new Error("the build failed");
const folder = mkdtempSync(join(tmpdir(), "vitals-limit-"));
writeFileSync(
  join(folder, "otel-config.yaml"),
  `file_format: "1.0"
collector:
  sources: { here: { kind: host }, agent: { kind: mcp-memory, path: memory.jsonl } }
  collections:
    machine: { source: here, type: system, interval: 250ms }
    graph: { source: agent, type: graph, interval: 500ms, timeout: 20s }
`,
);
write(sound);
const child = spawn(
  process.execPath,
  [...FLAGS, join(ROOT, "dist/cli/main.js"), "run", "--log-format", "json", "--listen", "127.0.0.1:0"],
  {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  },
);
process.on("exit", () => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
let ending: string | undefined;
const exited = once(child, "exit").then(([code, signal]) => (ending ??= `ended with ${String(code ?? signal)}`));
const url = await Promise.race([
  exited,
  new Promise<string>((resolve) => {
    createInterface(child.stderr).on("line", (line) => {
      const entry = (line.startsWith("{") ? JSON.parse(line) : {}) as { readonly message?: string; readonly url?: string };
      if (entry.message === "started") resolve(entry.url as string);
    });
  }),
]);

const rows: string[][] = [["memory file", "outcome", "after", "peak resident"]];
let isFine = true;
for (const [what, text] of FILES) {
  const begun = performance.now();
  write(text);
  const outcome = await nextOutcome(new Date().toISOString());
  const peakMb = ending === undefined ? peakOf(child.pid as number) : Number.NaN;
  rows.push([what, outcome, `${((performance.now() - begun) / 1_000).toFixed(1)} s`, `${peakMb.toFixed(0)} MiB`]);
  isFine &&= peakMb <= LIMIT_MB && (text !== sound || outcome === "success");
  if (ending !== undefined) break;
}
printTable(rows);
if (ending === undefined) {
  const { ticks } = (await (await fetch(`${url}/api/v1/stats`)).json()) as { readonly ticks: Readonly<Record<string, object>> };
  for (const [name, counts] of Object.entries(ticks)) console.log(`${name}: ${JSON.stringify(counts)}`);
}
console.log(isFine ? `stays below ${LIMIT_MB} MiB` : `does not work within ${LIMIT_MB} MiB`);
process.exit(isFine ? 0 : 1);

/** Writes the memory file as the memory server does, old enough to be complete. */
function write(text: string): void {
  const path = join(folder, "memory.jsonl");
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** The outcome of the second reading after a time, because the first may have started before it. */
async function nextOutcome(after: string): Promise<string> {
  const endMs = performance.now() + LONGEST_WAIT_MS;
  const seen = new Set<string>();
  while (performance.now() < endMs) {
    if (ending !== undefined) return ending;
    const response = await fetch(`${url}/api/v1/collections`).catch(() => undefined);
    const { collections = [] } = ((await response?.json()) ?? {}) as { readonly collections?: readonly CollectionAnswer[] };
    const { lastOutcome, lastTime } = collections.find(({ name }) => name === "graph") ?? {};
    if (lastOutcome != null && lastOutcome !== "missed" && lastTime != null && lastTime > after) seen.add(lastTime);
    if (seen.size >= 2) return String(lastOutcome);
    await sleep(50);
  }
  return "no reading";
}

/** Peak of resident memory in MiB (proc_pid_status(5)). */
function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
}

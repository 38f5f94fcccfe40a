/**
 * Time from starting the command until it has printed a first sample of each of the three default collections and exited, compiled and
 * from source, with and without compiled code that Node kept from the run before, alternating with a Node process that does nothing. Then the CPU time of a container's health check, against the same and
 * against the command's `health`.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { median, printTable } from "./support/measure.ts";

const ROUNDS = 11;
const ROOT = new URL("..", import.meta.url).pathname;

const contestants = [
  { name: "dist/cli/main.js once", args: ["dist/cli/main.js", "once", "--format", "json"], isOurs: true },
  {
    name: "the same, nothing kept",
    args: ["dist/cli/main.js", "once", "--format", "json"],
    isOurs: true,
    env: { NODE_DISABLE_COMPILE_CACHE: "1" },
  },
  { name: "src/cli/main.ts once", args: ["src/cli/main.ts", "once", "--format", "json"], isOurs: true },
  { name: "node -e 0", args: ["-e", "0"], isOurs: false },
].map((each) => ({ env: {}, ...each, times: [] as number[] }));

const build = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "inherit" });
if (build.status !== 0) throw new Error("the build failed");
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { args, env, times, isOurs } of contestants) {
    const begun = performance.now();
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...env } });
    times.push(performance.now() - begun);
    const outcomes = isOurs ? [...stdout.matchAll(/"outcome": ?"(\w+)"/g)].map(([, outcome]) => outcome) : [];
    if (status !== 0 || (isOurs && outcomes.join() !== "success,success,success")) {
      throw new Error(`expected three samples of ${args.join(" ")}, found ${outcomes.join() || `exit ${status}`}`);
    }
  }
}
console.log(`start to first samples, median of ${ROUNDS}; Node ${process.version}`);
const ours = median(contestants[0]?.times ?? []);
printTable([
  ["", "median", "min", "max", "ratio"],
  ...contestants.map(({ name, times }) => [
    name,
    ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => `${ms.toFixed(0)} ms`),
    (median(times) / ours).toFixed(2),
  ]),
]);

await healthCheck();

/** CPU time of one run of each health check of a running collector. */
async function healthCheck(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "vitals-bench-"));
  const collector = spawn(process.execPath, ["dist/cli/main.js", "run", "--log-format", "json", "--listen", "127.0.0.1:0"], {
    cwd: ROOT,
    env: { ...process.env, STATE_DIRECTORY: join(folder, "state") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    let url = "";
    for await (const line of createInterface(collector.stderr)) {
      const started = JSON.parse(line) as { readonly message: string; readonly url?: string };
      if (started.message !== "started") continue;
      url = started.url ?? "";
      break;
    }
    const { host, port } = new URL(url);
    const runs = [
      { name: "node -e 0", args: ["-e", "0"] },
      { name: "dist/cli/liveness.js", args: ["dist/cli/liveness.js"] },
      { name: "dist/cli/main.js health", args: ["dist/cli/main.js", "health", "--listen", host, "--fail-on", "critical"] },
    ].map((each) => ({ ...each, cpuMs: [] as number[] }));
    for (let round = 0; round < 3 * ROUNDS; round += 1) {
      for (const { name, args, cpuMs } of runs) {
        const before = childrenCpuMs();
        const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env: { ...process.env, VITALS_PORT: port } });
        cpuMs.push(childrenCpuMs() - before);
        if (status !== 0) throw new Error(`expected ${name} to pass, found exit ${status}`);
      }
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const bare = mean(runs[0]?.cpuMs ?? []);
    console.log(`\nCPU time of a health check, mean of ${3 * ROUNDS}`);
    printTable([
      ["", "CPU", "of node -e 0"],
      ...runs.map(({ name, cpuMs }) => [name, `${mean(cpuMs).toFixed(1)} ms`, (mean(cpuMs) / bare).toFixed(2)]),
    ]);
  } finally {
    collector.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
}

/** CPU time of all child processes that have ended, in steps of 10 ms (proc_pid_stat(5): `cutime` and `cstime`). */
function childrenCpuMs(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

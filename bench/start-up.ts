/**
 * Time from starting the command until it has printed a first sample of each of the three default collections and exited: the bundle that is
 * published, with and without compiled code that Node kept from the run before, the same code as one module a file, and from source, alternating with a
 * Node process that does nothing. Then the memory of a collector of this machine, as the bundle and as modules, and the CPU time of a container's
 * health check, against a bare Node and against the command's `health`.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { median, printTable } from "./support/measure.ts";

const ROUNDS = 11;
const MEMORY_ROUNDS = 5;
const MEMORY_AFTER_MS = 15_000;
const ROOT = new URL("..", import.meta.url).pathname;

/** The command as one module a file, as it was published before it was bundled. As deep as `dist`, for the paths in it. */
const MODULES = ".bench-modules";
const MODULES_PROJECT = "tsconfig.bench-modules.json";

const contestants = [
  { name: "dist/cli/main.js once", args: ["dist/cli/main.js", "once", "--format", "json"], isOurs: true },
  {
    name: "the same, nothing kept",
    args: ["dist/cli/main.js", "once", "--format", "json"],
    isOurs: true,
    env: { NODE_DISABLE_COMPILE_CACHE: "1" },
  },
  { name: "the same as modules", args: [`${MODULES}/cli/main.js`, "once", "--format", "json"], isOurs: true },
  { name: "src/cli/main.ts once", args: ["src/cli/main.ts", "once", "--format", "json"], isOurs: true },
  { name: "node -e 0", args: ["-e", "0"], isOurs: false },
].map((each) => ({ env: {}, ...each, times: [] as number[], cpuMs: [] as number[] }));

const build = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "inherit" });
if (build.status !== 0) throw new Error("the build failed");
buildModules();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { args, env, times, cpuMs, isOurs } of contestants) {
    const begun = performance.now();
    const cpuBefore = childrenCpuMs();
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...env } });
    times.push(performance.now() - begun);
    cpuMs.push(childrenCpuMs() - cpuBefore);
    const outcomes = isOurs ? [...stdout.matchAll(/"outcome": ?"(\w+)"/g)].map(([, outcome]) => outcome) : [];
    if (status !== 0 || (isOurs && outcomes.join() !== "success,success,success")) {
      throw new Error(`expected three samples of ${args.join(" ")}, found ${outcomes.join() || `exit ${status}`}`);
    }
  }
}
console.log(`start to first samples, median of ${ROUNDS}; Node ${process.version}`);
const ours = median(contestants[0]?.times ?? []);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
printTable([
  ["", "median", "min", "max", "ratio", "CPU"],
  ...contestants.map(({ name, times, cpuMs }) => [
    name,
    ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => `${ms.toFixed(0)} ms`),
    (median(times) / ours).toFixed(2),
    `${mean(cpuMs).toFixed(0)} ms`,
  ]),
]);

await memory();
await healthCheck();
rmSync(join(ROOT, MODULES), { recursive: true });

/** Compiles the command without bundling it. */
function buildModules(): void {
  const project = join(ROOT, MODULES_PROJECT);
  const files = ["cli/main.ts", "source/mcp-memory/worker.ts", "source/graph-store/topology-worker.ts"].map((file) => `src/${file}`);
  writeFileSync(project, JSON.stringify({ extends: "./tsconfig.build.json", compilerOptions: { outDir: MODULES }, include: [], files }));
  const { status } = spawnSync("tsc", ["--project", MODULES_PROJECT], { cwd: ROOT, stdio: "inherit" });
  rmSync(project);
  if (status !== 0) throw new Error("the modules cannot be built");
}

/** Resident memory of a collector that only measures this machine, some seconds after its start. */
async function memory(): Promise<void> {
  const runs = [
    { name: "dist/cli/main.js run", main: "dist/cli/main.js", mib: [] as number[] },
    { name: "the same as modules", main: `${MODULES}/cli/main.js`, mib: [] as number[] },
  ];
  const config = join(ROOT, MODULES, "host.yaml");
  const machine = "{ sources: { here: { kind: host } }, collections: { machine: { source: here, type: system, interval: 1s } } }";
  writeFileSync(config, `file_format: "1.0"\ncollector: ${machine}\n`);
  const start = (main: string): ChildProcess =>
    spawn(process.execPath, [main, "run", "-c", config, "--listen", "127.0.0.1:0"], { cwd: ROOT, stdio: "ignore" });
  for (let round = 0; round < MEMORY_ROUNDS; round += 1) {
    const children = runs.map(({ main, mib }) => ({ child: start(main), mib }));
    await sleep(MEMORY_AFTER_MS);
    for (const { child, mib } of children) {
      const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      mib.push(Number(kib) / 1024);
      child.kill("SIGKILL");
    }
  }
  console.log(`\nresident memory of a collector of this machine after ${MEMORY_AFTER_MS / 1_000} s, median of ${MEMORY_ROUNDS}`);
  printTable(runs.map(({ name, mib }) => [name, `${median(mib).toFixed(1)} MiB`]));
}

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

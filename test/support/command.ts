import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function start(
  args: readonly string[],
  { cwd = ROOT, env = {} }: CommandOptions,
): ChildProcess & { stdout: NonNullable<ChildProcess["stdout"]>; stderr: NonNullable<ChildProcess["stderr"]> } {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("OTEL_") && name !== "MEMORY_FILE_PATH"),
  );
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...inherited, STATE_DIRECTORY: join(states, String((started += 1))), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Folders in which shipped configurations keep their state: one for each process, because no two of them may share one. */
const states = mkdtempSync(join(tmpdir(), "vitals-states-"));
process.once("exit", () => rmSync(states, { recursive: true, force: true }));
let started = 0;

/** Processes that a test which ran out of time has left behind end with the tests. */
const children = new Set<ReturnType<typeof spawn>>();
process.once("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** Runs the command until it exits. */
export async function command(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  const child = start(args, options);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => (stderr += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

export interface Running extends AsyncDisposable {
  readonly url: string;
  /** Log entries so far. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves with the first matching log entry, past or future. */
  logged(fits: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts the collector on a port chosen by the system; it is killed at the end of the scope. */
export async function running(args: readonly string[], options: CommandOptions = {}): Promise<Running> {
  const child = start(["run", "--log-format", "json", "--listen", "127.0.0.1:0", ...args], options);
  const log: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  createInterface(child.stderr).on("line", (line) => {
    log.push((line.startsWith("{") ? JSON.parse(line) : { message: line }) as Record<string, unknown>);
    for (const check of waiting) check();
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const logged: Running["logged"] = (fits) =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const entry = log.find(fits);
        if (!entry) return;
        waiting.delete(check);
        resolve(entry);
      };
      waiting.add(check);
      check();
      void ended.then((code) => reject(new Error(`the command ended with ${code}: ${JSON.stringify(log)}`)));
    });
  const { url } = await logged(({ message }) => message === "started");
  return {
    url: String(url),
    log,
    logged,
    ended,
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

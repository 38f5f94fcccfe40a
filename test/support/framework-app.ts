import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { folderOf } from "./engines/cache.ts";
import { packPackage } from "./packed-package.ts";
import { ROOT } from "./yaml-file.ts";

const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const EXAMPLES = join(ROOT, "examples/embed");

/** What the packed package is installed with; the frameworks are found in the folder above. */
const PACKAGES = ["hono", "zod", "cockatiel", "yaml", "import-meta-resolve", "@hono/node-server", "@types/node", "vitest"];

/** A program's folder in which the packed package and the frameworks are installed. Removed at the end of the scope. */
export interface FrameworkApp extends Disposable {
  readonly folder: string;
  /** Writes a file of the program. @returns its path */
  write(path: string, text: string): string;
}

/**
 * Installs the packed package into an empty program. Its folder lies in that of the frameworks, so that Node and bundlers find them without
 * links that lead out of the program.
 */
export function frameworkApp(): FrameworkApp {
  removeLeftApps();
  const folder = mkdtempSync(join(folderOf("frameworks"), "app-"));
  try {
    const modules = join(folder, "node_modules");
    mkdirSync(join(modules, "otel-vitals"), { recursive: true });
    execFileSync("tar", ["-xzf", packPackage(join(folder, "packed")), "-C", join(modules, "otel-vitals"), "--strip-components", "1"]);
    const telemetry = readdirSync(join(ROOT, "node_modules/@opentelemetry")).map((name) => `@opentelemetry/${name}`);
    for (const name of [...PACKAGES, ...telemetry]) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const write = (path: string, text: string): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  write("package.json", JSON.stringify({ name: "app", private: true, type: "module" }));
  return { folder, write, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Removes programs of tests that were killed more than an hour ago, so that none of them still runs. */
function removeLeftApps(): void {
  for (const name of readdirSync(folderOf("frameworks")).filter((entry) => entry.startsWith("app-"))) {
    const left = join(folderOf("frameworks"), name);
    // Another run may remove it at the same time.
    const changedMs = statSync(left, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - changedMs > 3_600_000) rmSync(left, { recursive: true, force: true });
  }
}

/** The text of a file in examples/embed. */
export const embedExample = (name: string): string => readFileSync(join(EXAMPLES, name), "utf8");

/** The files in examples/embed, with those in folders. */
export const embedExamples = (): readonly string[] =>
  readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((name) => /\.[cm]?[jt]s$/.test(name));

/** How a program ended that ends by itself. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of Node until it ends. */
export async function runNode(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const child = spawn(process.execPath, args, { cwd, env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number | null, stdout, stderr };
}

/** Compiles files of a program as its users do: strictly, with the options that decorators need. @returns what the compiler printed */
export async function compile(folder: string, files: readonly string[], options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: ["node"],
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: ".",
    outDir: ".",
    ...options,
  };
  const config = `tsconfig-${(compiled += 1)}.json`;
  writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files }));
  const { stdout, stderr } = await runNode([TSC, "--project", config], folder);
  return stdout + stderr;
}
let compiled = 0;

/** Longest time that a service may take to end, on a machine with much else to do. */
const END_MS = 15_000;

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A service that listens on a port chosen by the system. Killed at the end of the scope. */
export interface Service extends AsyncDisposable {
  readonly origin: string;
  /** Sends a signal. @returns how the process ended @throws if it has not ended within 15 s */
  end(signal: NodeJS.Signals): Promise<Ending>;
}

interface ServiceOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the folder of the file. */
  readonly cwd?: string;
  /** The port in what the program prints. */
  readonly address?: RegExp;
}

const LISTENING = /^listening .*(?:port: |127\.0\.0\.1:)(\d+)/m;

/** Starts a program that prints `listening` and its address, or another text. @throws with what it printed if it ends before */
export async function startService(
  file: string,
  { args = [], env = {}, cwd = dirname(file), address = LISTENING }: ServiceOptions = {},
): Promise<Service> {
  const child = spawn(process.execPath, [file, ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: "production", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => (stderr += String(chunk)));
  const closed = once(child, "close").then(([code, signal]): Ending => ({ code, signal, stderr }));
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += String(chunk);
      const [, found] = address.exec(stdout) ?? [];
      if (found !== undefined) resolve(found);
    });
    void closed.then(({ code }) => reject(new Error(`the service ended with ${code}: ${stdout}${stderr}`)));
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    async end(signal) {
      child.kill(signal);
      const timer = new AbortController();
      const tooLate = pause(END_MS, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`the service has not ended ${END_MS / 1_000} s after ${signal}: ${stdout}${stderr}`);
      });
      try {
        return await Promise.race([closed, tooLate]);
      } finally {
        timer.abort();
        await tooLate.catch(() => {});
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

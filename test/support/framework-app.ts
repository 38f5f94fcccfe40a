import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
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

/** The text of a file in examples/embed. */
export const embedExample = (name: string): string => readFileSync(join(EXAMPLES, name), "utf8");

/** The files in examples/embed, with those in folders. */
export const embedExamples = (): readonly string[] =>
  readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).filter((name) => /\.[cm]?[jt]s$/.test(name));

/** Compiles files of a program as its users do: strictly, with the options that decorators need. @returns what the compiler printed */
export function compile(folder: string, files: readonly string[], options: Readonly<Record<string, unknown>> = {}): string {
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
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { stdout, stderr } = spawnSync(process.execPath, [TSC, "--project", "."], { cwd: folder, encoding: "utf8" });
  rmSync(join(folder, "tsconfig.json"));
  return stdout + stderr;
}

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

/** Starts a program that prints `listening` and its address. @throws with what it printed if it ends before */
export async function startService(file: string, env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const child = spawn(process.execPath, [file], {
    cwd: dirname(file),
    env: { ...process.env, NODE_ENV: "production", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => (stderr += String(chunk)));
  const closed = once(child, "close").then(([code, signal]): Ending => ({ code, signal, stderr }));
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += String(chunk);
      const [, found] = /^listening .*(?:port: |127\.0\.0\.1:)(\d+)/m.exec(stdout) ?? [];
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

/** The command as a user has it: packed and installed with npm into a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { C_LIBRARY } from "./c-library.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Those of `npm start`. */
const FLAGS = ["--disable-sigusr1", "--max-semi-space-size=8"];

/** Builds, packs and installs this checkout. @returns path of the installed `otel-vitals` */
export function install(folder: string): string {
  mkdirSync(folder, { recursive: true });
  run(process.execPath, ["scripts/build.ts"], ROOT);
  const packed = run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], ROOT);
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "program", private: true }));
  run("npm", ["install", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", `./${filename}`], folder);
  return join(folder, "node_modules/.bin/otel-vitals");
}

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stderr, stdout } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

export interface LogEntry {
  readonly level?: string;
  readonly message: string;
  readonly url?: string;
  /** Of a change of a component's health. */
  readonly component?: string;
}

/** An error of the collector itself, as opposed to what it reports of others. */
export const isInternalError = ({ component, level, message }: LogEntry): boolean =>
  (level === "error" && component === undefined) || /unhandled|unexpected error/i.test(message);

export interface LifeOptions {
  /** Path of the installed command. */
  readonly command: string;
  /** Folder of its configuration, `otel-config.yaml`. */
  readonly cwd: string;
  /** Flags of Node besides those of `npm start`. */
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
  /** Gets every line of its log. */
  readonly logFile?: string;
}

/** How a process ended: with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One process of the command, from its start until it ends; it ends with this process at the latest. */
export class Life {
  readonly startedMs = Date.now();
  readonly log: LogEntry[] = [];
  readonly ended: Promise<Ending>;
  /** Resolves with the address of its server; undefined if it ends before. */
  readonly url: Promise<string | undefined>;
  readonly #child: ChildProcess;

  constructor({ args = [], command, cwd, flags = [], logFile }: LifeOptions) {
    const child = spawn(process.execPath, [...FLAGS, ...flags, command, "run", "--log-format", "json", ...args], {
      cwd,
      // Unless the environment has others.
      env: { ...C_LIBRARY, ...process.env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    living.add(child);
    this.ended = (once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>).then(([code, signal]) => {
      living.delete(child);
      return { code, signal };
    });
    const started = Promise.withResolvers<string | undefined>();
    this.url = started.promise;
    const lines = createInterface(child.stderr as NodeJS.ReadableStream);
    lines.on("line", (line) => {
      if (logFile !== undefined) appendFileSync(logFile, `${line}\n`);
      const entry = entryOf(line);
      this.log.push(entry);
      if (entry.message === "started") started.resolve(entry.url);
    });
    lines.on("close", () => started.resolve(undefined));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<Ending> {
    this.signal("SIGKILL");
    return this.ended;
  }
}

const living = new Set<ChildProcess>();
process.once("exit", () => living.forEach((child) => child.kill("SIGKILL")));

/** A line that is no JSON, such as one that a kill has cut off, is an entry without level. */
function entryOf(line: string): LogEntry {
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return { message: line };
  }
}

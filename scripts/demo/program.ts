import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** A program that does not exit within this time is killed. */
const EXIT_TIMEOUT_MS = 10_000;

/** Lines of a program's output that are kept for the error message when it exits. */
const KEPT_LINES = 20;

/** A program that the demo starts and stops. */
export class Program implements AsyncDisposable {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(name: string, command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.name = name;
    // A separate process group: Ctrl-C reaches only the demo, which stops the programs in order.
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#ended = once(this.#child, "exit").catch((error: unknown) => this.#note(String(error)));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.#note(line));
    }
    process.once("exit", () => this.signal("SIGKILL"));
  }

  /** The first matching line of its output, past or future. @throws when it exits without one */
  async line(fits: (line: string) => boolean): Promise<string> {
    const found = Promise.withResolvers<string>();
    const search = (): void => {
      const line = this.#lines.find(fits);
      if (line !== undefined) found.resolve(line);
    };
    this.#listeners.add(search);
    search();
    void this.#ended.then(() => found.reject(new Error(`${this.name} exited: ${this.#lines.slice(-3).join(" | ")}`)));
    return found.promise.finally(() => this.#listeners.delete(search));
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(name);
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const kill = setTimeout(() => this.signal("SIGKILL"), EXIT_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  #note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener();
  }
}

/** Path of an installed program; undefined if it is not installed. */
export function installed(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

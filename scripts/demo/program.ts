import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** How long a program has to end by itself before it is killed. */
const PATIENCE_MS = 10_000;

/** Lines of a program's output that are kept, for saying why it ended. */
const KEPT_LINES = 20;

/** A program that the demo started, and stops. */
export class Program implements AsyncDisposable {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];
  readonly #looking = new Set<() => void>();

  constructor(name: string, command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.name = name;
    // A group of its own: Ctrl-C is for the demo, which then ends the rest in order.
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#ended = once(this.#child, "exit").catch((error: unknown) => this.#note(String(error)));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.#note(line));
    }
    process.once("exit", () => this.signal("SIGKILL"));
  }

  /** The first line of its output that fits, so far or later. @throws when it ends without one */
  async line(fits: (line: string) => boolean): Promise<string> {
    const found = Promise.withResolvers<string>();
    const look = (): void => {
      const line = this.#lines.find(fits);
      if (line !== undefined) found.resolve(line);
    };
    this.#looking.add(look);
    look();
    void this.#ended.then(() => found.reject(new Error(`${this.name} ended: ${this.#lines.slice(-3).join(" | ")}`)));
    return found.promise.finally(() => this.#looking.delete(look));
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(name);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const kill = setTimeout(() => this.signal("SIGKILL"), PATIENCE_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  #note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const look of this.#looking) look();
  }
}

/** Where an installed program is; undefined where it is not. */
export function installed(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

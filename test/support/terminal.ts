import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { program } from "./programs.ts";
import { ROOT } from "./yaml-file.ts";

export interface Terminal extends AsyncDisposable {
  /** Closes the terminal; the system then hangs up on the programs in it. */
  hangUp(): Promise<void>;
}

/** A shell on a terminal of its own, which runs a command; its output is not read. The test declares `needs("linux", "script")`. */
export function terminal(commandLine: string): Terminal {
  const child = spawn(program("script") as string, ["--quiet", "--return", "--command", commandLine, "/dev/null"], {
    cwd: ROOT,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(child, "close");
  const hangUp = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return { hangUp, [Symbol.asyncDispose]: hangUp };
}

export interface Lines extends Disposable {
  /** A pipe, as a path to write to. */
  readonly path: string;
  /** All lines so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line that contains this, past or future. Rejects when its writer has ended before. */
  containing(text: string): Promise<string>;
  /** Resolves when its last writer has ended. */
  readonly ended: Promise<unknown>;
}

/** A named pipe that a process writes lines to, for a process that the test does not start itself. */
export function namedPipe(): Lines {
  const folder = mkdtempSync(join(tmpdir(), "vitals-pipe-"));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const stream = createReadStream(path);
  const ended = once(stream, "end");
  createInterface(stream).on("line", (line) => {
    lines.push(line);
    for (const check of waiting) check();
  });
  const containing = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const line = lines.find((each) => each.includes(text));
        if (line === undefined) return;
        waiting.delete(check);
        resolve(line);
      };
      waiting.add(check);
      check();
      void ended.then(() => reject(new Error(`no line contains ${text}: ${lines.join("\n")}`)));
    });
  return { path, lines, containing, ended, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

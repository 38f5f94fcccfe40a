import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { program } from "../programs.ts";

/** A server process under a test's control. */
export interface EngineProcess {
  /** Of the running process; undefined between `stop` and `start`. */
  readonly pid: number | undefined;
  /** Ends the process as an operator would, with SIGTERM. What is stored stays. */
  readonly stop: () => Promise<void>;
  /** Starts it again at the same address, with what it had stored. */
  readonly start: () => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Halts it: the system still accepts connections for it, but nothing answers. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it at once, in whatever state it is. */
  readonly kill: () => Promise<void>;
}

export interface LaunchOptions {
  readonly cwd: string;
  /** Whether these lines, printed so far, say that it accepts connections. */
  readonly isReady: (lines: readonly string[]) => Promise<boolean> | boolean;
  /** Time between two checks. Default: 10 ms. */
  readonly everyMs?: number;
}

/** Launches a server and resolves when it is ready. @throws with what it printed last if it ends before */
export async function startProcess(file: string, args: readonly string[], options: LaunchOptions): Promise<EngineProcess> {
  let child = await launch(file, args, options);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    // A halted process handles no other signal.
    if (signal !== "SIGKILL") child.kill("SIGCONT");
    await ended;
  };
  const engine: EngineProcess = {
    get pid() {
      return child.exitCode === null && child.signalCode === null ? child.pid : undefined;
    },
    stop: () => end("SIGTERM"),
    start: async () => void (child = await launch(file, args, options)),
    async restart() {
      await engine.stop();
      await engine.start();
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    kill: () => end("SIGKILL"),
  };
  return engine;
}

async function launch(file: string, args: readonly string[], { cwd, isReady, everyMs = 10 }: LaunchOptions): Promise<ChildProcess> {
  const setpriv = program("setpriv");
  // The system ends it with the process of the tests, however that ends: a worker of the test runner may be killed.
  const command = setpriv === undefined ? [file, ...args] : [setpriv, "--pdeathsig", "KILL", file, ...args];
  const child = spawn(command[0] ?? file, command.slice(1), { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const collect = (chunk: Buffer): void => void lines.push(...String(chunk).trimEnd().split("\n"));
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const ended = new Promise<never>((_resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      reject(new Error(`${file} ended with ${code ?? signal}:\n${lines.slice(-10).join("\n")}`));
    });
  });
  ended.catch(() => {});
  while (!(await Promise.race([isReady(lines), ended])))
    await Promise.race([new Promise((resolve) => setTimeout(resolve, everyMs)), ended]);
  return child;
}

/** A port of 127.0.0.1 that the system chose and that was free a moment ago, for servers that cannot report which port they were given. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { folderOf } from "./cache.ts";
import type { Falkordb } from "./falkordb.ts";
import type { Neo4j } from "./neo4j.ts";

/** A script of `writers/` that answers a JSON object a line. Killed at the end of the scope. */
export interface PythonProcess extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Sends one request after the other, so that each gets its own answer. @throws what the script reports */
  send(request: Readonly<Record<string, unknown>> & { readonly do: string }): Promise<unknown>;
}

/** @param options what the script gets beside where it connects */
export function pythonProcess(script: string, engine: Falkordb | Neo4j, options: Readonly<Record<string, unknown>> = {}): PythonProcess {
  const file = fileURLToPath(new URL(`./writers/${script}`, import.meta.url));
  const env = { ...process.env, PYTHONPATH: folderOf("writers"), PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn("python3", [file, JSON.stringify({ ...targetOf(engine), ...options })], { env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "close");
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += String(chunk)));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (request: { readonly do: string }): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the writer ended: ${errors.trim().split("\n").slice(-5).join("\n")}`);
    const { result, error } = JSON.parse(value) as { readonly result?: unknown; readonly error?: string };
    if (error !== undefined) throw new Error(`the writer cannot ${request.do}: ${error}`);
    return result;
  };
  return {
    pid: child.pid,
    send(request) {
      last = last.then(
        () => ask(request),
        () => ask(request),
      );
      return last;
    },
    async [Symbol.asyncDispose]() {
      // Without this it would end when its standard input does, as it ends when the tests are killed.
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const targetOf = (engine: Falkordb | Neo4j): Readonly<Record<string, unknown>> =>
  "direct" in engine
    ? { engine: "falkordb", host: engine.host, ...engine.direct }
    : { engine: "neo4j", url: engine.url.replace("bolt:", engine.certificates ? "bolt+ssc:" : "bolt:"), password: engine.password };

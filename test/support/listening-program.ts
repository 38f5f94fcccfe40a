import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { program, type Program } from "./programs.ts";

export interface ListeningProgram extends AsyncDisposable {
  readonly url: string;
}

/** Starts a program of the Prometheus project on a port chosen by the system, which it logs. Killed at the end of the scope. */
export async function listening(name: Program, args: readonly string[]): Promise<ListeningProgram> {
  const child = spawn(program(name) as string, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stderr).on("line", (line) => {
      lines.push(line);
      const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(`http://${address}`);
    });
    void ended.then(([code]) => reject(new Error(`${name} ended with ${code}:\n${lines.slice(-5).join("\n")}`)));
  });
  // It listens before it has loaded its data.
  while (!(await fetch(`${url}/-/ready`)).ok) await pause(50);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { program } from "./programs.ts";

/** An alert as Alertmanager's API v2 shows it. */
export interface SeenAlert {
  readonly generatorURL: string;
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
}

export interface Alertmanager extends AsyncDisposable {
  readonly url: string;
  /** Alerts that are firing. */
  alerts(): Promise<readonly SeenAlert[]>;
  /** Ends the process; its data stays on disk. */
  stop(): Promise<void>;
  /** Starts it again at the same address. */
  start(): Promise<void>;
}

/**
 * Debian's Alertmanager with a webhook, on a port chosen by the system; stopped at the end of the scope.
 *
 * @param groupBy labels by which it groups notifications
 */
export async function startAlertmanager(webhook: string, resolveTimeout: string, groupBy: readonly string[] = []): Promise<Alertmanager> {
  const folder = await mkdtemp(join(tmpdir(), "alertmanager-"));
  const route = `{ receiver: test, group_by: [${groupBy.join(", ")}], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }`;
  const receiver = `{ name: test, webhook_configs: [{ url: "${webhook}", send_resolved: true }] }`;
  const config = `global: { resolve_timeout: ${resolveTimeout} }\nroute: ${route}\nreceivers: [${receiver}]\n`;
  await writeFile(join(folder, "alertmanager.yml"), config);
  let running = await launch(folder, "127.0.0.1:0");
  const { address } = running;
  const url = `http://${address}`;
  return {
    url,
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly SeenAlert[],
    stop: () => running.end(),
    start: async () => void (running = await launch(folder, address)),
    async [Symbol.asyncDispose]() {
      await running.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when it listens. */
async function launch(folder: string, address: string): Promise<{ readonly address: string; end(): Promise<void> }> {
  const child = spawn(
    program("prometheus-alertmanager") as string,
    [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      "--cluster.listen-address=",
      `--web.listen-address=${address}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const ended = once(child, "exit");
  const lines: string[] = [];
  const listening = new Promise<string>((resolve, reject) => {
    createInterface(child.stderr).on("line", (line) => {
      lines.push(line);
      const found = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`Alertmanager ended: ${lines.join("\n")}`)));
  });
  return {
    address: await listening,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

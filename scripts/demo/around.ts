import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, installed, Program } from "./program.ts";

/** A program that runs beside the collector if it is installed. */
export interface Neighbour extends AsyncDisposable {
  readonly url: string;
}

/** Starts Alertmanager with a receiver that notifies nobody; undefined if it is not installed. */
export async function startAlertmanager(folder: string): Promise<Neighbour | undefined> {
  const command = installed("prometheus-alertmanager") ?? installed("alertmanager");
  if (command === undefined) return undefined;
  const file = join(folder, "alertmanager.yml");
  await writeFile(file, "route: { receiver: nobody, group_wait: 0s, group_interval: 1s }\nreceivers: [{ name: nobody }]\n");
  return start("Alertmanager", command, "-/ready", (port) => [
    `--config.file=${file}`,
    `--storage.path=${join(folder, "alertmanager")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
  ]);
}

/** Starts Prometheus scraping a target each second; undefined if it is not installed. */
export async function startPrometheus(folder: string, target: string): Promise<Neighbour | undefined> {
  const command = installed("prometheus");
  if (command === undefined) return undefined;
  const file = join(folder, "prometheus.yml");
  await writeFile(
    file,
    `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: otel-vitals
    static_configs: [{ targets: ["${target}"] }]
`,
  );
  return start("Prometheus", command, "-/ready", (port) => [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "prometheus")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
}

async function start(name: string, command: string, ready: string, args: (port: number) => readonly string[]): Promise<Neighbour> {
  const port = await freePort();
  const program = new Program(name, command, args(port));
  const url = `http://127.0.0.1:${port}`;
  try {
    await isReady(`${url}/${ready}`, program);
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** Resolves when a URL responds with a success status. @throws when the program behind it exits, or after 30 s */
async function isReady(url: string, program: Program): Promise<void> {
  const deadline = AbortSignal.timeout(30_000);
  const ended = program.line(() => false);
  for (;;) {
    const response = await Promise.race([fetch(url, { signal: deadline }).catch(() => undefined), ended]);
    if (response instanceof Response && response.ok) {
      // No one awaits its exit any more.
      ended.catch(() => {});
      return;
    }
    if (deadline.aborted) throw new Error(`${program.name} does not respond at ${url} within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

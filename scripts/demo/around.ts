import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, installed, Program } from "./program.ts";

/** Programs around the collector, where they are installed. */
export interface Neighbour extends AsyncDisposable {
  readonly url: string;
}

/** Starts Alertmanager with a receiver that tells nobody; undefined where it is not installed. */
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

/** Starts Prometheus scraping a target each second; undefined where it is not installed. */
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
    await answers(`${url}/${ready}`, program);
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** Resolves when an address answers well. @throws when the program behind it ends, or takes too long */
async function answers(url: string, program: Program): Promise<void> {
  const tooLong = AbortSignal.timeout(30_000);
  const ended = program.line(() => false);
  for (;;) {
    const response = await Promise.race([fetch(url, { signal: tooLong }).catch(() => undefined), ended]);
    if (response instanceof Response && response.ok) {
      // Nobody waits for its end any more.
      ended.catch(() => {});
      return;
    }
    if (tooLong.aborted) throw new Error(`${program.name} does not answer at ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MemoryWorkload } from "../../examples/memory-workload/workload.ts";
import { startAlertmanager, startPrometheus, type Neighbour } from "./around.ts";
import { Pacer } from "./pacer.ts";
import { Program } from "./program.ts";
import { Receiver } from "./receiver.ts";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The running demo. */
export interface Demo extends AsyncDisposable {
  readonly url: string;
  readonly memoryFile: string;
  readonly workload: Pacer<MemoryWorkload>;
  readonly machine: Program;
  readonly receiver: Receiver;
  readonly alertmanager: Neighbour | undefined;
  readonly prometheus: Neighbour | undefined;
}

export interface DemoSettings {
  /** Address of the collector's server. */
  readonly listen: string;
  /** Whether to start Prometheus and Alertmanager if they are installed. */
  readonly withNeighbours: boolean;
  readonly failed: (error: unknown) => void;
}

/** Starts all programs; if one does not start, the others are stopped again. */
export async function startDemo({ listen, withNeighbours, failed }: DemoSettings): Promise<Demo> {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "otel-vitals-demo-"));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const memoryFile = join(folder, "memory.jsonl");

  const memory = await MemoryWorkload.start(memoryFile);
  const workload = parts.use(new Pacer(memory, failed));
  await workload.use((each) => each.step());
  const receiver = parts.use(new Receiver());
  await receiver.open();
  const machine = parts.use(new Program("the machine's service", process.execPath, [file("./machine.ts")]));
  const machineUrl = await machine.line((line) => line.startsWith("http://"));
  const alertmanager = withNeighbours ? parts.use(await startAlertmanager(folder)) : undefined;

  const args = ["run", "--config", file("./otel-config.yaml"), "--listen", listen, "--log-format", "json"];
  const collector = parts.use(
    new Program("the collector", process.execPath, [file("../../src/cli/main.ts"), ...args], {
      MEMORY_FILE_PATH: memoryFile,
      DEMO_MACHINE_URL: machineUrl,
      DEMO_OTLP_ENDPOINT: receiver.endpoint,
      DEMO_ALERTMANAGER_URL: alertmanager?.url ?? "",
    }),
  );
  const { url } = JSON.parse(await collector.line((line) => line.includes('"started"'))) as { url: string };
  const prometheus = withNeighbours ? parts.use(await startPrometheus(folder, new URL(url).host)) : undefined;
  const running = parts.move();
  const demo = { url, memoryFile, workload, machine, receiver, alertmanager, prometheus };
  return { ...demo, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

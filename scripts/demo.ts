/**
 * Shows the collector beside the real memory server of the Model Context Protocol, under a small workload, until Ctrl-C:
 *
 *     npm run demo                     -- --listen 127.0.0.1:9464, --bare for no Prometheus and no Alertmanager
 *     npm run demo -- --break memory   injects a fault (memory, analytics, graph or otlp), shows it found and gone, and ends
 */
import { parseArgs } from "node:util";
import { FAULTS, isFault, type FaultName } from "./demo/faults.ts";
import { show } from "./demo/show.ts";
import { setStage, type Stage } from "./demo/stage.ts";
import { Watch } from "./demo/watch.ts";

const USAGE = 2;

const startMs = performance.now();
const print = (line: string): void => console.log(`${((performance.now() - startMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

function chosen(): { readonly listen: string; readonly isBare: boolean; readonly fault: FaultName | undefined } {
  const { values } = parseArgs({
    options: { break: { type: "string" }, listen: { type: "string", default: "127.0.0.1:0" }, bare: { type: "boolean", default: false } },
  });
  const fault = values.break;
  if (fault !== undefined && !isFault(fault)) throw new Error(`--break: expected ${Object.keys(FAULTS).join(", ")}, found "${fault}"`);
  return { listen: values.listen, isBare: values.bare, fault };
}

function tell({ url, memoryFile, receiver, prometheus, alertmanager }: Stage): void {
  const rows = {
    "live page": `${url}/`,
    health: `${url}/health`,
    memory: memoryFile,
    "OTLP receiver": receiver.endpoint,
    Prometheus: prometheus?.url ?? "not started",
    Alertmanager: alertmanager?.url ?? "not started",
  };
  for (const [name, value] of Object.entries(rows)) print(`${name.padEnd(13)} ${value}`);
}

async function run(): Promise<void> {
  const { listen, isBare, fault } = chosen();
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.resolve());
  const stage = await setStage({ listen, withNeighbours: !isBare, failed: ended.reject });
  try {
    tell(stage);
    using watch = new Watch(stage.url, print);
    // Both end it: a signal, and in a demo with a fault that it has been shown.
    await Promise.race([ended.promise, ...(fault === undefined ? [] : [show(fault, stage, watch, print)])]);
    print(`ending after ${stage.receiver.exports} exports over OTLP`);
  } finally {
    await stage[Symbol.asyncDispose]();
  }
  print("everything has ended");
}

try {
  await run();
  // A question that is still under way must not hold the process.
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true ? USAGE : 1);
}

/**
 * Runs the collector with a real MCP memory server under a small workload, until Ctrl-C:
 *
 *     npm run demo                     -- --listen 127.0.0.1:9464, --bare for no Prometheus and no Alertmanager
 *     npm run demo -- --break memory   injects a fault (memory, analytics, graph or otlp), shows its detection and recovery, and exits
 */
import { parseArgs } from "node:util";
import { FAULTS, isFault, type FaultName } from "./demo/faults.ts";
import { show } from "./demo/show.ts";
import { startDemo, type Demo } from "./demo/start.ts";
import { Watch } from "./demo/watch.ts";
import { alternatives, quoted } from "../src/base/suggest.ts";

const USAGE = 2;

const startMs = performance.now();
const print = (line: string): void => console.log(`${((performance.now() - startMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

function chosen(): { readonly listen: string; readonly isBare: boolean; readonly fault: FaultName | undefined } {
  const { values } = parseArgs({
    options: { break: { type: "string" }, listen: { type: "string", default: "127.0.0.1:0" }, bare: { type: "boolean", default: false } },
  });
  const fault = values.break;
  if (fault !== undefined && !isFault(fault))
    throw new Error(`--break: expected ${alternatives(Object.keys(FAULTS))}, found ${quoted(fault)}`);
  return { listen: values.listen, isBare: values.bare, fault };
}

function printAddresses({ url, memoryFile, receiver, prometheus, alertmanager }: Demo): void {
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
  const demo = await startDemo({ listen, withNeighbours: !isBare, failed: ended.reject });
  try {
    printAddresses(demo);
    using watch = new Watch(demo.url, print);
    // Ends at a signal or, with a fault, when its recovery has been shown.
    await Promise.race([ended.promise, ...(fault === undefined ? [] : [show(fault, demo, watch, print)])]);
    print(`stopping after ${demo.receiver.exports} exports over OTLP`);
  } finally {
    await demo[Symbol.asyncDispose]();
  }
  print("all processes have stopped");
}

try {
  await run();
  // A request in flight must not keep the process alive.
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true ? USAGE : 1);
}

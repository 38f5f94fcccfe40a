/**
 * Runs the collector with a real MCP memory server under a small workload, and switches faults on and off, until Ctrl-C:
 *
 *     npm run demo                     -- --listen 127.0.0.1:9464, --bare for no Prometheus and no Alertmanager, --steady for no fault,
 *                                      --turn 20s for how long a fault stays and everything is healthy
 *     npm run demo -- --break memory   injects a fault (memory, analytics, graph or otlp), shows its detection and recovery, and exits
 *     npm run demo -- --store falkordb reads a memory in FalkorDB that grows, breaks its ingestion and shows how that is found, until Ctrl-C
 */
import { parseArgs } from "node:util";
import { FAULTS, isFault, type FaultName } from "./demo/faults.ts";
import { showIngestion } from "./demo/ingestion.ts";
import { show } from "./demo/show.ts";
import { startDemo, type Demo } from "./demo/start.ts";
import { showInTurns } from "./demo/turns.ts";
import { Watch } from "./demo/watch.ts";
import { parseDuration } from "../src/base/quantity.ts";
import { alternatives, quoted } from "../src/base/suggest.ts";

const USAGE = 2;

const startMs = performance.now();
const print = (line: string): void => console.log(`${((performance.now() - startMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

interface Chosen {
  readonly listen: string;
  readonly isBare: boolean;
  readonly fault: FaultName | undefined;
  /** How long a fault stays, and everything is healthy, where faults are switched on and off; undefined for no fault. */
  readonly turnMs: number | undefined;
  /** Whether the memory is in FalkorDB. */
  readonly hasStore: boolean;
}

function chosen(): Chosen {
  const { values } = parseArgs({
    options: {
      break: { type: "string" },
      store: { type: "string" },
      listen: { type: "string", default: "127.0.0.1:0" },
      bare: { type: "boolean", default: false },
      steady: { type: "boolean", default: false },
      turn: { type: "string", default: "20s" },
    },
  });
  const { store } = values;
  if (store !== undefined && store !== "falkordb") throw new Error(`--store: expected falkordb, found ${quoted(store)}`);
  if (store !== undefined && values.break !== undefined) throw new Error("--store breaks the ingestion itself; leave out --break");
  const fault = values.break;
  if (fault !== undefined && !isFault(fault))
    throw new Error(`--break: expected ${alternatives(Object.keys(FAULTS))}, found ${quoted(fault)}`);
  const turnMs = parseDuration(values.turn);
  if (turnMs === undefined) throw new Error(`--turn: expected a duration such as "20s", found ${quoted(values.turn)}`);
  return { listen: values.listen, isBare: values.bare, fault, turnMs: values.steady ? undefined : turnMs, hasStore: store !== undefined };
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
  const { hasStore, ...rest } = chosen();
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.resolve());
  if (hasStore) await showIngestion(rest.listen, ended, print);
  else await showMemoryServer(rest, ended);
  print("all processes have stopped");
}

async function showMemoryServer(
  { listen, isBare, fault, turnMs }: Omit<Chosen, "hasStore">,
  ended: PromiseWithResolvers<void>,
): Promise<void> {
  const demo = await startDemo({ listen, withNeighbours: !isBare, failed: ended.reject });
  try {
    printAddresses(demo);
    print(`Open this page in a browser and watch it follow: ${demo.url}/`);
    if (fault === undefined) print("Ctrl-C ends the demo and all its programs.");
    using watch = new Watch(demo.url, print);
    // Ends at a signal or, with a fault, when its recovery has been shown.
    const shown =
      fault === undefined ? (turnMs === undefined ? [] : [showInTurns(demo, watch, turnMs, print)]) : [show(fault, demo, watch, print)];
    await Promise.race([ended.promise, ...shown]);
    print(`stopping after ${demo.receiver.exports} exports over OTLP`);
  } finally {
    await demo[Symbol.asyncDispose]();
  }
}

try {
  await run();
  // A request in flight must not keep the process alive.
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit((error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true ? USAGE : 1);
}

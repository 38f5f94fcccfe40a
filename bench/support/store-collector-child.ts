/**
 * A collector of a graph store with default settings, in a process of its own. At `start` it reports when the first sample of each collection,
 * which contains a scan, is there, and goes on reading until `stop`. Argument: the source as JSON.
 */
import { createCollector } from "../../src/index.ts";
import { answerParent } from "./child.ts";

/** What the parent sends, and what it gets. */
export type Request = "start" | "stop";
export interface Reply {
  /** Seconds until the first sample of each collection; absent after `stop`. */
  readonly scannedSeconds?: number;
  /** Samples since `start`, and those that are no success. */
  readonly samples: number;
  readonly failures: number;
}

const source = JSON.parse(process.argv[2] ?? "{}") as { readonly kind: "falkordb"; readonly graphs: string[] };
const types = ["agent-memory", "graph", "graph-service"];

async function start(): Promise<{ readonly scanned: Reply; readonly stop: () => Promise<Reply> }> {
  const startMs = performance.now();
  const collections = Object.fromEntries(types.map((type) => [type, { source: "memory", type }]));
  const collector = createCollector({ sources: { memory: source }, collections });
  const handles = types.map((type) => collector.collection(type));
  const count = (): Reply => {
    const samples = handles.flatMap((handle) => handle.recent(handle.taken));
    return { samples: samples.length, failures: samples.filter(({ outcome }) => outcome !== "success").length };
  };
  await using resources = new AsyncDisposableStack();
  resources.use(collector);
  const events = collector.events();
  await collector.start();
  for await (const _ of events) if (handles.every(({ taken }) => taken > 0)) break;
  const held = resources.move();
  const stop = async (): Promise<Reply> => {
    const counts = count();
    await held.disposeAsync();
    return counts;
  };
  return { scanned: { ...count(), scannedSeconds: (performance.now() - startMs) / 1_000 }, stop };
}

let running: Awaited<ReturnType<typeof start>> | undefined;
answerParent(async (request) => {
  if (request === "stop") return running?.stop();
  running = await start();
  return running.scanned;
});

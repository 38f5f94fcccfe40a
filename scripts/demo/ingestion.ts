import { fileURLToPath } from "node:url";
import { startFalkordb } from "./falkordb.ts";
import { Pacer } from "./pacer.ts";
import { Program } from "./program.ts";
import { json, poll, seconds, untilHealthy, untilSampled, type Print } from "./show.ts";
import { TeamMemory } from "./team-memory.ts";
import { Watch } from "./watch.ts";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const GRAPH = "team";
const FACTS = "collection:facts";

/** The demo fails if a step takes longer than its limit. Milliseconds. */
const DETECTED_MS = 90_000;
const RECOVERED_MS = 60_000;

/** How long the fault is left to be looked at on the page. Milliseconds. */
const SHOWN_MS = 15_000;

/** A memory in FalkorDB that grows, and the collector that reads it. */
interface IngestionDemo extends AsyncDisposable {
  readonly url: string;
  readonly storeUrl: string;
  readonly memory: TeamMemory;
}

async function start(listen: string, failed: (error: unknown) => void): Promise<IngestionDemo> {
  await using parts = new AsyncDisposableStack();
  const store = parts.use(await startFalkordb());
  const memory = await TeamMemory.connect(store.url, GRAPH);
  const pacer = parts.use(new Pacer(memory, failed));
  await pacer.use((each) => each.step());
  const args = ["run", "--config", file("./falkordb.yaml"), "--listen", listen, "--log-format", "json"];
  const env = { DEMO_FALKORDB_URL: store.url };
  const collector = parts.use(new Program("the collector", process.execPath, [file("../../src/cli/main.ts"), ...args], env));
  const { url } = JSON.parse(await collector.line((line) => line.includes('"started"'))) as { url: string };
  const running = parts.move();
  return { url, storeUrl: store.url, memory, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/**
 * Shows how a broken ingestion is found: episodes arrive, and no facts are extracted from them. Then it runs on until `ended`.
 *
 * @param listen address of the collector's server
 */
export async function showIngestion(listen: string, ended: PromiseWithResolvers<void>, print: Print): Promise<void> {
  const demo = await start(listen, ended.reject);
  try {
    print(`FalkorDB      ${demo.storeUrl}, graph ${GRAPH}`);
    print(`live page     ${demo.url}/`);
    print("A team sends a message each second. It is stored as an episode, as Graphiti does, and a fact is extracted from it.");
    using watch = new Watch(demo.url, print);
    await Promise.race([ended.promise, breakAndRepair(demo, watch, print).then(() => ended.promise)]);
  } finally {
    await demo[Symbol.asyncDispose]();
  }
}

async function breakAndRepair(demo: IngestionDemo, watch: Watch, print: Print): Promise<void> {
  await untilSampled(demo);
  await untilHealthy(demo, RECOVERED_MS);
  print(`all components are healthy: ${await contentOf(demo)}`);
  const seen = watch.until(`an alert of ${FACTS}`, DETECTED_MS, ({ alerts }) =>
    alerts.some(({ labels, state }) => labels.component === FACTS && state === "firing"),
  );
  print("fault: the extraction has stopped. Messages still arrive and are stored, and every request still succeeds.");
  demo.memory.isExtracting = false;
  const brokenMs = performance.now();
  await seen;
  print(`detected after ${seconds(brokenMs)}: ${await contentOf(demo)}`);
  print(`the chart of extractionLag on the page shows it: ${demo.url}/`);
  await new Promise((resolve) => setTimeout(resolve, SHOWN_MS));
  demo.memory.isExtracting = true;
  print("repaired: facts are extracted again");
  const repairedMs = performance.now();
  await untilHealthy(demo, RECOVERED_MS);
  print(`recovered after ${seconds(repairedMs)}; the memory grows on until Ctrl-C`);
}

/** What the collector has read of the memory: raw messages and the facts from them. */
function contentOf({ url }: Pick<IngestionDemo, "url">): Promise<string> {
  return poll("a sample of the memory", RECOVERED_MS, async () => {
    const { columns, rows } = await json<{ columns: readonly string[]; rows: readonly (readonly unknown[])[] }>(
      `${url}/api/v1/collections/facts/samples?last=1&fields=memories`,
    );
    const [episodes, facts] = ["episodic", "semantic"].map((type) => rows[0]?.[columns.indexOf(`memories/${type}`)]);
    return typeof episodes === "number" && typeof facts === "number" ? `${episodes} episodes, ${facts} facts` : undefined;
  });
}

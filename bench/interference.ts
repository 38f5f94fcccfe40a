/**
 * How much slower a writer at full speed becomes while a collector reads its store; Linux only. In each round the writer inserts alone, then
 * while the collector makes its first readings, which contain a scan and the topology, then while it reads at its default intervals, then
 * alone again; the collector is a process of its own. Prints inserts a second, their ratio to those alone in the same round, and the same for
 * inserts per second of the server's CPU, which depends less on what else the machine does. The loss is that with a scan every five minutes,
 * which is the default.
 *
 * Arguments: the engine, `falkordb` or `neo4j`; rounds; edges of the graph at the start. Default: falkordb 8 100000.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { quantity } from "../src/base/quantity.ts";
import { startChild } from "./support/child.ts";
import { median, printTable } from "./support/measure.ts";
import { serveGraph, type ServedGraph } from "./support/served-graph.ts";
import type { Reply, Request } from "./support/store-collector-child.ts";

const [engine = "falkordb", rounds = "8", edges = "100000"] = process.argv.slice(3);
const isNeo4j = engine === "neo4j";
const PHASE_MS = 10_000;
/** The default of `scan_interval`. */
const SCAN_INTERVAL_S = 300;

/** Of `/proc`, on every Linux that Node supports. */
const TICKS_A_SECOND = 100;

/** How fast the writer is. */
interface Speed {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Inserts an episode with an entity and a fact about it, one statement after the other. */
class Writer {
  readonly #served: ServedGraph;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #inserts = 0;

  constructor(served: ServedGraph) {
    this.#served = served;
    this.#ended = this.#run();
  }

  async #run(): Promise<void> {
    const time = isNeo4j ? "datetime()" : `'${new Date().toISOString()}'`;
    const common = `group_id: 'team', created_at: ${time}`;
    while (!this.#ending.signal.aborted) {
      const n = this.#inserts;
      await this.#served.run(
        `CREATE (:Episodic {uuid: 'episode ${n}', ${common}, content: 'text ${n}'})-[:MENTIONS {${common}}]->
          (:Entity {uuid: 'entity ${n}', ${common}, name: 'name ${n}'})-[:RELATES_TO {${common}, fact: 'fact ${n}'}]->
          (:Entity {uuid: 'other ${n}', ${common}, name: 'other ${n}'})`,
      );
      this.#inserts += 1;
    }
  }

  async during(work: Promise<unknown>): Promise<Speed> {
    const [inserts, startMs, cpu] = [this.#inserts, performance.now(), this.#cpuSeconds()];
    await Promise.race([work, this.#ended]);
    const done = this.#inserts - inserts;
    return { perSecond: (done * 1_000) / (performance.now() - startMs), perCpuSecond: done / (this.#cpuSeconds() - cpu) };
  }

  /** CPU time of the server, in all threads. */
  #cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#served.pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return ((user ?? 0) + (system ?? 0)) / TICKS_A_SECOND;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#ended;
  }
}

await using served = await serveGraph(isNeo4j ? "neo4j" : "falkordb");
await served.write({ nodes: Math.round(Number(edges) / 4), edges: Number(edges) });
const { url } = served.connection;
const source = isNeo4j ? { kind: "neo4j", url } : { kind: "falkordb", url, graphs: [served.graph] };
await using child = startChild<Request, Reply>(new URL("./support/store-collector-child.ts", import.meta.url), [JSON.stringify(source)]);
const ask = (request: Request): Promise<Reply> => child.request(request);

const alone: Speed[] = [];
const reading: Speed[] = [];
const scanning: Speed[] = [];
const scanSeconds: number[] = [];
const count = { samples: 0, failures: 0 };
{
  await using writer = new Writer(served);
  // The first readings of the process load its code.
  await ask("start");
  await ask("stop");
  for (let round = 0; round < Number(rounds); round += 1) {
    const before = await writer.during(sleep(PHASE_MS / 2));
    const started = ask("start");
    scanning.push(await writer.during(started));
    scanSeconds.push((await started).scannedSeconds ?? Number.NaN);
    reading.push(await writer.during(sleep(PHASE_MS)));
    const { samples, failures } = await ask("stop");
    const after = await writer.during(sleep(PHASE_MS / 2));
    alone.push({
      perSecond: (before.perSecond + after.perSecond) / 2,
      perCpuSecond: (before.perCpuSecond + after.perCpuSecond) / 2,
    });
    count.samples += samples;
    count.failures += failures;
  }
}

const ratio = (speeds: readonly Speed[], key: keyof Speed): number =>
  median(speeds.map((speed, n) => speed[key] / (alone[n]?.[key] ?? Number.NaN)));
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
const scanShare = median(scanSeconds) / SCAN_INTERVAL_S;
const loss = (key: keyof Speed): string => percent(1 - (1 - scanShare) * ratio(reading, key) - scanShare * ratio(scanning, key));
const row = (name: string, speeds: readonly Speed[]): readonly string[] => [
  name,
  ...(["perSecond", "perCpuSecond"] as const).flatMap((key) => [
    Math.round(median(speeds.map((speed) => speed[key]))).toLocaleString("en"),
    percent(ratio(speeds, key)),
  ]),
];
console.log(
  `${engine}, ${rounds} rounds, ${edges} edges at the start; ${count.samples} samples, ${count.failures} without success; Node ${process.version}`,
);
printTable([
  ["writer", "inserts/s", "ratio", "inserts per CPU second", "ratio"],
  row("alone", alone),
  row("beside readings at default intervals", reading),
  row(`beside a scan of ${quantity(median(scanSeconds), "s")}`, scanning),
]);
console.log(
  `loss with a scan every ${SCAN_INTERVAL_S / 60} minutes: ${loss("perSecond")} of the inserts, ${loss("perCpuSecond")} by the server's CPU`,
);

import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFullHour } from "../full-hour.ts";
import { install, Life } from "../installed.ts";
import { rewriteMemory } from "../soak-neighbours.ts";
import { configurationOf, INTERVALS } from "./configuration.ts";
import { countOf, descriptors, residentMb, slopePerHour, type MemoryPoint } from "./process-memory.ts";
import { printReport } from "./report.ts";
import { Receiver } from "./receiver.ts";
import { Surroundings } from "./surroundings.ts";
import { Visitors } from "./visitors.ts";

/** The slope is that after this time. */
const SETTLED_SECONDS = 1_800;
const MEMORY_SECONDS = 5;
const REWRITE_SECONDS = 10;
/** A takes another configuration at this interval, and the first one again at the next. */
const RELOAD_SECONDS = 20;
/** At the end nothing fails for this long, so that all alerts can be resolved: a flapping one holds for five minutes. */
const CALM_SECONDS = 480;
/** Of B; less in a run so short that there would be no kill. */
const [SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS, LONGEST_OUTAGE_SECONDS] = [90, 300, 20];

/** A collector of which processes live one after the other. */
export interface Watched {
  readonly name: string;
  readonly folder: string;
  /** Its configuration, or the one that it alternates with. */
  readonly configuration: (isChanged: boolean) => string;
  readonly url: string;
  readonly lives: Life[];
  readonly receiver: Receiver;
}

export interface Minute {
  readonly minute: number;
  readonly rssMb: number;
  readonly heapMb: number;
  /** Counted while no client but the receiver is connected. */
  readonly descriptors: Readonly<Record<string, number>>;
}

export class Endurance {
  readonly #folder: string;
  readonly #seconds: number;
  readonly #over = new AbortController();
  readonly surroundings = new Surroundings();
  readonly memory: MemoryPoint[] = [];
  readonly minutes: Minute[] = [];
  #isStopped = false;
  #command = "";
  #at = 0;
  #kills = 0;
  #reloads = 0;
  /** When B is killed, and when it starts again. */
  #killAt: number;
  #startAt = Number.POSITIVE_INFINITY;

  constructor(folder: string, minutes: number) {
    this.#folder = folder;
    this.#seconds = minutes * 60;
    this.#killAt = this.#lifeSeconds();
  }

  get kills(): number {
    return this.#kills;
  }

  get reloads(): number {
    return this.#reloads;
  }

  get seconds(): number {
    return this.#at;
  }

  /** Ends the run early, with its report. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @returns whether every promise was kept */
  async run(): Promise<boolean> {
    this.#command = install(join(this.#folder, "program"));
    const surroundings = await this.surroundings.listen();
    const a = await this.#watch("a", surroundings, true);
    const b = await this.#watch("b", surroundings);
    const visitors = new Visitors(a.url, this.#over.signal);
    console.log(`pid ${process.pid}; A is pid ${a.lives[0]?.pid} in ${a.folder}, B is in ${b.folder}; Node ${process.version}`);
    const begunMs = performance.now();
    for (; this.#at < this.#seconds && !this.#isStopped; this.#at += 1) {
      for (const { folder } of [a, b]) if (this.#at % REWRITE_SECONDS === 0) rewriteMemory(join(folder, "memory.jsonl"), this.#at);
      if (this.#at % MEMORY_SECONDS === 0) this.memory.push({ atSeconds: this.#at, rssMb: residentMb(lifeOf(a).pid) });
      if (this.#at % 60 === 50) visitors.close();
      if (this.#at % 60 === 59) await this.#minute(a, b, visitors);
      this.surroundings.isCalm = this.#isCalm;
      if (this.#at % RELOAD_SECONDS === RELOAD_SECONDS / 2) this.#reload(a);
      await this.#killOrStart(b);
      await sleep(Math.max(0, (this.#at + 1) * 1_000 - (performance.now() - begunMs)));
    }
    const isFine = printReport(this, a, b, visitors);
    this.#over.abort();
    for (const { lives } of [a, b]) {
      lives.at(-1)?.signal("SIGTERM");
      const { code } = (await lives.at(-1)?.ended) ?? {};
      console.log(`exit code after SIGTERM: ${code}`);
    }
    this.surroundings.close();
    return isFine;
  }

  /** MB an hour after the first half hour; NaN before. */
  slope(): number {
    return slopePerHour(this.memory.filter(({ atSeconds }) => atSeconds >= SETTLED_SECONDS));
  }

  get #isCalm(): boolean {
    return this.#seconds - this.#at < Math.min(CALM_SECONDS, this.#seconds / 4);
  }

  #lifeSeconds(): number {
    return between(Math.min(SHORTEST_LIFE_SECONDS, this.#seconds / 20), Math.min(LONGEST_LIFE_SECONDS, this.#seconds / 6));
  }

  /** @param isFull whether it begins with an hour of samples */
  async #watch(name: string, surroundings: string, isFull = false): Promise<Watched> {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    const memoryFile = join(folder, "memory.jsonl");
    rewriteMemory(memoryFile, 0);
    if (isFull) await writeFullHour(join(folder, "state"), memoryFile);
    const port = await freePort();
    const configuration = (isChanged: boolean): string => configurationOf(name, port, surroundings, isChanged);
    writeFileSync(join(folder, "otel-config.yaml"), configuration(false));
    const url = `http://127.0.0.1:${port}`;
    const watched = { name, folder, configuration, url, lives: [], receiver: new Receiver(url, INTERVALS, this.#over.signal) };
    this.#start(watched);
    if ((await lifeOf(watched).url) === undefined) throw new Error(`the command ended: ${JSON.stringify(lifeOf(watched).log)}`);
    return watched;
  }

  #start({ folder, lives, receiver }: Watched): void {
    receiver.started(Date.now());
    lives.push(new Life({ command: this.#command, cwd: folder, logFile: join(folder, "log.jsonl") }));
  }

  async #killOrStart(b: Watched): Promise<void> {
    if (this.#at >= this.#startAt) {
      this.#startAt = Number.POSITIVE_INFINITY;
      this.#killAt = this.#at + this.#lifeSeconds();
      this.#start(b);
    } else if (this.#at >= this.#killAt && !this.#isCalm) {
      this.#killAt = Number.POSITIVE_INFINITY;
      this.#startAt = this.#at + between(0, LONGEST_OUTAGE_SECONDS);
      this.#kills += 1;
      await lifeOf(b).kill();
    }
  }

  #reload({ configuration, folder, lives }: Watched): void {
    this.#reloads += 1;
    writeFileSync(join(folder, "otel-config.yaml"), configuration(this.#reloads % 2 === 1));
    lives.at(-1)?.signal("SIGHUP");
  }

  async #minute(a: Watched, b: Watched, visitors: Visitors): Promise<void> {
    const minute = Math.round(this.#at / 60);
    const { pid } = lifeOf(a);
    const stats = (await (await fetch(`${a.url}/api/v1/stats`, { headers: { connection: "close" } })).json()) as {
      readonly process: { readonly heapUsedBytes: number };
    };
    await sleep(100);
    const measured = { minute, rssMb: residentMb(pid), heapMb: stats.process.heapUsedBytes / 1e6, descriptors: descriptors(pid) };
    this.minutes.push(measured);
    visitors.open();
    const hook = this.surroundings.hook("a");
    console.log(
      [
        `${new Date().toISOString()} minute ${minute}`,
        `A ${measured.rssMb.toFixed(1)} MB`,
        `heap ${measured.heapMb.toFixed(1)} MB`,
        `slope ${this.slope().toFixed(2)} MB/h`,
        `${countOf(measured.descriptors)} descriptors`,
        `${a.receiver.events} events`,
        `${visitors.scrapes} scrapes`,
        `${visitors.streams} streams`,
        `webhook ${hook.accepted} accepted ${hook.refused} refused ${hook.hung} hung`,
        `${this.#reloads} reloads`,
        `B ${b.receiver.events} events ${this.#kills} kills`,
      ].join(", "),
    );
  }
}

/** The current one. */
export const lifeOf = ({ lives }: Watched): Life => lives.at(-1) as Life;

const between = (from: number, to: number): number => from + Math.round(Math.random() * (to - from));

/** A port that was free just now. A collector that starts again needs the same one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isInternalError, Life, type LogEntry } from "../installed.ts";
import { COLLECTIONS, configurationOf, INTERVAL_MS } from "./configuration.ts";
import { Faults } from "./faults.ts";
import { Witness, type Loss } from "./witness.ts";
import { World } from "./world.ts";

/** Minutes of such a collector, so that its limit removes nothing that is compared; kills also hit the removal of an old segment. */
const MAX_SIZE = "32MiB";
const FIRST_MS = 2_000;

/** What a process did when it was killed; `stopped`: it had stopped in order before the kill. */
type When = "running" | "starting" | "stopping" | "stopped";

export interface Death {
  readonly when: When;
  readonly atMs: number;
}

/** Kills processes of the command at random, and counts what each next process still has. */
export class Kills {
  readonly #command: string;
  readonly #folder: string;
  readonly world = new World();
  readonly witness = new Witness(COLLECTIONS, INTERVAL_MS);
  readonly deaths: Death[] = [];
  readonly losses: (Loss & Pick<Death, "when">)[] = [];
  /** From launching the process to its server, in milliseconds. */
  readonly startTimes: number[] = [];
  /** Processes that ended although nothing had ended them. */
  readonly failures: (readonly LogEntry[])[] = [];
  /** Lines of the log that say that something of the state was damaged or unusable, and errors. */
  readonly complaints: string[] = [];
  faults: Faults | undefined;
  /** The newest end of a process that was watched, until what it left is compared. */
  #watched: Death | undefined;

  constructor(folder: string, command: string) {
    this.#folder = folder;
    this.#command = command;
  }

  async run(count: number): Promise<void> {
    const world = await this.world.listen();
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, "otel-config.yaml"), configurationOf(world, MAX_SIZE));
    this.faults = new Faults(this.world);
    for (let n = 0; n < count && this.failures.length === 0; n += 1) {
      // The first one lives until its state knows its collections: what was never on disk has no outage.
      await (n === 0 ? this.#die("running", FIRST_MS) : this.#die(dice()));
      if ((n + 1) % 25 === 0) console.log(`${new Date().toISOString()} ${n + 1} kills, ${this.faults.changes} changes of the queue`);
    }
    await this.#end();
    this.world.close();
  }

  /** Starts a process, and kills it at a random moment. */
  async #die(when: When, atLeastMs = 0): Promise<void> {
    const over = new AbortController();
    const life = this.#start();
    if (when === "starting") await Promise.race([sleep(Math.random() * (this.startTimes.at(-1) ?? 400)), life.ended]);
    else {
      await this.#watch(life, over.signal);
      await Promise.race([sleep(atLeastMs + Math.random() * 1_200), life.ended]);
    }
    if (when === "stopping") {
      life.signal("SIGTERM");
      await Promise.race([sleep(Math.random() * 400), life.ended]);
    }
    life.signal("SIGKILL");
    const atMs = Date.now();
    const { code } = await life.ended;
    over.abort();
    const death: Death = { when: when === "stopping" && code === 0 ? "stopped" : when, atMs };
    this.deaths.push(death);
    if (when !== "starting") this.#watched = death;
    if (code !== null && death.when !== "stopped") this.failures.push(life.log);
    this.complaints.push(...life.log.filter(isComplaint).map(({ message }) => message));
  }

  /** A last process, which lives until every fault has ended and is reported, and then stops in order. */
  async #end(): Promise<void> {
    const over = new AbortController();
    const life = this.#start();
    await this.#watch(life, over.signal);
    this.faults?.stop();
    await Promise.race([this.faults?.ended, life.ended]);
    await Promise.race([sleep(1_000), life.ended]);
    life.signal("SIGTERM");
    const { code } = await life.ended;
    over.abort();
    if (code !== 0) this.failures.push(life.log);
    this.complaints.push(...life.log.filter(isComplaint).map(({ message }) => message));
  }

  #start(): Life {
    this.witness.started(Date.now());
    return new Life({ command: this.#command, cwd: this.#folder, args: ["--listen", "127.0.0.1:0"] });
  }

  /** Waits for its server, compares what it has, and follows its events. */
  async #watch(life: Life, signal: AbortSignal): Promise<void> {
    const url = await life.url;
    if (url === undefined) return;
    this.startTimes.push(Date.now() - life.startedMs);
    if (this.#watched) this.losses.push({ ...(await this.witness.compare(url, this.#watched.atMs)), when: this.#watched.when });
    this.#watched = undefined;
    void this.witness.follow(url, signal);
  }
}

const isComplaint = (entry: LogEntry): boolean => isInternalError(entry) || /^state: |saved state is not used/.test(entry.message);

function dice(): When {
  const face = Math.random();
  if (face < 0.7) return "running";
  return face < 0.85 ? "starting" : "stopping";
}

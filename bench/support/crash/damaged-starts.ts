import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isInternalError, Life } from "../installed.ts";
import { COLLECTIONS, configurationOf } from "./configuration.ts";
import { isPreserved, type Damage, type DamageState } from "./damage.ts";
import { World } from "./world.ts";

/** What a start on a damaged state has shown. */
export interface DamagedStart {
  readonly damages: readonly Damage[];
  readonly hasStarted: boolean;
  /** Lines of the log about the state. */
  readonly reports: readonly string[];
  /** Whether every damaged byte is still on disk. */
  readonly isPreserved: boolean;
  /** Samples that were read before and are retained. */
  readonly samples: number;
  readonly errors: readonly string[];
}

const HOUR_MS = 3_600_000;
/** So that there are several segments after a few seconds. */
const MAX_SIZE = "1MiB";
const LIFE_MS = 6_000;
const NOTIFIED_MS = 30_000;

/** Starts the command on states that were damaged, each time on a copy of the same one. */
export class DamagedStarts {
  readonly #command: string;
  readonly #folder: string;
  readonly world = new World();
  #killedMs = Number.NaN;

  constructor(folder: string, command: string) {
    this.#folder = folder;
    this.#command = command;
  }

  /** Makes the state that is damaged: of a process that was killed while an alert fired. */
  async prepare(): Promise<void> {
    const configuration = configurationOf(await this.world.listen(), MAX_SIZE);
    for (const name of ["sound", "ahead", "behind"]) {
      mkdirSync(join(this.#folder, name), { recursive: true });
      writeFileSync(join(this.#folder, name, "otel-config.yaml"), configuration);
    }
    this.world.isFull = true;
    const life = this.#start("sound");
    if ((await life.url) === undefined) throw new Error(`the command ended: ${JSON.stringify(life.log)}`);
    await sleep(LIFE_MS);
    await life.kill();
    this.#killedMs = Date.now();
  }

  async start(damage: DamageState): Promise<DamagedStart> {
    const cwd = join(this.#folder, "damaged");
    rmSync(cwd, { recursive: true, force: true });
    // The socket of a dead owner is no file that can be copied.
    cpSync(join(this.#folder, "sound"), cwd, { recursive: true, filter: (path) => !path.includes("owner-") });
    const state = join(cwd, "state");
    const damages = damage(state);
    // Each starts at the time of the kill: the ticks of a longer outage would take the place of what was before.
    const life = this.#start("damaged", this.#killedMs - Date.now());
    const url = await life.url;
    const samples = url === undefined ? 0 : await samplesAt(url);
    await life.kill();
    return {
      damages,
      hasStarted: url !== undefined,
      reports: life.log.map(({ message }) => message).filter((message) => /^state: |saved state is not used/.test(message)),
      // The header is one file that is overwritten, in two slots.
      isPreserved: damages.every((each) => (each.file === "header" && each.bytes.length > 0) || isPreserved(state, each)),
      samples,
      errors: life.log.filter(isInternalError).map(({ message }) => message),
    };
  }

  /** A process whose clock is an hour off, and one whose clock is right on its state. @returns what was found, for people */
  async changeClock(name: "ahead" | "behind"): Promise<{ readonly found: string; readonly isKept: boolean }> {
    const { world } = this;
    world.isFull = true;
    const beforeMs = Date.now();
    const first = this.#start(name, (name === "ahead" ? 1 : -1) * HOUR_MS);
    await first.url;
    const fired = await world.notified(beforeMs, ({ status }) => status === "firing", NOTIFIED_MS);
    await sleep(1_500);
    await first.kill();
    const betweenMs = Date.now();
    const second = this.#start(name);
    const url = await second.url;
    const samples = url === undefined ? 0 : await samplesAt(url);
    await sleep(2_000);
    const again = world.notifications.filter(({ atMs, status }) => atMs >= betweenMs && status === "firing").length;
    world.isFull = false;
    const resolved = await world.notified(betweenMs, ({ status }) => status === "resolved", NOTIFIED_MS);
    await second.kill();
    const errors = second.log.filter(isInternalError).length;
    return {
      found: `${samples} samples retained, the alert ${fired ? "fired" : "did not fire"}, was sent ${again} times again and ${resolved ? "resolved" : "not resolved"}; ${errors} errors`,
      isKept: url !== undefined && samples > 0 && fired !== undefined && again === 0 && resolved !== undefined && errors === 0,
    };
  }

  /** @param shiftMs how far its wall clock is ahead */
  #start(name: string, shiftMs = 0): Life {
    const preload = `const now = Date.now; Date.now = () => now() + ${shiftMs};`;
    const flags = shiftMs === 0 ? [] : ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
    return new Life({ command: this.#command, cwd: join(this.#folder, name), flags, args: ["--listen", "127.0.0.1:0"] });
  }
}

/** Samples that were read, over all collections. */
async function samplesAt(url: string): Promise<number> {
  let count = 0;
  for (const name of COLLECTIONS) {
    const response = await fetch(`${url}/api/v1/collections/${name}/samples?from=2000-01-01T00:00:00Z`, {
      headers: { connection: "close" },
    });
    const { rows } = (await response.json()) as { readonly rows: readonly (readonly [time: string, outcome: string])[] };
    count += rows.filter(([, outcome]) => outcome !== "missed").length;
  }
  return count;
}

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { systemClock, type Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { duration } from "../base/quantity.ts";
import { readConfigFile } from "../config/read-file.ts";
import { FolderEvents, type WatchFolder } from "./folder-events.ts";

/** How often the file is read where the system does not notify, as for a network mount. */
const POLL_MS = 5_000;

/** One change of a file is several events. */
const GATHER_MS = 50;

/** A file that is written in place has all its contents once they have stayed the same for this long. */
const QUIET_MS = 250;

/** New contents that are not right are reported after this: they may be half of what is being written. */
const SETTLE_MS = 1_000;

/** What a file contains, as something to compare: a hash, or why it cannot be read. */
export type Contents = string;

/** What the configuration file contains now. Never rejects. */
export async function contentsOf(file: string): Promise<Contents> {
  try {
    return createHash("sha256")
      .update(await readConfigFile(file))
      .digest("base64");
  } catch (error) {
    return `unreadable: ${messageOf(error)}`;
  }
}

export interface WatcherOptions {
  /** What the file contained when it was read last. */
  readonly seen: Contents;
  /**
   * Called with new contents of the file, one call after the other.
   *
   * @param isSettled false while the contents may still be incomplete: wrong ones are then not reported
   * @returns whether the contents were right; if not, they are tried again until `isSettled`
   */
  readonly take: (isSettled: boolean) => Promise<boolean>;
  readonly logger: Logger;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: the system's notifications. */
  readonly watch?: WatchFolder;
}

/**
 * Watches the contents of the configuration file, wherever its path leads: written in place, replaced by another file, or moved by a link on
 * the way, as a ConfigMap of Kubernetes is. The system's notifications make it quick; it also reads the file every few seconds, because they
 * can fail, and do not come from another machine.
 */
export class FileWatcher implements Disposable {
  readonly #file: string;
  readonly #options: WatcherOptions;
  readonly #clock: Clock;
  readonly #events: FolderEvents;
  #seen: Contents;
  #isChanged = false;
  #isClosed = false;
  #problem: string | undefined;
  #wait: AbortController | undefined;

  constructor(file: string, options: WatcherOptions) {
    this.#file = resolve(file);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#seen = options.seen;
    this.#events = new FolderEvents(this.#file, () => this.#changed(), options.watch);
  }

  /** Watches until it is disposed of. Never rejects. */
  async run(): Promise<void> {
    while (!this.#isClosed) {
      await this.#followFolders();
      await this.#check();
      if (this.#isClosed) break;
      await this.#sleep(this.#isChanged ? 0 : POLL_MS);
      if (this.#isChanged) await this.#pause(GATHER_MS);
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#events[Symbol.dispose]();
    this.#wait?.abort();
  }

  #changed(): void {
    this.#isChanged = true;
    this.#wait?.abort();
  }

  /** Takes new contents, if there are any. */
  async #check(): Promise<void> {
    const { take } = this.#options;
    const startMs = this.#clock.monotonicMs();
    for (;;) {
      this.#isChanged = false;
      const found = await contentsOf(this.#file);
      if (found === this.#seen || this.#isClosed) return;
      await this.#pause(QUIET_MS);
      if (this.#isClosed) return;
      const isSettled = this.#clock.monotonicMs() - startMs >= SETTLE_MS;
      if (!isSettled && (await contentsOf(this.#file)) !== found) continue;
      if (!(await this.#guarded(() => take(isSettled))) && !isSettled) continue;
      this.#seen = found;
      return;
    }
  }

  async #guarded(take: () => Promise<boolean>): Promise<boolean> {
    try {
      return await take();
    } catch (error) {
      this.#options.logger.error("the new contents of the configuration file could not be taken", { error: messageOf(error) });
      return false;
    }
  }

  async #followFolders(): Promise<void> {
    const problem = await this.#events.follow();
    if (this.#isClosed) return this.#events[Symbol.dispose]();
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === undefined) return;
    this.#options.logger.warn(`the configuration file cannot be watched, so it is read every ${duration(POLL_MS)}`, { reason: problem });
  }

  /** Waits, also while the file changes. */
  async #pause(ms: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + ms;
    while (!this.#isClosed && this.#clock.monotonicMs() < endMs) await this.#sleep(endMs - this.#clock.monotonicMs());
  }

  /** Waits until the file changes, but not longer than this. */
  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return;
    const wait = new AbortController();
    this.#wait = wait;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + ms, wait.signal);
    this.#wait = undefined;
  }
}

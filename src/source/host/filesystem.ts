import { statfs } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";
import { untilAborted, Deadline } from "../../base/deadline.ts";
import { VitalsError } from "../../base/errors.ts";
import type { SystemMetrics } from "../../sample/types/system.ts";
import { ProcFile } from "./proc-file.ts";
import { record } from "./measured.ts";
import { localPaths } from "./mounts.ts";

type FilesystemUtilization = NonNullable<SystemMetrics["filesystemUtilization"]>;

/** Blocks of a filesystem: all, free, and free for an ordinary user. */
interface Space {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
}

/** How long one reading waits for all filesystems together. A sound one answers within microseconds. */
const PATIENCE_MS = 250;

/** Each question without an answer holds one of the four threads that all file work of a Node program shares. */
const MOST_UNANSWERED = 2;

/**
 * Used shares of the local filesystems, asked anew at each reading: asking is cheap, and an earlier answer would pass for a
 * measurement. One that does not answer in time, as on a dying disk, is absent, and is not asked again until it has answered.
 */
export class Filesystems implements Disposable {
  readonly #mountinfo: ProcFile;
  readonly #clock: Clock;
  readonly #ask: (path: string) => Promise<Space>;
  readonly #unanswered = new Set<string>();
  #list = Buffer.alloc(0);
  #paths: readonly string[] = [];

  /**
   * @param mountinfo path of the list of mounts
   * @param ask what to ask a filesystem with; default `fs.statfs`, which runs off the main thread
   */
  constructor(mountinfo: string, clock: Clock, ask: (path: string) => Promise<Space> = statfs) {
    this.#mountinfo = new ProcFile(mountinfo);
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Undefined where no filesystem answered. An abort of `signal` ends the asking, with what has been answered. */
  async read(signal: AbortSignal): Promise<FilesystemUtilization | undefined> {
    const shares = record<number>();
    let any = false;
    using wait = new Deadline(this.#clock, this.#clock.monotonicMs() + PATIENCE_MS, outOfPatience);
    // One after the other, so that a disk which answers nothing, mounted many times, takes one thread and not all.
    for (const path of this.#mounted()) {
      if (signal.aborted || wait.signal.aborted || this.#unanswered.size >= MOST_UNANSWERED) break;
      if (this.#unanswered.has(path)) continue;
      const share = await untilAborted(this.#shareOf(path), wait.signal).catch(() => undefined);
      if (share === undefined) continue;
      shares[path] = share;
      any = true;
    }
    return any ? shares : undefined;
  }

  [Symbol.dispose](): void {
    this.#mountinfo[Symbol.dispose]();
  }

  /** The list of mounts is read each time, and made sense of when it has changed. */
  #mounted(): readonly string[] {
    const list = this.#mountinfo.read();
    if (!list) return [];
    if (!list.equals(this.#list)) {
      this.#list = Buffer.from(list);
      this.#paths = localPaths(list.toString());
    }
    return this.#paths;
  }

  async #shareOf(path: string): Promise<number | undefined> {
    this.#unanswered.add(path);
    try {
      return usedShare(await this.#ask(path));
    } finally {
      this.#unanswered.delete(path);
    }
  }
}

const outOfPatience = (): Error => new VitalsError("source_timeout", `expected filesystems to answer within ${PATIENCE_MS} ms`);

/** As `df` has it: of what an ordinary user can fill. */
function usedShare({ blocks, bfree, bavail }: Space): number | undefined {
  const used = blocks - bfree;
  return used + bavail > 0 ? used / (used + bavail) : undefined;
}

import { statfs } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";
import { untilAborted, Deadline } from "../../base/deadline.ts";
import { VitalsError } from "../../base/errors.ts";
import { duration } from "../../base/quantity.ts";
import type { SystemMetrics } from "../../sample/types/system.ts";
import { ProcFile } from "./proc-file.ts";
import { emptyRecord } from "./measured.ts";
import { LOCAL, localPaths, selectionOf, type FilesystemSelection } from "./mounts.ts";

type FilesystemUtilization = NonNullable<SystemMetrics["filesystemUtilization"]>;

/** Blocks of a filesystem: all, free, and free for an ordinary user. */
interface Space {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
}

/** Deadline of one reading for all filesystems together. A healthy one answers within microseconds. */
const DEADLINE_MS = 250;

/** Each pending request occupies one of the four threads that all file operations of a Node program share. */
const MAX_PENDING = 2;

/** Which filesystems to measure. */
export interface FilesystemSettings {
  /** Default: local filesystems. */
  readonly selection?: FilesystemSelection;
  /** Called when a path that was selected by name cannot be read, once until it can be read again. */
  readonly onUnreadable?: (path: string, error: unknown) => void;
}

/**
 * Utilization of filesystems. Each reading requests it again: that is cheap, and an old value would look like a measurement. A filesystem
 * that does not answer in time, as on a failing disk, is absent, and no new request is made until it has answered.
 */
export class Filesystems implements Disposable {
  readonly #mountinfo: ProcFile;
  readonly #clock: Clock;
  readonly #readSpace: (path: string) => Promise<Space>;
  readonly #selection: FilesystemSelection;
  readonly #onUnreadable: ((path: string, error: unknown) => void) | undefined;
  readonly #pending = new Set<string>();
  readonly #unreadable = new Set<string>();
  #list = Buffer.alloc(0);
  #paths: readonly string[] = [];

  /**
   * @param mountinfo path of the list of mounts
   * @param readSpace reads the space of a filesystem; default `fs.statfs`, which runs outside the main thread
   */
  constructor(
    mountinfo: string,
    clock: Clock,
    readSpace: (path: string) => Promise<Space> = statfs,
    { selection = selectionOf([LOCAL]), onUnreadable }: FilesystemSettings = {},
  ) {
    this.#mountinfo = new ProcFile(mountinfo);
    this.#clock = clock;
    this.#readSpace = readSpace;
    this.#selection = selection;
    this.#onUnreadable = onUnreadable;
    this.#paths = selection.paths;
  }

  /** Undefined if no filesystem answered. When `signal` aborts, returns what has been read so far. */
  async read(signal: AbortSignal): Promise<FilesystemUtilization | undefined> {
    const utilizations = emptyRecord<number>();
    let any = false;
    using deadline = new Deadline(this.#clock, this.#clock.monotonicMs() + DEADLINE_MS, timeout);
    // One after the other, so that a failing disk that is mounted several times occupies one thread and not all.
    for (const path of this.#mounted()) {
      if (signal.aborted || deadline.signal.aborted || this.#pending.size >= MAX_PENDING) break;
      if (this.#pending.has(path)) continue;
      const utilization = await untilAborted(this.#utilizationOf(path), deadline.signal).catch((error) => this.#report(path, error));
      if (utilization === undefined) continue;
      utilizations[path] = utilization;
      any = true;
    }
    return any ? utilizations : undefined;
  }

  [Symbol.dispose](): void {
    this.#mountinfo[Symbol.dispose]();
  }

  /** Reads the list of mounts each time, and parses it only if it has changed. */
  #mounted(): readonly string[] {
    const list = this.#mountinfo.read();
    if (!list) return this.#selection.paths;
    if (!list.equals(this.#list)) {
      this.#list = Buffer.from(list);
      this.#paths = [...new Set([...localPaths(list.toString(), this.#selection), ...this.#selection.paths])];
    }
    return this.#paths;
  }

  /** Reports a path that was selected by name: one that does not exist would be absent without a word. */
  #report(path: string, error: unknown): undefined {
    if (!this.#selection.paths.includes(path) || this.#unreadable.has(path)) return;
    this.#unreadable.add(path);
    this.#onUnreadable?.(path, error);
  }

  async #utilizationOf(path: string): Promise<number | undefined> {
    this.#pending.add(path);
    try {
      const space = await this.#readSpace(path);
      this.#unreadable.delete(path);
      return utilizationOf(space);
    } finally {
      this.#pending.delete(path);
    }
  }
}

const timeout = (): Error => new VitalsError("source_timeout", `the filesystems did not answer within ${duration(DEADLINE_MS)}`);

/** As in `df`: the used share of what an ordinary user can fill. */
function utilizationOf({ blocks, bfree, bavail }: Space): number | undefined {
  const used = blocks - bfree;
  return used + bavail > 0 ? used / (used + bavail) : undefined;
}

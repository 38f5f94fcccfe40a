import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SystemMetrics } from "../../sample/types/system.ts";
import { ascii, type ByteReader } from "./byte-reader.ts";
import { ProcFile } from "./proc-file.ts";
import { known, measured } from "./measured.ts";

const MICROSECONDS = 1e6;
const CPU_KEYS = ["usage_usec ", "user_usec ", "system_usec "].map(ascii);
const INACTIVE_FILE = [ascii("inactive_file ")];

/** More than groups are nested anywhere; `cgroup.max.depth` is far below it where it is set. */
const DEEPEST = 32;

/**
 * This process's control group, version 2. Where it has a limit on CPU or memory, the fields about that are present, and so say
 * what they are measured against; without a limit they are absent. Limits are read anew each time: they can be changed in place.
 */
export class ControlGroup implements Disposable {
  readonly #reader: ByteReader;
  readonly #limits: readonly { readonly cpu: ProcFile; readonly memory: ProcFile }[];
  readonly #cpuStat: ProcFile;
  readonly #memoryCurrent: ProcFile;
  readonly #memoryStat: ProcFile;
  #before: { readonly usedSeconds: number; readonly atMs: number } | undefined;

  /**
   * @param folder the group's folder
   * @param root where the groups begin; a limit of any group from there to `folder` holds for this one too
   */
  constructor(folder: string, root: string, reader: ByteReader) {
    this.#reader = reader;
    this.#limits = foldersBetween(folder, root).map((group) => ({
      cpu: new ProcFile(join(group, "cpu.max")),
      memory: new ProcFile(join(group, "memory.max")),
    }));
    this.#cpuStat = new ProcFile(join(folder, "cpu.stat"));
    this.#memoryCurrent = new ProcFile(join(folder, "memory.current"));
    this.#memoryStat = new ProcFile(join(folder, "memory.stat"));
  }

  /** @param nowMs monotonic time, for the CPU used since the last call */
  read(nowMs: number): SystemMetrics {
    return { ...this.#cpu(nowMs), ...this.#memory() };
  }

  [Symbol.dispose](): void {
    const limits = this.#limits.flatMap(({ cpu, memory }) => [cpu, memory]);
    for (const file of [...limits, this.#cpuStat, this.#memoryCurrent, this.#memoryStat]) file[Symbol.dispose]();
  }

  #cpu(nowMs: number): SystemMetrics {
    const before = this.#before;
    this.#before = undefined;
    const cpus = tightest(this.#limits.map(({ cpu }) => this.#quota(cpu)));
    if (cpus === undefined) return {};
    const [used, user, system] = this.#seconds();
    if (used !== undefined) this.#before = { usedSeconds: used, atMs: nowMs };
    return measured({
      containerCpuTime: user === undefined || system === undefined ? undefined : { user, system },
      containerCpuUtilization:
        !before || used === undefined || used < before.usedSeconds || nowMs <= before.atMs
          ? undefined
          : (used - before.usedSeconds) / (((nowMs - before.atMs) / 1_000) * cpus),
    });
  }

  #seconds(): readonly (number | undefined)[] {
    const bytes = this.#cpuStat.read();
    if (!bytes) return [];
    return this.#reader
      .over(bytes)
      .keyed(CPU_KEYS)
      .map((microseconds) => known(microseconds / MICROSECONDS));
  }

  #memory(): SystemMetrics {
    const limit = tightest(this.#limits.map(({ memory }) => this.#number(memory)));
    if (limit === undefined) return {};
    const usage = this.#number(this.#memoryCurrent);
    const stat = this.#memoryStat.read();
    const inactive = stat && known(this.#reader.over(stat).keyed(INACTIVE_FILE)[0]);
    return measured({
      containerMemoryLimit: limit,
      containerMemoryUsage: usage,
      // File cache that nobody has used of late is given back on demand, so it is not what will run out.
      containerMemoryUtilization: usage === undefined || inactive === undefined ? undefined : Math.max(0, usage - inactive) / limit,
    });
  }

  /** `cpu.max`: microseconds a group may use in each period, and the period; in CPUs. `max` is no number, and no limit. */
  #quota(file: ProcFile): number | undefined {
    const bytes = file.read();
    return bytes && known(this.#reader.over(bytes).number() / this.#reader.number());
  }

  #number(file: ProcFile): number | undefined {
    const bytes = file.read();
    return bytes && known(this.#reader.over(bytes).number());
  }
}

/** The group of this process; undefined where the machine has no control groups of version 2, or does not show them. */
export function findControlGroup(proc: string, sys: string, reader: ByteReader): ControlGroup | undefined {
  const root = join(sys, "fs/cgroup");
  const path = /^0::(\/.*)$/m.exec(contentOf(join(proc, "self/cgroup")))?.[1];
  if (path === undefined) return undefined;
  // A container may be told its path on the host while it sees nothing but its own group, which is then the root.
  const own = join(root, join("/", path));
  const folder = existsSync(join(own, "cgroup.controllers")) ? own : root;
  return existsSync(join(folder, "cgroup.controllers")) ? new ControlGroup(folder, root, reader) : undefined;
}

/** From a folder up to the root, both included. */
function foldersBetween(folder: string, root: string): readonly string[] {
  const folders = [folder];
  for (let next = folder; next !== root && folders.length < DEEPEST; folders.push(next)) next = dirname(next);
  return folders;
}

/** The least of the limits that there are; one of zero would make every share infinite. */
function tightest(limits: readonly (number | undefined)[]): number | undefined {
  let least: number | undefined;
  for (const limit of limits) if (limit !== undefined && limit > 0 && (least === undefined || limit < least)) least = limit;
  return least;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SystemMetrics } from "../../sample/types/system.ts";
import { ascii, type ByteReader } from "./byte-reader.ts";
import { ProcFile } from "./proc-file.ts";
import { known, measured } from "./measured.ts";

const MICROSECONDS = 1e6;
const CPU_KEYS = ["usage_usec ", "user_usec ", "system_usec "].map(ascii);
const INACTIVE_FILE = [ascii("inactive_file ")];

/** Maximum depth that is followed; groups are nested less deeply. */
const MAX_DEPTH = 32;

/**
 * This process's control group, version 2. Its CPU and memory fields are present only if the group has a limit, because they are measured
 * against it. Limits are read each time, because they can change while the process runs.
 */
export class ControlGroup implements Disposable {
  readonly #reader: ByteReader;
  readonly #limits: readonly { readonly cpu: ProcFile; readonly memory: ProcFile }[];
  readonly #cpuStat: ProcFile;
  readonly #memoryCurrent: ProcFile;
  readonly #memoryStat: ProcFile;
  #previous: { readonly usedSeconds: number; readonly atMs: number } | undefined;

  /**
   * @param folder the group's folder
   * @param root the topmost group's folder; the limits of all groups from there to `folder` apply
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
    const previous = this.#previous;
    this.#previous = undefined;
    const cpus = smallest(this.#limits.map(({ cpu }) => this.#quota(cpu)));
    if (cpus === undefined) return {};
    const [used, user, system] = this.#seconds();
    if (used !== undefined) this.#previous = { usedSeconds: used, atMs: nowMs };
    return measured({
      containerCpuTime: user === undefined || system === undefined ? undefined : { user, system },
      containerCpuUtilization:
        !previous || used === undefined || used < previous.usedSeconds || nowMs <= previous.atMs
          ? undefined
          : (used - previous.usedSeconds) / (((nowMs - previous.atMs) / 1_000) * cpus),
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
    const limit = smallest(this.#limits.map(({ memory }) => this.#number(memory)));
    if (limit === undefined) return {};
    const usage = this.#number(this.#memoryCurrent);
    const stat = this.#memoryStat.read();
    const inactive = stat && known(this.#reader.over(stat).keyed(INACTIVE_FILE)[0]);
    return measured({
      containerMemoryLimit: limit,
      containerMemoryUsage: usage,
      // The kernel reclaims inactive file cache on demand, so it does not count as used.
      containerMemoryUtilization: usage === undefined || inactive === undefined ? undefined : Math.max(0, usage - inactive) / limit,
    });
  }

  /** `cpu.max` in CPUs: the microseconds that the group may use in each period, divided by the period. `max` means no limit. */
  #quota(file: ProcFile): number | undefined {
    const bytes = file.read();
    return bytes && known(this.#reader.over(bytes).number() / this.#reader.number());
  }

  #number(file: ProcFile): number | undefined {
    const bytes = file.read();
    return bytes && known(this.#reader.over(bytes).number());
  }
}

/** The group of this process; undefined if the machine has no control groups of version 2, or hides them. */
export function findControlGroup(proc: string, sys: string, reader: ByteReader): ControlGroup | undefined {
  const root = join(sys, "fs/cgroup");
  const path = /^0::(\/.*)$/m.exec(contentOf(join(proc, "self/cgroup")))?.[1];
  if (path === undefined) return undefined;
  // In a container the path may be that on the host although only its own group is visible; that is then the root.
  const own = join(root, join("/", path));
  const folder = existsSync(join(own, "cgroup.controllers")) ? own : root;
  return existsSync(join(folder, "cgroup.controllers")) ? new ControlGroup(folder, root, reader) : undefined;
}

/** The folders from `folder` up to the root, both included. */
function foldersBetween(folder: string, root: string): readonly string[] {
  const folders = [folder];
  for (let next = folder; next !== root && folders.length < MAX_DEPTH; folders.push(next)) next = dirname(next);
  return folders;
}

/** The smallest limit. Zero is ignored: it would make every utilization infinite. */
function smallest(limits: readonly (number | undefined)[]): number | undefined {
  const set = limits.filter((limit) => limit !== undefined && limit > 0) as readonly number[];
  return set.length === 0 ? undefined : Math.min(...set);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

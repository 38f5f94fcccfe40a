import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { SystemMetrics } from "../../sample/system-metrics.ts";
import { ByteReader } from "./byte-reader.ts";
import { HeldFile } from "./held-file.ts";

type ContainerReading = Pick<
  SystemMetrics,
  "containerCpuTime" | "containerCpuUtilization" | "containerMemoryUsage" | "containerMemoryLimit" | "containerMemoryUtilization"
>;

/** Limits as they were when the source was opened; an orchestrator that changes them restarts the container, on the whole. */
interface Limits {
  readonly cpus: number | undefined;
  readonly memoryBytes: number | undefined;
}

const MICROSECONDS = 1e6;

/** This process's control group, version 2, where it has a limit on CPU or memory. Its fields say that they are measured against it. */
export class ControlGroup implements Disposable {
  readonly #limits: Limits;
  readonly #reader = new ByteReader();
  readonly #cpuStat: HeldFile;
  readonly #memoryCurrent: HeldFile;
  readonly #memoryStat: HeldFile;
  #before: { readonly usedSeconds: number; readonly atMs: number } | undefined;

  private constructor(folder: string, limits: Limits) {
    this.#limits = limits;
    this.#cpuStat = new HeldFile(join(folder, "cpu.stat"));
    this.#memoryCurrent = new HeldFile(join(folder, "memory.current"));
    this.#memoryStat = new HeldFile(join(folder, "memory.stat"));
  }

  /** The group of this process; undefined where there is none with a limit. */
  static find(proc: string, sys: string): ControlGroup | undefined {
    const root = join(sys, "fs/cgroup");
    const path = /^0::(.*)$/m.exec(text(join(proc, "self/cgroup")) ?? "")?.[1];
    if (path === undefined) return undefined;
    // Inside a container with a namespace of its own the path is "/", and the limits stand at the root.
    const folder = existsSync(join(root, path, "cpu.stat")) ? join(root, path) : root;
    const limits = limitsOf(folder, root);
    return limits.cpus === undefined && limits.memoryBytes === undefined ? undefined : new ControlGroup(folder, limits);
  }

  read(nowMs: number): ContainerReading {
    return { ...this.#cpu(nowMs), ...this.#memory() };
  }

  [Symbol.dispose](): void {
    for (const file of [this.#cpuStat, this.#memoryCurrent, this.#memoryStat]) file[Symbol.dispose]();
  }

  #cpu(nowMs: number): ContainerReading {
    const { cpus } = this.#limits;
    const stat = cpus === undefined ? undefined : this.#keyed(this.#cpuStat, ["usage_usec", "user_usec", "system_usec"]);
    const used = stat?.["usage_usec"];
    if (cpus === undefined || used === undefined) return {};
    const usedSeconds = used / MICROSECONDS;
    const before = this.#before;
    this.#before = { usedSeconds, atMs: nowMs };
    const user = (stat?.["user_usec"] ?? Number.NaN) / MICROSECONDS;
    const system = (stat?.["system_usec"] ?? Number.NaN) / MICROSECONDS;
    const times = Number.isNaN(user + system) ? {} : { containerCpuTime: { user, system } };
    if (!before || nowMs <= before.atMs || usedSeconds < before.usedSeconds) return times;
    return { ...times, containerCpuUtilization: (usedSeconds - before.usedSeconds) / (((nowMs - before.atMs) / 1_000) * cpus) };
  }

  #memory(): ContainerReading {
    const { memoryBytes } = this.#limits;
    const current = memoryBytes === undefined ? undefined : this.#memoryCurrent.read();
    if (memoryBytes === undefined || !current) return {};
    const usage = this.#reader.over(current).number();
    if (Number.isNaN(usage)) return { containerMemoryLimit: memoryBytes };
    const inactive = this.#keyed(this.#memoryStat, ["inactive_file"])?.["inactive_file"];
    const held = { containerMemoryUsage: usage, containerMemoryLimit: memoryBytes };
    return inactive === undefined ? held : { ...held, containerMemoryUtilization: Math.max(0, usage - inactive) / memoryBytes };
  }

  /** Lines of a key and a number. */
  #keyed(file: HeldFile, wanted: readonly string[]): Record<string, number> | undefined {
    const bytes = file.read();
    if (!bytes) return undefined;
    const numbers: Record<string, number> = {};
    const reader = this.#reader.over(bytes);
    for (; !reader.atEnd; reader.nextLine()) {
      const key = reader.word();
      if (wanted.includes(key)) numbers[key] = reader.number();
    }
    return numbers;
  }
}

/** The tightest limits from a group up to the root: a parent's limit holds for its children. */
function limitsOf(folder: string, root: string): Limits {
  let cpus = Number.POSITIVE_INFINITY;
  let memoryBytes = Number.POSITIVE_INFINITY;
  for (let group = folder; group.startsWith(root); group = dirname(group)) {
    const [quota, period] = (text(join(group, "cpu.max")) ?? "max").trim().split(" ");
    const share = Number(quota) / Number(period);
    if (share > 0) cpus = Math.min(cpus, share);
    const most = Number((text(join(group, "memory.max")) ?? "max").trim());
    if (most > 0) memoryBytes = Math.min(memoryBytes, most);
  }
  // A quota of more than there is limits nothing.
  return {
    cpus: cpus <= availableParallelism() ? cpus : undefined,
    memoryBytes: Number.isFinite(memoryBytes) ? memoryBytes : undefined,
  };
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

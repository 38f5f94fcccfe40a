import { join } from "node:path";
import type { SystemMetrics } from "../../sample/types/system.ts";
import type { ByteReader } from "./byte-reader.ts";
import { findControllersV1 } from "./control-group-v1.ts";
import { findControllersV2 } from "./control-group-v2.ts";
import type { Controllers, CpuController, MemoryController } from "./controllers.ts";
import { measured } from "./measured.ts";

/**
 * This process's control group. Its CPU and memory fields are present only if the group has a limit, because they are measured against it.
 * Limits are read each time, because they can change while the process runs.
 */
export class ControlGroup implements Disposable {
  readonly #controllers: Controllers;
  #previous: { readonly usedSeconds: number; readonly atMs: number } | undefined;

  constructor(controllers: Controllers) {
    this.#controllers = controllers;
  }

  /** @param nowMs monotonic time including suspensions of this process, for the CPU that the group has used since the last call */
  read(nowMs: number): SystemMetrics {
    const { cpu, memory } = this.#controllers;
    return { ...(cpu && this.#cpuOf(cpu, nowMs)), ...(memory && memoryOf(memory)) };
  }

  [Symbol.dispose](): void {
    this.#controllers.cpu?.[Symbol.dispose]();
    this.#controllers.memory?.[Symbol.dispose]();
  }

  #cpuOf(cpu: CpuController, nowMs: number): SystemMetrics {
    const previous = this.#previous;
    this.#previous = undefined;
    const cpus = cpu.limit();
    if (cpus === undefined) return {};
    const { total, user, system } = cpu.time();
    if (total !== undefined) this.#previous = { usedSeconds: total, atMs: nowMs };
    return measured({
      containerCpuTime: user === undefined || system === undefined ? undefined : { user, system },
      containerCpuUtilization:
        !previous || total === undefined || total < previous.usedSeconds || nowMs <= previous.atMs
          ? undefined
          : (total - previous.usedSeconds) / (((nowMs - previous.atMs) / 1_000) * cpus),
    });
  }
}

function memoryOf(memory: MemoryController): SystemMetrics {
  const limit = memory.limit();
  if (limit === undefined) return {};
  const { usage, inactive } = memory.usage();
  return measured({
    containerMemoryLimit: limit,
    containerMemoryUsage: usage,
    containerMemoryUtilization: usage === undefined || inactive === undefined ? undefined : Math.max(0, usage - inactive) / limit,
  });
}

/**
 * The group of this process. Its controllers are in the hierarchy of version 2, or in those of version 1, beside which an almost empty one of
 * version 2 may be mounted (hybrid). Undefined if the machine has none, or hides them.
 */
export function findControlGroup(proc: string, sys: string, reader: ByteReader): ControlGroup | undefined {
  const root = join(sys, "fs/cgroup");
  const found =
    findControllersV2(proc, root, reader) ??
    findControllersV1(proc, root, reader) ??
    findControllersV2(proc, join(root, "unified"), reader);
  return found && new ControlGroup(found);
}

import type { SystemMetrics } from "../../sample/types/system.ts";
import { ascii, type ByteReader } from "./byte-reader.ts";

/** Seconds that the CPUs, all together, have spent in each mode since the machine started. */
export type CpuTimes = NonNullable<SystemMetrics["cpuTime"]>;
type CpuMode = keyof CpuTimes;

/**
 * Ticks a second in which `/proc/stat` counts. The kernel keeps nanoseconds and shows them in USER_HZ, which is part of its
 * interface: 100 on every architecture that Node runs on, whatever rate the kernel's own timer has.
 */
const USER_HZ = 100;

/** In the order of the columns. `guest` and `guest_nice` follow them, and are in `user` and `nice` already. */
const COLUMNS = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"] as const;

const CPU_LINE = ascii("cpu ");

/** The first line of `/proc/stat`; undefined where it is something else. Interrupts in hard and soft form are one mode. */
export function parseCpu(reader: ByteReader): CpuTimes | undefined {
  if (!reader.skip(CPU_LINE)) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, hard = 0, soft = 0, steal = 0] = COLUMNS.map(
    () => reader.number() / USER_HZ,
  );
  const times = { user, nice, system, idle, iowait, interrupt: hard + soft, steal };
  return Number.isNaN(sum(times)) ? undefined : times;
}

/** Waiting is not work. Stolen time is busy: the CPU was wanted, and not to be had. */
const NOT_BUSY: readonly CpuMode[] = ["idle", "iowait"];

/** A counter that falls by less wavers; one that falls by more has started again. */
const WAVER_SECONDS = 3;

/** What CPU times say beside the earlier ones. */
export class CpuHistory {
  #before: CpuTimes | undefined;
  #highest: CpuTimes = {};

  /**
   * The times as counters, and the busy share since the last call. The share is absent at the first call, and when time has
   * stood still or gone back. A single mode is absent while it is a little below where it was: the kernel lets idle and iowait
   * waver, and to every reader of a counter a fall is a new start, so that everything counted so far would count once more.
   */
  add(times: CpuTimes): Pick<SystemMetrics, "cpuTime" | "cpuUtilization"> {
    const before = this.#before;
    this.#before = times;
    const restarted = before !== undefined && sum(times) < sum(before);
    const cpuTime: Partial<Record<CpuMode, number>> = {};
    const highest: Partial<Record<CpuMode, number>> = {};
    for (const [mode, seconds] of Object.entries(times) as [CpuMode, number][]) {
      const high = this.#highest[mode] ?? 0;
      const wavers = !restarted && seconds < high && high - seconds < WAVER_SECONDS;
      highest[mode] = wavers ? high : seconds;
      if (!wavers) cpuTime[mode] = seconds;
    }
    this.#highest = highest;
    const cpuUtilization = before && busyShare(before, times);
    return { cpuTime, ...(cpuUtilization === undefined ? {} : { cpuUtilization }) };
  }
}

function busyShare(before: CpuTimes, now: CpuTimes): number | undefined {
  const passed = sum(now) - sum(before);
  const busy = sum(now, NOT_BUSY) - sum(before, NOT_BUSY);
  if (passed <= 0 || busy < 0) return undefined;
  // Where idle has wavered, a little more was busy than has passed.
  return Math.min(1, busy / passed);
}

function sum(times: CpuTimes, without: readonly CpuMode[] = []): number {
  let seconds = 0;
  for (const mode in times) if (!without.includes(mode as CpuMode)) seconds += times[mode as CpuMode] ?? 0;
  return seconds;
}

import type { SystemMetrics } from "../../sample/types/system.ts";
import { ascii, type ByteReader } from "./byte-reader.ts";

/** Seconds that all CPUs together have spent in each mode since the machine started. */
export type CpuTimes = NonNullable<SystemMetrics["cpuTime"]>;
type CpuMode = keyof CpuTimes;

/**
 * Ticks per second in `/proc/stat`. The kernel converts its nanoseconds to USER_HZ, which is part of its user interface: 100 on every
 * architecture that Node supports, independent of the kernel's timer frequency.
 */
export const USER_HZ = 100;

/** In the order of the columns. `guest` and `guest_nice` follow, and are included in `user` and `nice`. */
const COLUMNS = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"] as const;

const CPU_LINE = ascii("cpu ");

/** Parses the first line of `/proc/stat`; undefined if it has another form. Hard and soft interrupts are one mode. */
export function parseCpu(reader: ByteReader): CpuTimes | undefined {
  if (!reader.skip(CPU_LINE)) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, hard = 0, soft = 0, steal = 0] = COLUMNS.map(
    () => reader.number() / USER_HZ,
  );
  const times = { user, nice, system, idle, iowait, interrupt: hard + soft, steal };
  return Number.isNaN(sum(times)) ? undefined : times;
}

/** Modes that are not busy. Stolen time is: a process wanted the CPU and did not get it. */
const IDLE_MODES: readonly CpuMode[] = ["idle", "iowait"];

/** A counter that falls by less than this jitters; one that falls by more was reset. */
const JITTER_SECONDS = 3;

/** Derives counters and the utilization from consecutive CPU times. */
export class CpuHistory {
  #previous: CpuTimes | undefined;
  #highest: CpuTimes = {};

  /**
   * The times as counters, and the utilization since the last call. The utilization is absent at the first call and if the times did not
   * increase. A mode is absent while it is slightly below its maximum: the kernel's idle and iowait times jitter, and every reader takes
   * a falling counter for a reset, after which it would count the whole total again.
   */
  add(times: CpuTimes): Pick<SystemMetrics, "cpuTime" | "cpuUtilization"> {
    const previous = this.#previous;
    this.#previous = times;
    const isReset = previous !== undefined && sum(times) < sum(previous);
    const cpuTime: Partial<Record<CpuMode, number>> = {};
    const highest: Partial<Record<CpuMode, number>> = {};
    for (const [mode, seconds] of Object.entries(times) as [CpuMode, number][]) {
      const high = this.#highest[mode] ?? 0;
      const jitters = !isReset && seconds < high && high - seconds < JITTER_SECONDS;
      highest[mode] = jitters ? high : seconds;
      if (!jitters) cpuTime[mode] = seconds;
    }
    this.#highest = highest;
    const cpuUtilization = previous && utilizationBetween(previous, times);
    return { cpuTime, ...(cpuUtilization === undefined ? {} : { cpuUtilization }) };
  }
}

function utilizationBetween(previous: CpuTimes, now: CpuTimes): number | undefined {
  const elapsed = sum(now) - sum(previous);
  const busy = sum(now, IDLE_MODES) - sum(previous, IDLE_MODES);
  if (elapsed <= 0 || busy < 0) return undefined;
  // With jitter of the idle time, the busy time can exceed the elapsed time.
  return Math.min(1, busy / elapsed);
}

function sum(times: CpuTimes, without: readonly CpuMode[] = []): number {
  let seconds = 0;
  for (const mode in times) if (!without.includes(mode as CpuMode)) seconds += times[mode as CpuMode] ?? 0;
  return seconds;
}

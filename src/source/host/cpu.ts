import type { SystemMetrics } from "../../sample/system-metrics.ts";
import { ascii, type ByteReader } from "./byte-reader.ts";

/** Ticks a second in which `/proc/stat` counts. The kernel shows USER_HZ, which is 100 on every architecture Linux runs on but Alpha and IA-64. */
const USER_HZ = 100;

/** The modes in the order of the columns of `/proc/stat`. Time of guests is in `user` and `nice` already. */
const MODES = ["user", "nice", "system", "idle", "iowait", "interrupt", "softirq", "steal"] as const;

const CPU_LINE = ascii("cpu ");

/** Busy and whole time of all CPUs so far, in seconds. */
export interface CpuTotals {
  readonly busy: number;
  readonly whole: number;
}

export interface CpuReading {
  readonly cpuTime: NonNullable<SystemMetrics["cpuTime"]>;
  readonly totals: CpuTotals;
}

/** The first line of `/proc/stat`. Interrupts in hard and soft form are one mode; waiting for input and output is not busy, stolen time is. */
export function parseCpu(reader: ByteReader): CpuReading | undefined {
  if (!reader.skip(CPU_LINE)) return undefined;
  const seconds = MODES.map(() => reader.number() / USER_HZ);
  // Kernels before 2.6.11 have no steal column; every other has been there for as long as /proc/stat.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, hard = 0, soft = 0, steal = Number.NaN] = seconds;
  const interrupt = hard + soft;
  const busy = user + nice + system + interrupt + (Number.isNaN(steal) ? 0 : steal);
  const whole = busy + idle + iowait;
  if (Number.isNaN(whole)) return undefined;
  const times = { user, nice, system, idle, iowait, interrupt };
  return { cpuTime: Number.isNaN(steal) ? times : { ...times, steal }, totals: { busy, whole } };
}

/** Busy share between two readings; undefined without an earlier one, or when no time or negative time has passed. */
export function busyShare(before: CpuTotals | undefined, now: CpuTotals): number | undefined {
  if (!before || now.whole <= before.whole || now.busy < before.busy) return undefined;
  // The kernel may set idle time back by a tick or two, which would make the share exceed one.
  return Math.min(1, (now.busy - before.busy) / (now.whole - before.whole));
}

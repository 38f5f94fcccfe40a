import type { SystemMetrics } from "../../sample/types/system.ts";
import { ascii, type ByteReader } from "./byte-reader.ts";
import { known } from "./measured.ts";

interface MemoryReading {
  readonly memoryUsage: SystemMetrics["memoryUsage"] | undefined;
  readonly memoryLimit: number | undefined;
  readonly memoryUtilization: number | undefined;
  readonly swapUtilization: number | undefined;
}

const KIBIBYTE = 1_024;
const KEYS = ["MemTotal:", "MemFree:", "MemAvailable:", "Buffers:", "Cached:", "SReclaimable:", "SwapTotal:", "SwapFree:"].map(ascii);

/**
 * Parses `/proc/meminfo`. As in `free` (procps 4), used is the total without what is available to programs, and cached includes reclaimable
 * slabs. Cache that cannot be reclaimed, such as shared memory, is both cached and used, so the states do not add up to the limit. If
 * cached and free memory exceed the limit, as in the synthetic file of some containers, the states are absent. A machine without swap space has
 * no utilization of it.
 */
export function parseMemory(reader: ByteReader): MemoryReading {
  const [limit, free, available, buffers, pages, slabs = 0, swap, freeSwap] = reader
    .keyed(KEYS)
    .map((kibibytes) => known(kibibytes * KIBIBYTE));
  const swapUtilization = swap === undefined || freeSwap === undefined || freeSwap > swap || swap === 0 ? undefined : 1 - freeSwap / swap;
  if (limit === undefined || limit === 0)
    return { memoryLimit: undefined, memoryUsage: undefined, memoryUtilization: undefined, swapUtilization };
  const inUse = available === undefined || available > limit ? undefined : limit - available;
  const memoryUtilization = inUse === undefined ? undefined : inUse / limit;
  if (free === undefined || buffers === undefined || pages === undefined)
    return { memoryLimit: limit, memoryUsage: undefined, memoryUtilization, swapUtilization };
  const cached = pages + slabs;
  const rest = limit - free - buffers - cached;
  // Kernels before 3.14 do not say what is available.
  const used = available === undefined ? rest : inUse;
  const memoryUsage = rest < 0 || used === undefined ? undefined : { used, free, cached, buffers };
  return { memoryLimit: limit, memoryUsage, memoryUtilization, swapUtilization };
}

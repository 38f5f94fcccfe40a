import type { SystemMetrics } from "../../sample/types/system.ts";
import { ascii, type ByteReader } from "./byte-reader.ts";
import { known } from "./measured.ts";

interface MemoryReading {
  readonly memoryUsage: SystemMetrics["memoryUsage"] | undefined;
  readonly memoryLimit: number | undefined;
  readonly memoryUtilization: number | undefined;
}

const KIBIBYTE = 1_024;
const KEYS = ["MemTotal:", "MemFree:", "MemAvailable:", "Buffers:", "Cached:", "SReclaimable:"].map(ascii);

/**
 * Parses `/proc/meminfo`. The states are those of the OpenTelemetry Collector's host metrics and add up to the limit: cached includes
 * reclaimable slabs, used is the remainder. If cached and free memory exceed the limit, as in the synthetic file of some containers, the
 * states are absent.
 */
export function parseMemory(reader: ByteReader): MemoryReading {
  const [limit, free, available, buffers, pages, slabs] = reader.keyed(KEYS).map((kibibytes) => known(kibibytes * KIBIBYTE));
  if (limit === undefined || limit === 0) return { memoryLimit: undefined, memoryUsage: undefined, memoryUtilization: undefined };
  return {
    memoryLimit: limit,
    memoryUsage: statesOf(limit, free, buffers, pages, slabs),
    memoryUtilization: available === undefined || available > limit ? undefined : 1 - available / limit,
  };
}

function statesOf(limit: number, free?: number, buffers?: number, pages?: number, slabs = 0): SystemMetrics["memoryUsage"] | undefined {
  if (free === undefined || buffers === undefined || pages === undefined) return undefined;
  const cached = pages + slabs;
  const used = limit - free - buffers - cached;
  return used < 0 ? undefined : { used, free, cached, buffers };
}

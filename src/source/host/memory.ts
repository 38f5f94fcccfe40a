import type { SystemMetrics } from "../../sample/system-metrics.ts";
import type { ByteReader } from "./byte-reader.ts";

type MemoryReading = Pick<SystemMetrics, "memoryUsage" | "memoryLimit" | "memoryUtilization">;

const KIBIBYTE = 1_024;
const COLON = 0x3a;
const WANTED: ReadonlySet<string> = new Set(["MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SReclaimable"]);

/**
 * `/proc/meminfo`. The states are those of the Collector's host metrics and add up to the limit: cached includes reclaimable
 * slabs, used is what is left.
 */
export function parseMemory(reader: ByteReader): MemoryReading {
  const bytes: Record<string, number> = {};
  for (; !reader.atEnd; reader.nextLine()) {
    const name = reader.word(COLON);
    if (WANTED.has(name)) bytes[name] = reader.number() * KIBIBYTE;
  }
  const { MemTotal: limit, MemFree: free, MemAvailable: available, Buffers: buffers, Cached: pages, SReclaimable: slabs = 0 } = bytes;
  if (limit === undefined || limit === 0) return {};
  const utilization = available === undefined ? {} : { memoryUtilization: Math.max(0, 1 - available / limit) };
  if (free === undefined || buffers === undefined || pages === undefined) return { memoryLimit: limit, ...utilization };
  const cached = pages + slabs;
  const used = Math.max(0, limit - free - buffers - cached);
  return { memoryLimit: limit, ...utilization, memoryUsage: { used, free, cached, buffers } };
}

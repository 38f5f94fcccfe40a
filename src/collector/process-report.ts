import type { ProcessReport } from "../answer/stats.ts";

/** What this process uses. @param eventLoopDelayP99Ms undefined if it was not measured */
export function processReport(eventLoopDelayP99Ms: number | undefined): ProcessReport {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const delay = eventLoopDelayP99Ms === undefined ? {} : { eventLoopDelayP99Ms };
  return { cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapUsedBytes: heapUsed, ...delay };
}

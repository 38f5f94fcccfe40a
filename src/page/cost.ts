import { duration, percent, quantity } from "../base/quantity.ts";
import type { Stats } from "./api.ts";

/** A name, what is told, and what more there is to say. */
export type Cost = readonly [name: string, value: string, detail?: string | undefined];

/** What the collector's process costs. CPU is of the time between two looks; before the second, of its whole life. */
export function costOf(stats: Stats, before: Stats | undefined): readonly Cost[] {
  const { process, stream, exporters, sinks, ticks, version, uptimeSeconds } = stats;
  const cpu = process.cpuSeconds - (before?.process.cpuSeconds ?? 0);
  const wall = uptimeSeconds - (before?.uptimeSeconds ?? 0);
  const counts = Object.values(ticks);
  const missed = counts.reduce((sum, each) => sum + each.missed, 0);
  const due = counts.reduce((sum, each) => sum + Object.values(each).reduce((all, count) => all + count, 0), 0);
  const dropped = stream.dropped > 0 ? `, ${stream.dropped} events dropped` : "";
  return [
    ["CPU", wall > 0 ? `${percent(cpu / wall)} of a core` : percent(0)],
    ["Memory", quantity(process.residentBytes, "By"), `${quantity(process.heapUsedBytes, "By")} of it in the heap`],
    ["Buffers", quantity(stats.bufferBytes + stats.journal.bytes, "By")],
    ["Event-loop delay p99", quantity(process.eventLoopDelayP99Ms, "ms")],
    ["Missed ticks", `${missed} of ${due}`],
    [
      "Clients",
      `${stream.clients}${dropped}`,
      `${stream.sent} events sent, ${stream.disconnected} clients disconnected because they did not read`,
    ],
    ...(exporters.length === 0 ? [["Exporters", "none that push"] as const] : []),
    ...[...exporters, ...sinks].map((each): Cost => [each.name, deliveryOf(each), each.lastError ?? undefined]),
    ["Running for", duration(uptimeSeconds * 1_000)],
    ["Version", version],
  ];
}

interface Delivery {
  readonly consecutiveFailures: number;
  readonly failures?: number;
  readonly exports?: number;
}

function deliveryOf({ consecutiveFailures, exports }: Delivery): string {
  if (consecutiveFailures > 0) return `failing, ${consecutiveFailures} in a row`;
  return exports === undefined ? "fine" : `fine, ${exports} sent`;
}

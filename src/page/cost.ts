import { counted, duration, percent, quantity } from "../base/quantity.ts";
import type { Stats } from "../client/api.ts";
import { NONE } from "./format.ts";

/** A name, its value, and a tooltip with more detail. */
export type Cost = readonly [name: string, value: string, detail?: string | undefined];

/** What the collector's process uses, and its deliveries. CPU is over the time since `before`, or over the whole uptime without it. */
export function costOf(stats: Stats, before: Stats | undefined): readonly Cost[] {
  const { process, stream, exporters, sinks, ticks, version, uptimeSeconds } = stats;
  const cpuSeconds = process.cpuSeconds - (before?.process.cpuSeconds ?? 0);
  const wallSeconds = uptimeSeconds - (before?.uptimeSeconds ?? 0);
  const counts = Object.values(ticks);
  const missed = counts.reduce((sum, each) => sum + each.missed, 0);
  const due = counts.reduce((sum, each) => sum + Object.values(each).reduce((all, count) => all + count, 0), 0);
  const dropped = stream.dropped > 0 ? `, ${quantity(stream.dropped, "{event}")} events dropped` : "";
  return [
    ["CPU", `${percent(wallSeconds > 0 ? cpuSeconds / wallSeconds : 0)} of a core`],
    ["Memory", quantity(process.residentBytes, "By"), `heap in use: ${quantity(process.heapUsedBytes, "By")}`],
    ["Buffers", quantity(stats.bufferBytes + stats.journal.bytes, "By")],
    ["Event-loop delay p99", process.eventLoopDelayP99Ms === undefined ? NONE : quantity(process.eventLoopDelayP99Ms, "ms")],
    ["Missed ticks", `${quantity(missed, "{tick}")} of ${quantity(due, "{tick}")}`],
    [
      "Stream clients",
      `${stream.clients}${dropped}`,
      `${quantity(stream.sent, "{event}")} events sent, ${stream.disconnected} clients disconnected because they did not read`,
    ],
    ...(exporters.length === 0 ? [["Exporters", "no push exporter"] as const] : []),
    ...[...exporters, ...sinks].map((each): Cost => [each.name, deliveryState(each), each.lastError ?? undefined]),
    ["Uptime", duration(uptimeSeconds * 1_000)],
    ["Version", version],
  ];
}

interface DeliveryStats {
  readonly consecutiveFailures: number;
  /** Of an exporter. */
  readonly exports?: number;
  /** Of a sink. */
  readonly sent?: number;
}

function deliveryState({ consecutiveFailures, exports, sent }: DeliveryStats): string {
  if (consecutiveFailures > 0) return `failing, ${counted(consecutiveFailures, "consecutive failure")}`;
  return exports === undefined
    ? `working, ${quantity(sent ?? 0, "{alert}")} alerts sent`
    : `working, ${quantity(exports, "{export}")} exports`;
}

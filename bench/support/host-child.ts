/** Reads this machine once a second in one way, and reports the CPU per second in microseconds, started processes included. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.ts";

const [way = "", seconds = "60"] = process.argv.slice(2);
const WARM_UP = 5;
const live = new AbortController().signal;

/** The selected way; no other is loaded. */
async function reader(): Promise<() => unknown> {
  if (way === "ours") {
    const { Linux } = await import("../../src/source/host/linux.ts");
    const linux = new Linux("/proc", "/sys", systemClock);
    return () => linux.read(live);
  }
  if (way === "event-loop") {
    const { EventLoop } = await import("../../src/base/event-loop.ts");
    const eventLoop = new EventLoop(50);
    eventLoop.start();
    return () => eventLoop.delayP99Ms;
  }
  if (way === "host-metrics") {
    // A reader that collects what it observes. It has no filesystems, disks or load.
    const { HostMetrics } = await import("@opentelemetry/host-metrics");
    const { PrometheusExporter } = await import("@opentelemetry/exporter-prometheus");
    const { MeterProvider } = await import("@opentelemetry/sdk-metrics");
    const exporter = new PrometheusExporter({ preventServerStart: true });
    new HostMetrics({ meterProvider: new MeterProvider({ readers: [exporter] }) }).start();
    return () => exporter.collect();
  }
  if (way === "systeminformation") {
    const { default: si } = await import("systeminformation");
    return () => Promise.all([si.currentLoad(), si.mem(), si.fsSize(), si.networkStats(), si.disksIO()]);
  }
  return () => undefined;
}

/** CPU seconds of child processes that have ended. */
function childSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

const read = await reader();
async function oncePerSecond(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await read();
    await sleep(1_000);
  }
}

await oncePerSecond(WARM_UP);
const [before, childrenBefore] = [process.cpuUsage(), childSeconds()];
await oncePerSecond(Number(seconds));
const { user, system } = process.cpuUsage(before);
console.log((user + system + (childSeconds() - childrenBefore) * 1e6) / Number(seconds));
process.exit(0);

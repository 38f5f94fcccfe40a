import { describe, expect, it } from "vitest";
import { costOf } from "../../src/page/cost.ts";
import type { Stats } from "../../src/client/api.ts";

describe("costOf", () => {
  const outcomes = { success: 8, failed: 1, timeout: 0, invalid: 0, rejected: 0, missed: 1, waiting: 0 };
  const stats = (cpuSeconds: number, uptimeSeconds: number): Stats => ({
    version: "1.2.3",
    identity: {},
    bootId: "b",
    lifecycle: "running",
    uptimeSeconds,
    windows: ["1m"],
    ticks: { jobs: outcomes, other: outcomes },
    journal: { oldest: 1, head: 2, bytes: 24 },
    bufferBytes: 1_000,
    process: { cpuSeconds, residentBytes: 1024 ** 2, heapUsedBytes: 1024, eventLoopDelayP99Ms: 1.5 },
    exporters: [{ name: "otlp", exports: 3, failures: 2, consecutiveFailures: 2, lastSuccess: null, lastError: "refused" }],
    sinks: [],
    stream: { clients: 2, sent: 10, dropped: 4, disconnected: 0, refused: 0 },
  });

  it("costOf reports CPU since the previous statistics, memory, missed ticks, exporters and clients", () => {
    const cost = Object.fromEntries(costOf(stats(3, 110), stats(2, 100)).map(([name, value]) => [name, value]));
    expect(cost).toMatchObject({
      CPU: "10 % of a core",
      Memory: "1 MiB",
      Buffers: "1 KiB",
      "Missed ticks": "2 of 20",
      "Stream clients": "2, 4 events dropped",
      otlp: "failing, 2 consecutive failures",
      Uptime: "1m 50s",
      Version: "1.2.3",
    });
    expect(Object.fromEntries(costOf(stats(11, 110), undefined).map(([name, value]) => [name, value]))).toMatchObject({
      CPU: "10 % of a core",
    });
  });

  it("costOf shows a dash for an event-loop delay that was not measured", () => {
    const { process, ...others } = stats(1, 1);
    const { eventLoopDelayP99Ms, ...measured } = process;
    expect(new Map(costOf({ ...others, process }, undefined).map(([name, value]) => [name, value])).get("Event-loop delay p99")).toBe(
      `${eventLoopDelayP99Ms} ms`,
    );
    expect(costOf({ ...others, process: measured }, undefined)).toContainEqual(["Event-loop delay p99", "–"]);
  });
});

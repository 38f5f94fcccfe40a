import { describe, expect, it } from "vitest";
import { cellsOf, cellWords } from "../../src/page/cells.ts";
import { costOf } from "../../src/page/cost.ts";
import { clockTime, formatTicks, formatValue, wordsOf } from "../../src/page/format.ts";
import { happeningsOf } from "../../src/page/happenings.ts";
import { momentLink, parseMoment, rangeInSight } from "../../src/page/view-range.ts";
import { waitMs, whyOf } from "../../src/page/stream.ts";
import type { Stats } from "../../src/page/api.ts";

describe("numbers", () => {
  it.each([
    [0.1234, { unit: "1", max: 1 }, "12.3 %"],
    [4.348, { unit: "1" }, "4.35"],
    [2_048, { unit: "By", isRate: true }, "2 KiB/s"],
    [0.25, { unit: "s", isRate: true }, "25 %"],
    [1_234_567, { unit: "{node}" }, "1,234,567"],
    [NaN, { unit: "s" }, "–"],
    [null, { unit: "s" }, "–"],
    [undefined, { unit: "s" }, "–"],
  ])("formatValue shows %d of %o as %s", (value, unit, shown) => {
    expect(formatValue(value, unit)).toBe(shown);
  });

  it("beside an axis share one unit, with digits enough to tell them apart", () => {
    expect(formatTicks([12_000, 12_020, 12_040], { unit: "{node}" })).toEqual(["12.00 k", "12.02 k", "12.04 k"]);
    expect(formatTicks([0, 0.5, 1], { unit: "1", max: 1 })).toEqual(["0 %", "50 %", "100 %"]);
    expect(formatTicks([0, 512, 1_024], { unit: "By", isRate: true })).toEqual(["0.0 KiB/s", "0.5 KiB/s", "1.0 KiB/s"]);
    expect(formatTicks([2_040, 2_100], { unit: "s" })).toEqual(["34 min", "35 min"]);
    expect(formatTicks([0, 0.005], { unit: "s" })).toEqual(["0 ms", "5 ms"]);
    expect(formatTicks([], { unit: "s" })).toEqual([]);
  });

  it("have names in words", () => {
    expect(["cpuUtilization", "loadAverage1m", "eventLoopDelayP99", "networkIo"].map(wordsOf)).toEqual([
      "cpu utilization",
      "load average1m",
      "event loop delay p99",
      "network io",
    ]);
  });

  it("of a moment carry the day when it is another", () => {
    const now = Date.parse("2026-01-02T12:00:00");
    expect(clockTime(now, now)).toBe("12:00:00");
    expect(clockTime(Date.parse("2026-01-01T23:59:59"), now)).toBe("1 Jan 23:59:59");
  });
});

describe("the cells of the last hour", () => {
  const nowMs = Date.parse("2026-01-01T12:00:30Z");
  const at = (clock: string): string => `2026-01-01T${clock}Z`;
  const cells = (
    transitions: readonly (readonly [string, string, string])[],
    status = "healthy",
    since = "11:00:00",
    complete = "10:00:00",
  ) =>
    cellsOf(
      {
        status: status as never,
        sinceMs: Date.parse(at(since)),
        transitions: transitions.map(([time, from, to]) => ({ time: at(time), from: from as never, to: to as never })),
        completeSinceMs: Date.parse(at(complete)),
      },
      nowMs,
    );

  it("show the worst of each minute, from transitions alone", () => {
    const told = cells(
      [
        ["11:30:10", "healthy", "critical"],
        ["11:32:20", "critical", "healthy"],
      ],
      "healthy",
      "11:32:20",
    );
    expect(told).toHaveLength(60);
    expect(cellWords(told)).toBe("57 min healthy, 3 min critical");
    expect(told.slice(28, 33)).toEqual(["healthy", "critical", "critical", "critical", "healthy"]);
  });

  it("say nothing of the time before anything was recorded", () => {
    expect(cellWords(cells([], "healthy", "11:50:00", "11:45:00"))).toBe("44 min not recorded, 5 min unknown, 11 min healthy");
    expect(cellWords(cells([["11:58:00", "degraded", "healthy"]], "healthy", "11:58:00", "11:55:00"))).toBe(
      "54 min not recorded, 3 min degraded, 3 min healthy",
    );
  });

  it("do not call a component's first good status a change", () => {
    expect(cellWords(cells([], "healthy", "10:00:00"))).toBe("60 min healthy");
  });
});

describe("a moment", () => {
  it("is in its link, and comes back out of it", () => {
    const moment = { atMs: Date.parse("2026-01-01T12:00:30.123Z"), event: "boot-7" };
    expect(momentLink(moment)).toBe("#moment=2026-01-01T12:00:30.123Z&event=boot-7");
    expect(parseMoment(momentLink(moment))).toEqual(moment);
    expect(parseMoment("#moment=2026-01-01T12:00:30.123Z")).toEqual({ atMs: moment.atMs });
    expect(["", "#", "#main", "#moment=soon"].map(parseMoment)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("what is in sight", () => {
  it("is the window up to now, up to where the view was held, or a minute around a moment", () => {
    const nowMs = 10_000_000;
    expect(rangeInSight({ window: "5m" }, nowMs)).toEqual({ fromMs: 9_700_000, toMs: nowMs });
    expect(rangeInSight({ window: "1.5s", pausedMs: 9_000_000 }, nowMs)).toEqual({ fromMs: 8_998_500, toMs: 9_000_000 });
    expect(rangeInSight({ window: "1h", pausedMs: 1, moment: { atMs: 500_000 } }, nowMs)).toEqual({ fromMs: 440_000, toMs: 560_000 });
    expect(rangeInSight({ window: "soon" }, nowMs)).toEqual({ fromMs: 9_700_000, toMs: nowMs });
  });
});

describe("what happened", () => {
  it("lists a transition once, and an alert when it fired and when it resolved", () => {
    const labels = { alertname: "Deep", component: "collection:jobs", severity: "error" as const };
    const alert = {
      fingerprint: "f",
      state: "resolved" as const,
      labels,
      annotations: { summary: "s", description: "too deep" },
      startsAt: "2026-01-01T12:00:00Z",
      endsAt: "2026-01-01T12:01:00Z",
      reason: "fine again",
    };
    const transition = {
      id: "b-3",
      time: "2026-01-01T12:00:00Z",
      component: "process",
      from: "healthy",
      to: "critical",
      reason: "r",
    } as const;
    const heldBack = happeningsOf([], [{ ...alert, inhibitedBy: "f" }])[0]?.what;
    expect(heldBack).toBe("alert Deep fired for collection:jobs (error), held back: another explains it");
    expect(happeningsOf([transition], [alert]).map(({ what, status, reason, event }) => [what, status, reason, event])).toEqual([
      ["process is critical, was healthy", "critical", "r", "b-3"],
      ["alert Deep fired for collection:jobs (error)", "unhealthy", "too deep", undefined],
      ["alert Deep resolved for collection:jobs (error)", "healthy", "fine again", undefined],
    ]);
  });
});

describe("coming back to a stream", () => {
  it("waits as long as the collector says, else longer each time, within bounds and spread", () => {
    expect(waitMs({ kind: "bye", retryMs: 3_210 }, 9, 0.5)).toBe(3_210);
    expect(waitMs({ kind: "refused", status: 503, detail: "", retryAfterSeconds: 5 }, 0, 0.5)).toBe(5_500);
    expect(waitMs({ kind: "refused", status: 503, detail: "", retryAfterSeconds: 86_400 }, 0, 0)).toBe(60_000);
    expect([0, 1, 2, 3, 4, 50].map((attempt) => waitMs({ kind: "lost" }, attempt, 0))).toEqual([500, 1_000, 2_000, 4_000, 7_500, 7_500]);
    expect(waitMs({ kind: "lost" }, 50, 0.999)).toBeLessThan(15_000);
  });

  it("says why", () => {
    expect(whyOf({ kind: "refused", status: 503, detail: "there are 2 clients already", retryAfterSeconds: undefined })).toBe(
      "The collector answers 503: there are 2 clients already",
    );
    expect(whyOf({ kind: "lost" })).toBe("The collector cannot be reached");
  });
});

describe("what it costs", () => {
  const outcomes = { success: 8, failed: 1, timeout: 0, invalid: 0, rejected: 0, missed: 1 };
  const stats = (cpuSeconds: number, uptimeSeconds: number): Stats => ({
    version: "1.2.3",
    identity: {},
    bootId: "b",
    lifecycle: "running",
    uptimeSeconds,
    ticks: { jobs: outcomes, other: outcomes },
    journal: { oldest: 1, head: 2, bytes: 24 },
    bufferBytes: 1_000,
    process: { cpuSeconds, residentBytes: 1024 ** 2, heapUsedBytes: 1024, eventLoopDelayP99Ms: 1.5 },
    exporters: [{ name: "otlp", exports: 3, failures: 2, consecutiveFailures: 2, lastSuccess: null, lastError: "refused" }],
    sinks: [],
    stream: { clients: 2, sent: 10, dropped: 4, disconnected: 0, refused: 0 },
  });

  it("is CPU between two looks, memory, missed ticks, exporters and clients", () => {
    const cost = Object.fromEntries(costOf(stats(3, 110), stats(2, 100)).map(([name, value]) => [name, value]));
    expect(cost).toMatchObject({
      CPU: "10 % of a core",
      Memory: "1 MiB",
      Buffers: "1 KiB",
      "Missed ticks": "2 of 20",
      Clients: "2, 4 events dropped",
      otlp: "failing, 2 in a row",
      "Running for": "1m 50s",
      Version: "1.2.3",
    });
    expect(Object.fromEntries(costOf(stats(11, 110), undefined).map(([name, value]) => [name, value]))).toMatchObject({
      CPU: "10 % of a core",
    });
  });
});

import { describe, expect, it } from "vitest";
import { isSame, jsonOf, linesOf } from "../../src/cli/replay-report.ts";
import type { ComparedAlert, Comparison } from "../../src/rule-simulation/comparison.ts";

const at = (seconds: number): number => Date.UTC(2026, 0, 1, 9) + seconds * 1_000;

const REASON =
  "success rate over 1m is 0.63 (degraded below 0.80); last error: GET http://127.0.0.1:8080/stats returned 503; clears above 0.90";

function alertOf(would: number | undefined, did: number | undefined, more: Partial<ComparedAlert> = {}): ComparedAlert {
  const timed = (seconds: number | undefined, reason: string) => (seconds === undefined ? undefined : { atMs: at(seconds), reason });
  const [left, right] = [timed(would, REASON), timed(did, "it did")];
  return {
    alert: "VitalsCollectionFailing",
    component: "collection:jobs",
    severity: "warning",
    event: "fired",
    ...(left ? { would: left } : {}),
    ...(right ? { did: right } : {}),
    shown: (left ?? right) as NonNullable<typeof left>,
    ...more,
  };
}

const comparison = (alerts: readonly ComparedAlert[], more: Partial<Comparison> = {}): Comparison => ({
  firstMs: at(-600),
  fromMs: at(0),
  toMs: at(3_600),
  samples: 5_400,
  collections: ["jobs", "host"],
  firing: { would: [], did: [] },
  alerts,
  notReplayed: [{ what: "VitalsSinkFailing", why: "samples do not hold the results of sinks", fired: 2 }],
  notes: [],
  ...more,
});

const LONG = { alert: "AnAlertWithAVeryLongNameThatSomebodyWrote", component: "collection:a-collection-with-a-long-name-too" };

describe("linesOf", () => {
  it("linesOf shows what would happen, what did, where the times differ, and sums both up", () => {
    const alerts = [
      alertOf(60, 60.2),
      alertOf(90, 95, { event: "resolved" }),
      alertOf(120, undefined, { alert: "Deep" }),
      alertOf(undefined, 200, { alert: "Gone", severity: "critical" }),
      alertOf(undefined, 260, { alert: "Gone", severity: "critical" }),
    ];
    expect(linesOf(comparison(alerts)).join("\n")).toBe(
      [
        "2026-01-01, 09:00:00 to 10:00:00 UTC (1h); windows fill from 08:50:00",
        "5400 samples of jobs, host",
        "",
        "time      would     did       severity  alert",
        "09:01:00  fired     fired     warning   VitalsCollectionFailing",
        "          collection:jobs: success rate over 1m is 0.63 (degraded below 0.80);",
        "          last error: GET http://127.0.0.1:8080/stats returned 503; clears above",
        "          0.90",
        "09:01:30  resolved  09:01:35  warning   VitalsCollectionFailing",
        "          collection:jobs: success rate over 1m is 0.63 (degraded below 0.80);",
        "          last error: GET http://127.0.0.1:8080/stats returned 503; clears above",
        "          0.90",
        "09:02:00  fired     -         warning   Deep",
        "          collection:jobs: success rate over 1m is 0.63 (degraded below 0.80);",
        "          last error: GET http://127.0.0.1:8080/stats returned 503; clears above",
        "          0.90",
        "09:03:20  -         fired     critical  Gone",
        "          collection:jobs: it did",
        "09:04:20  -         fired     critical  Gone",
        "          collection:jobs: it did",
        "",
        "would fire 2 times: 1 as before, 1 new: Deep of collection:jobs (warning)",
        "of 3 that fired, 2 would not: Gone of collection:jobs (critical, 2 times)",
        "would resolve once: 1 as before",
        "",
        "not replayed:",
        "  VitalsSinkFailing: samples do not hold the results of sinks; fired 2 times",
      ].join("\n"),
    );
  });

  it("linesOf fits into 80 columns, whatever the names and reasons are", () => {
    const alerts = [alertOf(60, 60, LONG), alertOf(60, undefined, LONG), alertOf(undefined, 60, LONG)];
    const lines = linesOf(comparison(alerts, { notes: [REASON], firing: { would: alerts, did: [] } }));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain(`${LONG.alert} of ${LONG.component}: ${REASON}`);
  });

  it("linesOf says that nothing happens, and what fires at the start", () => {
    const firing = [{ alert: "Deep", component: "collection:jobs", severity: "warning" as const }];
    const lines = linesOf(comparison([], { firing: { would: [], did: firing }, fromMs: at(-600) }));
    expect(lines).toContain("no alert would fire or resolve, and none did");
    expect(lines).toContain("firing at the start: Deep of collection:jobs (warning); would be firing: nothing");
    expect(lines[0]).toBe("2026-01-01, 08:50:00 to 10:00:00 UTC (1h 10m); windows are empty at first");
  });
});

describe("jsonOf", () => {
  it("jsonOf has both times of each alert, null for none, and the counts", () => {
    const different = comparison([alertOf(60, 61), alertOf(120, undefined), alertOf(undefined, 200, { event: "resolved" })]);
    expect([isSame(different), isSame(comparison([alertOf(60, 61)]))]).toEqual([false, true]);
    expect(jsonOf(different)).toMatchObject({
      same: false,
      from: "2026-01-01T09:00:00.000Z",
      to: "2026-01-01T10:00:00.000Z",
      windowsFrom: "2026-01-01T08:50:00.000Z",
      fired: { would: 2, did: 1, asBefore: 1 },
      resolved: { would: 0, did: 1, asBefore: 0 },
      alerts: [
        { alert: "VitalsCollectionFailing", event: "fired", would: { time: "2026-01-01T09:01:00.000Z", reason: REASON } },
        { did: null },
        { would: null, did: { time: "2026-01-01T09:03:20.000Z", reason: "it did" } },
      ],
      notReplayed: [{ what: "VitalsSinkFailing", fired: 2 }],
    });
  });
});

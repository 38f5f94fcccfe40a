import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { CollectionReport, HealthReport, Sample } from "../../../src/client/api.ts";
import type { Connection } from "../../../src/client/event-stream.ts";
import { Model } from "../../../src/client/model.ts";
import { frameOf, reportOf } from "../../../src/cli/top/frame.ts";
import { painted, type Line } from "../../../src/cli/top/line.ts";
import { widthOf } from "../../../src/cli/top/text.ts";
import { viewOf, type View } from "../../../src/cli/top/view.ts";
import { createCollector } from "../../../src/collector/create-collector.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";

const START_MS = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number): string => new Date(START_MS + seconds * 1_000).toISOString();
const trend = { direction: "unknown" } as const;

/** The report of a collection of the host, as a collector returns it. */
const report = (name: string): CollectionReport =>
  createCollector(
    { sources: { machine: { kind: "host" } }, collections: { [name]: { source: "machine", type: "system", interval: "1s" } } },
    { clock: new ManualClock() },
  )
    .collection(name)
    .report();

const component = (name: string, status: HealthReport["status"], reason: string, affectsOverall = true) => ({
  component: name,
  status,
  since: at(-60),
  time: at(0),
  reason,
  trend,
  affectsOverall,
});

const sample = (seconds: number, values: Sample["values"]): Sample =>
  values
    ? { time: at(seconds), collection: "system", outcome: "success", durationMs: 1, values }
    : { time: at(seconds), collection: "system", outcome: "failed", durationMs: 1, error: { type: "x", message: "y" } };

const HEALTHY = [
  component("collection:system", "healthy", "success rate over 1m is 1"),
  component("source:machine", "healthy", "the source answers"),
  component("process", "healthy", "fine"),
  component("sink:webhook", "healthy", "fine"),
];

/** A model that received a snapshot at second 0, and a sample a second before. */
function modelWith(components: HealthReport["components"], status: HealthReport["status"] = "healthy"): Model {
  const model = new Model();
  const health: HealthReport = { time: at(0), status, since: at(-60), reason: "", components };
  const values = { cpuUtilization: 0.25, memoryUsage: { used: 3 * 1024 ** 3, free: 1024 ** 3 }, cpuTime: { user: 10, system: 5 } };
  const first = sample(-1, { ...values, cpuTime: { user: 9.5, system: 5 } });
  model.receive("snapshot", { collections: [report("system")], samples: [first], health, alerts: [] }, now(0));
  model.receive("sample", sample(0, values), now(0));
  return model;
}

const now = (seconds: number) => ({ wallMs: START_MS + seconds * 1_000, monotonicMs: seconds * 1_000 });

/** What is displayed some seconds after the snapshot. */
function view(model: Model, seconds = 0, connection: Connection = { kind: "open" }, lostSeconds?: number): View {
  const lostMs = lostSeconds === undefined ? undefined : lostSeconds * 1_000;
  return viewOf(model, { connection, lostMs, nowMs: seconds * 1_000 }, START_MS + seconds * 1_000);
}

const plain = (lines: readonly Line[], columns = 80): readonly string[] =>
  lines.map((line) => painted(line, columns, { hasColor: false, isUnicode: true }));
const screen = (shown: View, columns = 80, rows = 24, scroll = 0): readonly string[] =>
  plain(frameOf(shown, { columns, rows }, { scroll }).lines, columns);

let model: Model;
beforeEach(() => {
  model = modelWith(HEALTHY);
});

describe("a frame", () => {
  it("a frame of a healthy collector shows the status, components, newest numbers and keys", () => {
    const lines = screen(view(model));
    expect(lines.slice(0, 7)).toEqual([
      "● healthy for 1m  otel-vitals                                 last sample 0s ago",
      "  All 4 components are healthy",
      "",
      "● collection:system  success rate over 1m is 1",
      "● source:machine     the source answers",
      "● process, sink:webhook  healthy",
      "",
    ]);
    expect(lines[7]).toBe("● system  system from machine · every 1s · 0s ago");
    expect(lines[8]).toMatch(/^ {2}CPU utilization +25 % +▁$/);
    // A counter is shown as its growth per second: half a second of CPU time.
    expect(lines).toContain("  CPU time                 user 50 %");
    expect(lines).toContain("  Memory usage             used 3 GiB  free 1 GiB");
    expect(lines.at(-1)).toBe("q quit · p pause");
  });

  it("a frame lists what is not healthy first, the worst on top, each with its reason", () => {
    const components = [
      component("sink:webhook", "degraded", "the receiver refuses"),
      ...HEALTHY.slice(1, 3),
      component(
        "collection:system",
        "critical",
        "success rate over 1m is 0 (critical below 0.50); last error: connection refused by the peer",
      ),
      component("disk", "critical", "full", false),
    ];
    const lines = screen(view(modelWith(components, "critical")));
    expect(lines.slice(0, 12)).toEqual([
      "✖ critical for 1m  otel-vitals                                last sample 0s ago",
      "  3 of 5 components are not healthy",
      "",
      "✖ collection:system critical for 1m",
      "  success rate over 1m is 0 (critical below 0.50); last error: connection",
      "  refused by the peer",
      "▲ sink:webhook degraded for 1m",
      "  the receiver refuses",
      "✖ disk critical for 1m, informational",
      "  full",
      "● source:machine  the source answers",
      "● process  healthy",
    ]);
  });

  it("a frame shows no old number as the present one", () => {
    const waiting: Connection = { kind: "waiting", why: "The collector is unreachable", untilMs: 15_000 };
    const lost = screen(view(model, 12, waiting, 0));
    expect(lines(lost)).not.toMatch(/25 %|GiB|50 %/);
    expect(lost.slice(0, 2)).toEqual([
      "○ no data was healthy  otel-vitals                               no data for 12s",
      "! connection lost 12s ago, retrying in 3s: The collector is unreachable",
    ]);
    expect(lost).toContain("as it was 12s ago:");
    expect(lost.find((line) => line.includes("CPU utilization"))).toMatch(/ – /);
    expect(lost).toContain("○ system  system from machine · every 1s · no data for 12s");
    // A connection is lost at once, and not when its data is old.
    expect(screen(view(model, 0, waiting, 0))[0]).toMatch(/^○ no data was healthy/);
    expect(lines(screen(view(model, 0, waiting, 0)))).not.toMatch(/25 %/);
    // The connection is open, but nothing arrives.
    const silent = screen(view(model, 12));
    expect(silent[0]).toMatch(/^○ no data was healthy .* no data for 12s$/);
    expect(lines(silent)).not.toMatch(/25 %|GiB|50 %/);
    expect(lines(screen(view(model, 2)))).toMatch(/25 %/);
  });

  it("a frame says how a connection ended for good", () => {
    expect(screen(view(model, 5, { kind: "signed-out" }, 3))[1]).toBe("! connection lost 2s ago: the collector requires another token");
    expect(screen(view(model, 5, { kind: "connecting" }, 3))[1]).toBe("! connection lost 2s ago, retrying");
  });

  it("a failed sample shows its outcome, and numbers are absent once they are old", () => {
    for (const second of [1, 2, 3, 4]) model.receive("sample", sample(second, undefined), now(second));
    const shown = screen(view(model, 4));
    expect(shown[7]).toBe("● system  system from machine · every 1s · failed 0s ago");
    expect(lines(shown)).not.toMatch(/25 %/);
  });

  it("a frame lists the newest events at the bottom, without those of the overall status", () => {
    const transition = { from: "healthy", to: "critical", reason: "no answer" };
    for (const name of ["source:machine", "overall"]) model.receive("transition", { time: at(1), component: name, ...transition }, now(1));
    const alert = {
      fingerprint: "f",
      state: "firing",
      labels: { alertname: "VitalsBreakerOpen", component: "source:machine", severity: "error" },
      annotations: { summary: "", description: "" },
      startsAt: at(2),
      reason: "open",
    };
    model.receive("alert", alert, now(2));
    const shown = screen(view(model, 2));
    const [first, second, rest] = shown.slice(-3);
    expect([first, second].map((line) => line?.replace(/\d\d:\d\d:\d\d/, "TIME"))).toEqual([
      "TIME ◆ alert VitalsBreakerOpen fired for source:machine (error): open",
      "TIME ✖ source:machine changed from healthy to critical: no answer",
    ]);
    expect(rest).toBe("q quit · p pause");
    model.receive("alert", { ...alert, state: "resolved", endsAt: at(3) }, now(3));
    expect(lines(screen(view(model, 3)))).toContain("alert VitalsBreakerOpen resolved for source:machine");
  });

  it("a frame scrolls what does not fit, and stops at the end", () => {
    const shown = view(model);
    const body = reportOf(shown, 80).length;
    const { lines: top, maxScroll } = frameOf(shown, { columns: 80, rows: 10 }, { scroll: 0 });
    expect(plain(top).at(-1)).toMatch(/^q quit · p pause · j k scroll +lines 1–6 of \d+$/);
    expect(maxScroll).toBeGreaterThan(0);
    const last = frameOf(shown, { columns: 80, rows: 10 }, { scroll: body * 2 });
    expect(last.scroll).toBe(maxScroll);
    expect(plain(last.lines)[3]).not.toBe(plain(top)[3]);
    expect(plain(last.lines)[0]).toBe(plain(top)[0]);
  });

  it("a paused frame says since when it is paused", () => {
    const { lines: paused } = frameOf(view(model), { columns: 80, rows: 24 }, { scroll: 0, pausedMs: START_MS });
    expect(plain(paused)[0]).toMatch(/paused at \d\d:\d\d:\d\d$/);
    expect(plain(paused).at(-1)).toBe("q quit · p resume");
  });

  it("a frame has as many lines as the terminal, none wider, and never control characters of a reason", () => {
    const evil = "\u001b]0;owned\u0007\u001b[2J\u202e漢字 ".repeat(20);
    const shown = view(modelWith([component(evil, "critical", evil), ...HEALTHY], "critical"));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 80 }), fc.nat(100), (columns, rows, scroll) => {
        const drawn = screen(shown, columns, rows, scroll);
        expect(drawn).toHaveLength(rows);
        for (const line of drawn) {
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      }),
    );
    expect(lines(screen(shown))).toContain("]0;owned");
  });

  it("a report has everything once, without keys", () => {
    const all = plain(reportOf(view(model), 80));
    expect(all[0]).toMatch(/^● healthy/);
    expect(all.at(-1)).toBe("no events yet");
    expect(lines(all)).not.toContain("q quit");
  });
});

const lines = (shown: readonly string[]): string => shown.join("\n");

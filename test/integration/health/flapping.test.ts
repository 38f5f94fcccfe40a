import { describe, expect, it } from "vitest";
import type { Alert } from "../../../src/health/record.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { scriptedCollector, type Script } from "../../support/scripted.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";

const NAMES = Array.from({ length: 50 }, (_, n) => `source${n}`);
const MINUTES = 10;

/** Fifty sources that each alternate at every tick for ten minutes: the alerts recorded, and the suppressed ones that `/metrics` counts. */
async function toggled(act: (tick: number) => unknown, health: object) {
  const clock = new ManualClock();
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const ticks = new Map<string, number>();
  const script: Script = Object.fromEntries(
    NAMES.map((name) => [
      name,
      () => {
        const tick = ticks.get(name) ?? 0;
        ticks.set(name, tick + 1);
        return act(tick);
      },
    ]),
  );
  const { collector } = scriptedCollector(
    script,
    {
      sources: Object.fromEntries(NAMES.map((name) => [name, { kind: "scripted" }])),
      collections: Object.fromEntries(NAMES.map((name) => [name, { source: name, type: "queue", interval: "1s" }])),
      health,
    },
    { clock, telemetry },
  );
  const recorded: { readonly atMs: number; readonly alert: Alert }[] = [];
  collector.journal.subscribe(({ event }) => {
    // The process component is real, and a simulated hour keeps its event loop busy.
    if (event.kind === "alert" && event.alert.labels.component !== "process")
      recorded.push({ atMs: clock.monotonicMs(), alert: event.alert });
  });
  await collector.start();
  await clock.advance(MINUTES * 60_000);
  const text = (await telemetry.scrape?.())?.text ?? "";
  await collector.shutdown();
  const suppressed = [...text.matchAll(/^vitals_alert_suppressed_total\{.*vitals_component_name="collection:(\w+)".*\} (\d+)$/gm)];
  return { recorded, ticks, suppressed: new Map(suppressed.map(([, name, count]) => [name, Number(count)])) };
}

/** The maximum number of notifications of one component within five minutes; alerts that change together are one. */
function maximumInFiveMinutes(recorded: readonly { readonly atMs: number; readonly alert: Alert }[]): number {
  const times = new Map<string, Set<number>>();
  for (const { atMs, alert } of recorded) {
    const { component } = alert.labels;
    times.set(component, (times.get(component) ?? new Set()).add(atMs));
  }
  const each = [...times.values()].map((set) =>
    Math.max(...[...set].map((from) => [...set].filter((at) => at >= from && at < from + 300_000).length)),
  );
  return Math.max(0, ...each);
}

describe("fifty collections that alternate between good and bad at every tick for ten minutes", { timeout: 120_000 }, () => {
  it("collections that alternate alert once each, and every suppressed fire and resolve is counted", async () => {
    const rule = (name: string) =>
      ({ collection: name, field: "depth", stat: "last", window: "1m", above: 50, keep_firing_for: "30s" }) as const;
    const { recorded, ticks, suppressed } = await toggled((tick) => ({ depth: tick % 2 === 0 ? 100 : 0 }), { rules: NAMES.map(rule) });
    expect(recorded).toHaveLength(NAMES.length);
    expect(maximumInFiveMinutes(recorded)).toBe(1);
    expect(suppressed.size).toBe(NAMES.length);
    for (const name of NAMES) {
      // Bad at every even tick. The first fired; each later one would have been a fire, and the good tick before it a resolve.
      const bad = Math.ceil((ticks.get(name) as number) / 2);
      expect(suppressed.get(name)).toBe(2 * (bad - 1));
    }
  });

  it("collections that alternate without a recovery hold alert twice each before flapping extends it", async () => {
    const rule = (name: string) =>
      ({ collection: name, field: "depth", stat: "last", window: "1m", above: 50, keep_firing_for: "0s" }) as const;
    const { recorded } = await toggled((tick) => ({ depth: tick % 2 === 0 ? 100 : 0 }), { rules: NAMES.map(rule) });
    // It fires, resolves and fires again: only then is flapping detected.
    expect(recorded.map(({ alert }) => alert.state).filter((state) => state === "firing")).toHaveLength(2 * NAMES.length);
    expect(recorded.filter(({ alert }) => alert.reason.includes("(extended: flapping)"))).toHaveLength(NAMES.length);
  });

  it("collections that alternate between success and failure alert once each", async () => {
    for (const first of [0, 1]) {
      const { recorded } = await toggled((tick) => (tick % 2 === first ? Promise.reject(new Error("no")) : { depth: 1 }), {});
      expect(new Set(recorded.map(({ alert }) => alert.labels.component)).size).toBe(NAMES.length);
      expect(maximumInFiveMinutes(recorded)).toBe(1);
    }
  });
});

import { describe, expect, it } from "vitest";
import type { Alert } from "../../src/health/record.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { scriptedCollector, type Script } from "../support/scripted.ts";
import { SimulatedClock } from "../support/simulated-clock.ts";

const NAMES = Array.from({ length: 50 }, (_, n) => `source${n}`);
const MINUTES = 10;

/** Fifty sources of which each does something else at every tick, for ten minutes; what was told, and what `/metrics` says was not. */
async function toggled(act: (tick: number) => unknown, health: object) {
  const clock = new SimulatedClock();
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
  const told: { readonly atMs: number; readonly alert: Alert }[] = [];
  collector.journal.subscribe(({ event }) => {
    // The process itself is real: a simulated hour keeps its event loop busy.
    if (event.kind === "alert" && event.alert.labels.component !== "process") told.push({ atMs: clock.monotonicMs(), alert: event.alert });
  });
  await collector.start();
  await clock.advance(MINUTES * 60_000);
  const text = (await telemetry.scrape?.())?.text ?? "";
  await collector.shutdown();
  const suppressed = [...text.matchAll(/^vitals_alert_suppressed_total\{.*vitals_component_name="collection:(\w+)".*\} (\d+)$/gm)];
  return { told, ticks, suppressed: new Map(suppressed.map(([, name, count]) => [name, Number(count)])) };
}

/** Most notifications of one component within five minutes. What changes together is one. */
function mostInFiveMinutes(told: readonly { readonly atMs: number; readonly alert: Alert }[]): number {
  const moments = new Map<string, Set<number>>();
  for (const { atMs, alert } of told) {
    const { component } = alert.labels;
    moments.set(component, (moments.get(component) ?? new Set()).add(atMs));
  }
  const each = [...moments.values()].map((set) =>
    Math.max(...[...set].map((from) => [...set].filter((at) => at >= from && at < from + 300_000).length)),
  );
  return Math.max(0, ...each);
}

describe("fifty sources that toggle at every tick for ten minutes", { timeout: 120_000 }, () => {
  it("of a number alert once each, and what was held back is counted to the last", async () => {
    const rule = (name: string) =>
      ({ collection: name, field: "depth", stat: "last", window: "1m", above: 50, keep_firing_for: "30s" }) as const;
    const { told, ticks, suppressed } = await toggled((tick) => ({ depth: tick % 2 === 0 ? 100 : 0 }), { rules: NAMES.map(rule) });
    expect(told).toHaveLength(NAMES.length);
    expect(mostInFiveMinutes(told)).toBe(1);
    expect(suppressed.size).toBe(NAMES.length);
    for (const name of NAMES) {
      // Bad at every even tick. The first fired; each later one would have been a fire, and the good one before it a resolve.
      const bad = Math.ceil((ticks.get(name) as number) / 2);
      expect(suppressed.get(name)).toBe(2 * (bad - 1));
    }
  });

  it("of a number whose recovery is told at once alert at most one time more than is held for five minutes", async () => {
    const rule = (name: string) =>
      ({ collection: name, field: "depth", stat: "last", window: "1m", above: 50, keep_firing_for: "0s" }) as const;
    const { told } = await toggled((tick) => ({ depth: tick % 2 === 0 ? 100 : 0 }), { rules: NAMES.map(rule) });
    // It fires, resolves, fires: that is when it is seen to flap.
    expect(told.map(({ alert }) => alert.state).filter((state) => state === "firing")).toHaveLength(2 * NAMES.length);
    expect(told.filter(({ alert }) => alert.reason.includes("comes and goes"))).toHaveLength(NAMES.length);
  });

  it("between success and failure alert once each", async () => {
    for (const first of [0, 1]) {
      const { told } = await toggled((tick) => (tick % 2 === first ? Promise.reject(new Error("no")) : { depth: 1 }), {});
      expect(new Set(told.map(({ alert }) => alert.labels.component)).size).toBe(NAMES.length);
      expect(mostInFiveMinutes(told)).toBe(1);
    }
  });
});

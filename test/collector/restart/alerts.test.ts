import { describe, expect, it } from "vitest";
import { RecordingSink } from "../../../src/health/sink/recording-sink.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import type { Alert } from "../../../src/health/record.ts";
import { each, type ScriptedConfig } from "../../support/scripted.ts";
import { Lives } from "../../support/lives.ts";

const GRACE_MS = 30_000;

const deep = (more: object = {}): ScriptedConfig => ({
  ...each(["jobs"]),
  health: { rules: [{ name: "Deep", collection: "jobs", field: "depth", above: 50, keep_firing_for: "10s", ...more }] },
});

const shown = ({ labels, state, fingerprint, startsAt }: Alert) => ({ name: labels.alertname, state, fingerprint, startsAt });

/** A collector whose queue is deep until its alert has been sent. */
async function fired(more: object = {}) {
  const sink = new RecordingSink("pager");
  const depth = { value: 99 };
  const lives = new Lives({ jobs: () => ({ depth: depth.value }) }, deep(more), { sinks: [sink] });
  await lives.start();
  await lives.advance(GRACE_MS + 5_000);
  expect(sink.alerts.map(({ state }) => state)).toEqual(["firing"]);
  return { lives, sink, depth, first: sink.alerts[0] as Alert };
}

describe("After a kill", () => {
  it.each([1_000, 60_000, 7_200_000])(
    "An alert whose fault has ended is resolved within the start-up grace, after %i ms",
    async (outageMs) => {
      const { lives, sink, depth, first } = await fired();
      lives.kill(outageMs);
      depth.value = 1;
      await lives.start();
      await lives.advance(GRACE_MS - 10_000);
      expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
      expect(sink.alerts[1]).toMatchObject({ fingerprint: first.fingerprint, startsAt: first.startsAt });
      await lives.advance(120_000);
      expect(sink.alerts).toHaveLength(2);
    },
  );

  it.each([1_000, 60_000, 7_200_000])("An alert whose fault lasts is not sent again, and stays open, after %i ms", async (outageMs) => {
    const { lives, sink, first } = await fired();
    lives.kill(outageMs);
    await lives.start();
    expect(lives.collector.alerts().map(shown)).toEqual([shown(first)]);
    await lives.advance(GRACE_MS + 120_000);
    expect(sink.alerts).toHaveLength(1);
    expect(lives.collector.alerts().map(shown)).toEqual([shown(first)]);
  });

  it("An alert that is neither bad nor good at the end of the start-up grace stays open", async () => {
    const { lives, sink, depth } = await fired({ clear: 20 });
    lives.kill(5_000);
    depth.value = 30;
    await lives.start();
    await lives.advance(GRACE_MS + 60_000);
    expect(sink.alerts).toHaveLength(1);
    expect(lives.collector.alerts()).toHaveLength(1);
  });

  it("An alert that fires during the start-up grace of a restart is sent at its end, as ever", async () => {
    const { lives, sink, depth } = await fired();
    depth.value = 1;
    await lives.advance(20_000);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
    await lives.advance(400_000);
    lives.kill(5_000);
    depth.value = 99;
    await lives.start();
    await lives.advance(GRACE_MS - 2_000);
    expect(sink.alerts).toHaveLength(2);
    await lives.advance(4_000);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved", "firing"]);
  });

  it.each([1, 2, 3])(
    "An alert that the start-up grace withheld before each of %i kills is sent after the grace of the last start",
    async (kills) => {
      const sink = new RecordingSink("pager");
      const lives = new Lives({ jobs: () => ({ depth: 99 }) }, deep(), { sinks: [sink] });
      for (let n = 0; n < kills; n += 1) {
        await lives.start();
        await lives.advance(10_000);
        lives.kill(1_000);
      }
      await lives.start();
      await lives.advance(GRACE_MS - 1_000);
      expect(sink.alerts).toEqual([]);
      await lives.advance(2_000);
      expect(sink.alerts.map(({ state }) => state)).toEqual(["firing"]);
    },
  );

  it("An alert that the grace withheld, and whose fault ends within the grace after a kill, is never sent, and counts as suppressed", async () => {
    const sink = new RecordingSink("pager");
    const depth = { value: 99 };
    const lives = new Lives({ jobs: () => ({ depth: depth.value }) }, deep(), { sinks: [sink] });
    await lives.start();
    await lives.advance(10_000);
    lives.kill(1_000);
    depth.value = 1;
    const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
    await lives.start(undefined, { telemetry });
    await lives.advance(GRACE_MS + 60_000);
    expect(sink.alerts).toEqual([]);
    // Its fire and its end.
    expect((await telemetry.scrape?.())?.text).toMatch(/^vitals_alert_suppressed_total\{.*reason="startup".*\} 2\b/m);
    await telemetry.shutdown(1_000);
  });

  it("A flapping alert keeps its pace over a restart", async () => {
    const { lives, sink, depth } = await fired();
    lives.kill(1_000);
    depth.value = 1;
    await lives.start();
    await lives.advance(15_000);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
    depth.value = 99;
    await lives.advance(120_000);
    expect(sink.alerts).toHaveLength(2);
    await lives.advance(300_000);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved", "firing"]);
  });

  it("An alert whose rule the new configuration does not have is resolved after the start-up grace", async () => {
    const { lives, sink } = await fired();
    lives.kill(1_000);
    await lives.start({ ...deep(), health: {} });
    await lives.advance(GRACE_MS - 1_000);
    expect(sink.alerts).toHaveLength(1);
    await lives.advance(2_000);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
  });

  it("The alert of a source that still fails is not sent again, although its breaker is closed at first", async () => {
    const sink = new RecordingSink("pager");
    let isDown = true;
    const lives = new Lives(
      {
        jobs: () => {
          if (isDown) throw new Error("connection refused");
          return { depth: 1 };
        },
      },
      { ...each(["jobs"], "20s"), sources: { jobs: { kind: "scripted", breaker: { failures: 3, initial: "1s", max: "1s" } } } },
      { sinks: [sink] },
    );
    await lives.start();
    await lives.advance(240_000);
    const before = sink.alerts.map(({ labels, state }) => `${labels.alertname} ${state}`);
    expect(before.filter((each) => each.endsWith("firing")).length).toBeGreaterThan(0);
    const open = lives.collector.alerts().map(shown);
    lives.kill(10_000);
    await lives.start();
    await lives.advance(240_000);
    expect(sink.alerts.map(({ labels, state }) => `${labels.alertname} ${state}`)).toEqual(before);
    expect(lives.collector.alerts().map(shown)).toEqual(open);
    lives.kill(10_000);
    isDown = false;
    await lives.start();
    await lives.advance(240_000);
    expect(lives.collector.alerts()).toEqual([]);
    expect(sink.alerts.filter(({ state }) => state === "resolved").map(({ fingerprint }) => fingerprint)).toEqual(
      sink.alerts.filter(({ state }) => state === "firing").map(({ fingerprint }) => fingerprint),
    );
  });

  it("The time without a success continues, without the time of the outage", async () => {
    const sink = new RecordingSink("pager");
    let isDown = false;
    const rules = [{ name: "Old", collection: "jobs", stat: "age", above: 100, keep_firing_for: "1s" }] as const;
    const lives = new Lives(
      {
        jobs: () => {
          if (isDown) throw new Error("connection refused");
          return { depth: 1 };
        },
      },
      { ...each(["jobs"]), health: { rules: [...rules] } },
      { sinks: [sink] },
    );
    const old = (): readonly string[] => sink.alerts.filter(({ labels }) => labels.alertname === "Old").map(({ state }) => state);
    await lives.start();
    await lives.advance(60_000);
    isDown = true;
    await lives.advance(60_000);
    lives.kill(3_600_000);
    await lives.start();
    await lives.advance(38_000);
    expect(old()).toEqual([]);
    await lives.advance(5_000);
    expect(old()).toEqual(["firing"]);
    lives.kill(1_000);
    await lives.start();
    await lives.advance(60_000);
    expect(old()).toEqual(["firing"]);
    isDown = false;
    await lives.advance(60_000);
    expect(old()).toEqual(["firing", "resolved"]);
  });
});

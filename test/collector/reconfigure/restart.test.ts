import { describe, expect, it } from "vitest";
import type { VitalsEvent } from "../../../src/collector/event.ts";
import { RecordingSink } from "../../../src/health/sink/recording-sink.ts";
import { settle } from "../../../src/base/manual-clock.ts";
import { each, type ScriptedConfig } from "../../support/scripted.ts";
import { Lives } from "../../support/lives.ts";

const SECOND = 1_000;

const deep = (above: number, more: object = {}): ScriptedConfig => ({
  ...each(["jobs"]),
  health: { startup_grace: "0s", rules: [{ name: "Deep", collection: "jobs", field: "depth", above }] },
  ...more,
});

async function lived(config: ScriptedConfig) {
  const sink = new RecordingSink("pager");
  const lives = new Lives({ jobs: () => ({ depth: 9 }), more: () => ({ depth: 3 }) }, config, { sinks: [sink] });
  await lives.start();
  await lives.advance(10 * SECOND);
  return { lives, sink };
}

const samplesOf = ({ collector }: Lives, name = "jobs") =>
  collector
    .collection(name)
    .recent(1_000)
    .filter(({ outcome }) => outcome === "success");

describe("A restart after a reconfiguration", () => {
  it("A restart after a reconfiguration continues with the samples, the open alert and the numbers of the reconfigured collector", async () => {
    const { lives, sink } = await lived(deep(5));
    const changed = { ...deep(6), collections: { jobs: { source: "jobs", type: "queue", interval: "2s", retain: 100 } } };
    await lives.collector.reconfigure(changed);
    await lives.advance(10 * SECOND);
    const [alert] = lives.collector.alerts();
    const before = samplesOf(lives);
    expect(before.length).toBeGreaterThan(12);
    const { head } = lives.collector.journal;
    lives.kill(SECOND);
    await lives.start(changed);
    expect(samplesOf(lives)).toEqual(before);
    expect(lives.collector.alerts()).toMatchObject([{ fingerprint: alert?.fingerprint, startsAt: alert?.startsAt }]);
    await lives.advance(10 * SECOND);
    expect(lives.collector.journal.head).toBeGreaterThan(head);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing"]);
  });

  it("An alert that a reconfiguration ended stays ended after a restart", async () => {
    const { lives, sink } = await lived(deep(5));
    const without = deep(5, { health: { startup_grace: "0s" } });
    await lives.collector.reconfigure(without);
    await settle();
    lives.kill(SECOND);
    await lives.start(without);
    await lives.advance(30 * SECOND);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
    expect(lives.collector.alerts()).toEqual([]);
  });

  it("A collection that was removed and added again has none of the samples from before after a restart, as before it", async () => {
    const { lives } = await lived(deep(50));
    await lives.collector.reconfigure(each(["more"]));
    await lives.advance(3 * SECOND);
    await lives.collector.reconfigure(deep(50));
    await lives.advance(5 * SECOND);
    const before = samplesOf(lives);
    expect(before).toHaveLength(5);
    lives.kill(SECOND);
    await lives.start(deep(50));
    expect(samplesOf(lives)).toEqual(before);
    lives.kill(SECOND);
    await lives.start(deep(50));
    expect(samplesOf(lives)).toEqual(before);
  });

  it("The events of a removed collection stay in the journal for clients that resume", async () => {
    const { lives } = await lived(each(["jobs", "more"]));
    await lives.collector.reconfigure(each(["more"]));
    await lives.advance(2 * SECOND);
    const events: VitalsEvent[] = (lives.collector.journal.since(0) ?? []).map(({ event }) => event);
    const collections = events.flatMap((event) => (event.kind === "sample" ? [event.sample.collection] : []));
    expect(new Set(collections)).toEqual(new Set(["jobs", "more"]));
    expect(collections.slice(-2)).toEqual(["more", "more"]);
  });
});

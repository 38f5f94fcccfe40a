import * as fc from "fast-check";
import { queryObjects } from "node:v8";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { createCollector } from "../../../src/collector/create-collector.ts";
import type { VitalsEvent } from "../../../src/collector/event.ts";
import { ReplayedEntry } from "../../../src/collector/replay.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { each, scriptedKind, type ScriptedConfig } from "../../support/scripted.ts";
import { Lives } from "../../support/lives.ts";
import { recordedEvents } from "../../support/recorded.ts";

const PULL = { pull: { exporter: { "prometheus/development": {} } } };

/** A clock on which time also passes during some readings of the wall clock: a second each. */
class SlowClock extends ManualClock {
  slowReadings = 0;
  #passedMs = 0;

  override wallMs(): number {
    if (this.slowReadings > 0) this.#passedMs += 1_000;
    this.slowReadings -= 1;
    return super.wallMs() + this.#passedMs;
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#passedMs;
  }

  override sleepUntil(monotonicMs: number, signal: AbortSignal): Promise<void> {
    return super.sleepUntil(monotonicMs - this.#passedMs, signal);
  }
}

describe("The windows of a collector that was killed", () => {
  it("They hold the samples from before, and the ticks of the outage as missed", async () => {
    let depth = 0;
    const lives = new Lives({ jobs: () => ({ depth: (depth += 1) }) }, each(["jobs"]));
    await lives.start();
    await lives.advance(60_000);
    const before = lives.collector.collection("jobs").aggregate("5m");
    lives.kill(30_000);
    await lives.start();
    const { outcomes, coverage, successRate, fields } = lives.collector.collection("jobs").aggregate("5m");
    expect(fields["depth"]).toEqual(before.fields["depth"]);
    expect(outcomes).toEqual({ ...before.outcomes, missed: 30 });
    expect(successRate).toBe(1);
    expect(coverage).toBeCloseTo(before.outcomes.success / (before.outcomes.success + 30), 10);
    const [newest] = lives.collector.collection("jobs").recent(1);
    expect(newest?.error?.message).toMatch(/^not read: the collector did not run for 3[01]/);
  });

  it("What was read to fill them is not kept", async () => {
    const lives = new Lives({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    await lives.start();
    await lives.advance(60_000);
    lives.kill(1_000);
    let found = 0;
    const read = lives.engine.read.bind(lives.engine);
    lives.engine.read = async (...args) => {
      const page = await read(...args);
      found += page === "gap" ? 0 : page.entries.length;
      return page;
    };
    await lives.start();
    await lives.advance(1_000);
    expect(found).toBeGreaterThan(50);
    expect(queryObjects(ReplayedEntry)).toBe(0);
  });

  it("Ticks that are due while other buffers are restored are missed too", async () => {
    const names = ["one", "two", "three", "four", "five"];
    const script = Object.fromEntries(names.map((name) => [name, () => ({ depth: 1 })]));
    const lives = new Lives(script, each(names));
    const { clock: before } = await lives.start();
    await lives.advance(60_000);
    lives.kill(10_000);
    const clock = new SlowClock({ wallMs: before.wallMs() + 10_000 });
    await using collector = createCollector(each(names), { clock, sourceKinds: [scriptedKind(script)], journal: lives.engine });
    // To read the checkpoint, to fill the buffers, and to note the ticks of the outage.
    clock.slowReadings = 12;
    await collector.start();
    await clock.advance(1_000);
    for (const name of names) {
      const newest = collector.collection(name).recent(30);
      const times = newest.map(({ time }) => Date.parse(time)).toSorted((a, b) => a - b);
      const gaps = times.slice(1).map((time, n) => time - (times[n] as number));
      expect([name, Math.max(...gaps) < 2_000, times.length]).toEqual([name, true, 30]);
    }
  });

  it("At most as many missed ticks are added as the buffer retains, and a second restart does not add them again", async () => {
    const config: ScriptedConfig = {
      ...each(["jobs"]),
      collections: { jobs: { source: "jobs", type: "queue", interval: "1s", retain: 40 } },
    };
    const lives = new Lives({ jobs: () => ({ depth: 1 }) }, config);
    await lives.start();
    await lives.advance(100_000);
    lives.kill(86_400_000);
    await lives.start();
    expect(lives.collector.collection("jobs").report()).toMatchObject({ samples: 40, coverage: 0, lastOutcome: "missed" });
    await lives.advance(10_000);
    const { head } = lives.collector.journal;
    lives.kill(10);
    await lives.start();
    expect(lives.collector.journal.head).toBe(head);
    expect(lives.collector.collection("jobs").report()).toMatchObject({ samples: 40, lastOutcome: "success" });
  });

  it("A replay judges nothing: no event but the missed ticks, no tick counted, and statuses as they were", async () => {
    const lives = new Lives(
      { jobs: () => ({ depth: 99 }) },
      {
        ...each(["jobs"]),
        health: { rules: [{ name: "Deep", collection: "jobs", field: "depth", above: 50 }] },
      },
    );
    await lives.start();
    await lives.advance(40_000);
    const before = lives.collector.health.report();
    const history = lives.collector.health.history();
    expect(history.length).toBeGreaterThan(0);
    const { head } = lives.collector.journal;
    lives.kill(3_000);
    const telemetry = createTelemetry({ readers: [PULL] }, { resource: {} });
    await lives.start(undefined, { telemetry });
    const events: VitalsEvent[] = [...(lives.collector.journal.since(head) ?? [])].map(({ event }) => event);
    expect(events.map((event) => event.kind === "sample" && event.sample.outcome)).toEqual(["missed", "missed", "missed"]);
    expect(lives.collector.stats().ticks["jobs"]).toMatchObject({ success: 0, missed: 0 });
    expect((await telemetry.scrape?.())?.text).not.toMatch(/^vitals_(collection_ticks|component_transitions)_total\{/m);
    const after = lives.collector.health.report();
    const essence = ({ component, status, since, reason }: (typeof after.components)[number]) => ({ component, status, since, reason });
    const judged = (report: typeof after) => report.components.filter(({ component }) => component !== "process").map(essence);
    expect(judged(after)).toEqual(judged(before));
    expect({ status: after.status, since: after.since }).toEqual({ status: before.status, since: before.since });
    expect(lives.collector.health.history()).toEqual(history);
    const more = recordedEvents(lives.collector);
    await lives.advance(60_000);
    expect(more()).toEqual([]);
    await telemetry.shutdown(1_000);
  });

  it("The ticks of an outage are no ticks that the process missed", async () => {
    // Without a hold a single assessment that counts them would degrade the process.
    const lives = new Lives({ jobs: () => ({ depth: 1 }) }, { ...each(["jobs"]), health: { for: "0s", interval: "5s" } });
    await lives.start();
    await lives.advance(60_000);
    lives.kill(50_000);
    await lives.start();
    await lives.advance(170_000);
    expect(lives.collector.health.history({ component: "process" })).toEqual([]);
    expect(lives.collector.alerts("all")).toEqual([]);
  });

  it("A wall clock that is an hour behind or ahead after the restart keeps the samples in order", async () => {
    for (const step of [-3_600_000, 3_600_000]) {
      const lives = new Lives({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
      await lives.start();
      await lives.advance(60_000);
      lives.kill(1_000);
      lives.stepWall(step);
      await lives.start();
      await lives.advance(10_000);
      const report = lives.collector.collection("jobs").report();
      expect(report.lastOutcome).toBe("success");
      expect(lives.collector.collection("jobs").aggregate("5s").outcomes.success).toBe(5);
    }
  });

  it("A collection that has another type by now begins without samples", async () => {
    const lives = new Lives({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    await lives.start();
    await lives.advance(10_000);
    lives.kill(1_000);
    lives.script["jobs"] = () => ({ busy: 0.5 });
    await lives.start({ ...each(["jobs"]), collections: { jobs: { source: "jobs", type: "worker", interval: "1s" } } });
    expect(lives.collector.collection("jobs").report().samples).toBe(0);
    await lives.advance(5_000);
    expect(lives.collector.collection("jobs").report().lastOutcome).toBe("success");
  });
});

describe("A history that is cut at any moment", () => {
  it("It continues as an uninterrupted one: same samples, statuses and open alerts, and what follows is the same", async () => {
    const values = fc.array(fc.constantFrom(1, 45, 99, undefined), { minLength: 10, maxLength: 40 });
    const config = (): ScriptedConfig => ({
      ...each(["jobs"]),
      health: {
        startup_grace: "0s",
        rules: [
          { name: "Deep", collection: "jobs", field: "depth", above: 50, clear: 40, for: "2500ms", keep_firing_for: "3500ms" },
          {
            name: "Full",
            collection: "jobs",
            field: "depth",
            stat: "max",
            window: "9500ms",
            above: 50,
            status: "critical",
            keep_firing_for: "1500ms",
          },
        ],
      },
    });
    await fc.assert(
      fc.asyncProperty(values, fc.nat(), async (depths, at) => {
        const cut = 1 + (at % (depths.length - 1));
        const run = async (isCut: boolean): Promise<Lives> => {
          let tick = 0;
          const read = () => {
            const depth = depths[tick++ % depths.length];
            if (depth === undefined) throw new Error("no answer");
            return { depth };
          };
          const lives = new Lives({ jobs: read }, config());
          await lives.start();
          // At whole intervals the ticks of the second life continue the grid of the first.
          await lives.advance(cut * 1_000);
          if (isCut) {
            const before = stateOf(lives);
            lives.kill(0);
            await lives.start();
            expect(stateOf(lives)).toEqual(before);
          }
          return lives;
        };
        const whole = await run(false);
        const parted = await run(true);
        const samples = (lives: Lives) => lives.collector.collection("jobs").recent(1_000);
        expect(samples(parted)).toEqual(samples(whole));
        const rest = depths.length - cut;
        await whole.advance(rest * 1_000);
        await parted.advance(rest * 1_000);
        const outcomes = (lives: Lives) => samples(lives).map(({ outcome, values }) => ({ outcome, values }));
        expect(outcomes(parted)).toEqual(outcomes(whole));
        expect(openOf(parted)).toEqual(openOf(whole));
      }),
      { numRuns: 20 },
    );
  });
});

/** A success rate is judged from the first response after a restart, so its alert may differ. */
const openOf = ({ collector }: Lives) =>
  collector
    .alerts()
    .map(({ labels }) => `${labels.alertname} ${labels.severity}`)
    .filter((name) => !name.startsWith("Vitals"));

function stateOf({ collector }: Lives) {
  const { components, status, since } = collector.health.report();
  const { outcomes, fields, due } = collector.collection("jobs").aggregate("1h");
  return {
    status,
    since,
    components: components.filter(({ component }) => component !== "process").map((each) => [each.component, each.status, each.since]),
    alerts: collector.alerts("all").map(({ fingerprint, startsAt, state }) => [fingerprint, startsAt, state]),
    history: collector.health.history(),
    aggregate: { outcomes, fields, due },
  };
}

import { duration } from "../base/quantity.ts";
import { componentOf, isPausedReason, type CollectionActivity } from "../collector/components.ts";
import { fitsType } from "../collector/replay.ts";
import type { CollectionPlan, Plan } from "../collector/resolve.ts";
import type { Retained } from "../collector/retained.ts";
import { INSTANT_MS, type Sample, type SampleRecord } from "../sample/sample.ts";
import { livesOf, type Life, type RecordedTick } from "./lives.ts";
import { SteppedClock } from "./plan.ts";
import { usualIntervalMs } from "./recorded-grid.ts";
import { SimulatedCollector, type SavedCollector } from "./simulated-collector.ts";
import type { Notification } from "./simulation.ts";

/** What the rules of a configuration make of retained samples. */
export interface Replay {
  /** What fired and resolved, with wall-clock times. */
  readonly notifications: readonly Notification[];
  /** Names of the alerts that each replayed component can have. */
  readonly alertsOf: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds between two samples of each replayed collection. */
  readonly intervals: ReadonlyMap<string, number>;
  /** Differences between the configuration and what was recorded, for people. */
  readonly notes: readonly string[];
}

/** An interval that differs by more is another one, and not a lost sample or a step of the clock. */
const SAME_INTERVAL = 0.05;

interface Step {
  readonly atMs: number;
  readonly act: () => void;
}

/**
 * Runs retained samples through the buffers, rules and alerts of a collector with this configuration: each is evaluated when it was. A restart
 * of the collector is one of the simulation. Collections without retained samples are left out.
 */
export function replayRules(plan: Plan, retained: Retained): Replay {
  const samples = Map.groupBy(retained.samples, ({ collection }) => collection);
  const notes: string[] = [];
  const collections = new Map<string, CollectionPlan>();
  for (const [name, collection] of plan.collections) {
    const own = samples.get(name);
    if (!own) continue;
    const recordedMs = usualIntervalMs(own.map(({ time }) => Date.parse(time))) ?? collection.intervalMs;
    const isSame = Math.abs(recordedMs / collection.intervalMs - 1) <= SAME_INTERVAL;
    collections.set(name, isSame ? collection : { ...collection, intervalMs: recordedMs });
    if (!isSame)
      notes.push(`${name} was sampled every ${duration(recordedMs)}, not every ${duration(collection.intervalMs)}: replayed as sampled`);
  }
  const originMs = Math.min(...retained.samples.map(({ time }) => Date.parse(time)), ...retained.runs.map(({ startMs }) => startMs));
  return { ...new ReplayRun({ ...plan, collections }, retained, originMs).run(), notes };
}

class ReplayRun {
  readonly #plan: Plan;
  readonly #retained: Retained;
  readonly #originMs: number;
  readonly #clock: SteppedClock;
  readonly #notifications: Notification[] = [];
  /** Samples of earlier lives, which fill the buffers of the next. */
  readonly #earlier: Pick<SampleRecord, "sample" | "atMs">[] = [];
  readonly #paused = new Set<string>();
  #collector: SimulatedCollector;
  #saved: SavedCollector | undefined;
  #ticks: ReadonlyMap<string, readonly RecordedTick[]> = new Map();

  constructor(plan: Plan, retained: Retained, originMs: number) {
    this.#plan = plan;
    this.#retained = retained;
    this.#originMs = originMs;
    this.#clock = new SteppedClock(originMs);
    this.#collector = this.#make(undefined);
  }

  run(): Omit<Replay, "notes"> {
    const intervals = new Map([...this.#plan.collections].map(([name, { intervalMs }]) => [name, intervalMs]));
    for (const life of livesOf(this.#retained, intervals, this.#originMs)) this.#live(life);
    return { notifications: this.#notifications, alertsOf: this.#collector.alertsOf, intervals };
  }

  #live(life: Life): void {
    this.#ticks = Map.groupBy(life.ticks, ({ record }) => record.sample.collection);
    this.#clock.moveTo(life.startMs);
    this.#collector = this.#make(life.isCutOff ? 0 : undefined);
    if (this.#saved) this.#collector.restore(this.#saved);
    this.#earlier.push(...life.outage);
    this.#restoreSamples();
    this.#paused.clear();
    this.#collector.start();
    for (const { atMs, act } of this.#steps(life)) {
      this.#clock.moveTo(atMs);
      act();
    }
    this.#collector.monitor.stop();
    this.#clock.moveTo(life.savedMs ?? this.#clock.monotonicMs());
    this.#saved = this.#collector.save();
    this.#earlier.push(...life.ticks.map(({ record }) => record));
  }

  #make(startupGraceMs: number | undefined): SimulatedCollector {
    const activities = [...this.#plan.collections.keys()].map((name) => [name, this.#activityOf(name)] as const);
    return new SimulatedCollector(this.#plan, new Map(activities), {
      clock: this.#clock,
      judgesProcess: true,
      ...(startupGraceMs === undefined ? {} : { startupGraceMs }),
      log: {
        transition: () => {},
        alerts: (alerts) => {
          const atMs = this.#clock.wallMs();
          // Sinks are not notified of inhibited alerts.
          for (const alert of alerts) if (alert.inhibitedBy === undefined) this.#notifications.push({ atMs, alert });
        },
        send: () => {},
      },
    });
  }

  #activityOf(name: string): CollectionActivity {
    let [ticks, current] = [this.#ticks.get(name) ?? [], 0];
    const readingSinceMs = (): number | undefined => {
      const own = this.#ticks.get(name) ?? [];
      if (own !== ticks) [ticks, current] = [own, 0];
      const nowMs = this.#clock.monotonicMs();
      while (current < ticks.length && (ticks[current] as RecordedTick).takenMs <= nowMs) current += 1;
      const tick = ticks[current]?.record;
      return tick && tick.sample.outcome !== "missed" && tick.atMs <= nowMs ? tick.atMs : undefined;
    };
    return { paused: () => (this.#paused.has(name) ? "paused" : undefined), readingSinceMs };
  }

  #restoreSamples(): void {
    const byCollection = Map.groupBy(this.#earlier, ({ sample }) => sample.collection);
    for (const [name, { retain }] of this.#plan.collections) {
      for (const { atMs, sample } of (byCollection.get(name) ?? []).slice(-retain))
        this.#collector.restoreSample(name, { atMs, sample: this.#fitted(sample) });
    }
  }

  /** All that happens, in order; at the same time: the first assessment, what ticks bring, other assessments. */
  #steps(life: Life): readonly Step[] {
    const ticks = life.ticks.map(({ record, takenMs }): Step => {
      const { collection } = record.sample;
      return { atMs: takenMs, act: () => this.#collector.take(collection, { ...record, sample: this.#fitted(record.sample) }) };
    });
    const endMs = Math.max(life.startMs, life.ticks.at(-1)?.takenMs ?? 0);
    const [first, ...rest] = this.#rounds(life, Math.max(endMs, life.savedMs ?? 0));
    const steps = [...(first ? [first] : []), ...this.#pauses(life, endMs), ...ticks, ...rest];
    return steps.toSorted((a, b) => a.atMs - b.atMs);
  }

  /** The full assessments. One that is due while the event loop is blocked comes afterwards. */
  #rounds({ blocked, isCutOff, startMs }: Life, endMs: number): readonly Step[] {
    const { interval, startup_grace: graceMs } = this.#plan.options.health;
    const graceEndsMs = isCutOff ? startMs : startMs + graceMs;
    const steps: Step[] = [];
    for (let atMs = startMs; atMs <= endMs; atMs = atMs < graceEndsMs ? Math.min(atMs + interval, graceEndsMs) : atMs + interval) {
      atMs = Math.max(atMs, ...blocked.filter(([from, to]) => from <= atMs && atMs < to).map(([, to]) => to));
      steps.push({ atMs, act: () => this.#collector.monitor.assess() });
    }
    return steps;
  }

  /** Every due tick makes a sample, so a collection without one was paused, or its process was suspended. */
  #pauses({ startMs }: Life, endMs: number): readonly Step[] {
    return [...this.#plan.collections.values()].flatMap(({ intervalMs, name, timeoutMs }) => {
      const ticks = this.#ticks.get(name) ?? [];
      const steps: Step[] = [];
      const pause = (): void => {
        this.#paused.add(name);
        this.#collector.paused(name);
      };
      const resume = (): void => {
        this.#paused.delete(name);
        this.#collector.resumed(name);
      };
      let [dueMs, takenMs] = [startMs, startMs];
      for (const { record, takenMs: nextTakenMs } of ticks) {
        if (record.dueMs - dueMs > 1.5 * intervalMs) {
          steps.push({ atMs: this.#pausedMs(name, takenMs, record.dueMs) ?? takenMs, act: pause });
          steps.push({ atMs: record.dueMs - INSTANT_MS, act: resume });
        }
        [dueMs, takenMs] = [record.dueMs, nextTakenMs];
      }
      // At the end, a reading may still be in flight.
      const pausedMs = this.#pausedMs(name, takenMs, endMs) ?? (endMs - dueMs > 1.5 * intervalMs + timeoutMs ? takenMs : undefined);
      return pausedMs === undefined ? steps : [...steps, { atMs: pausedMs, act: pause }];
    });
  }

  /** When a collection was paused, if its status changed by that. */
  #pausedMs(name: string, fromMs: number, toMs: number): number | undefined {
    const component = componentOf(name);
    return this.#retained.transitions
      .filter((each) => each.component === component && each.to === "unknown" && isPausedReason(each.reason))
      .map(({ time }) => Date.parse(time) - this.#originMs)
      .find((atMs) => atMs >= Math.floor(fromMs) && atMs <= toMs);
  }

  /** The sample with the fields that the configuration's sample type has. */
  #fitted(sample: Sample): Sample {
    const type = (this.#plan.collections.get(sample.collection) as CollectionPlan).reading.type;
    if (!sample.values || fitsType(type, sample)) return sample;
    const values = Object.entries(sample.values).filter(([key, value]) => fitsType(type, { ...sample, values: { [key]: value } }));
    return { ...sample, values: Object.fromEntries(values) };
  }
}

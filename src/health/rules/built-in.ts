import { duration } from "../../base/quantity.ts";
import type { Level } from "../condition.ts";
import type { HealthOptions } from "./options.ts";
import type { Observation, Rule } from "../rule.ts";
import type { Status } from "../status.ts";

/** What the rules of a collection judge: its last minute. */
export interface CollectionFacts {
  readonly intervalMs: number;
  /** Time since its newest sample started; before the first, since the collection was created. */
  readonly sinceSampleMs: number;
  /** Null where no tick was due. */
  readonly successRate: number | null;
  readonly due: number;
  readonly durationP95Ms: number | undefined;
  readonly lastError: string | undefined;
  /** Why its source has nothing to read yet; undefined unless the newest tick was `waiting`. */
  readonly waiting: string | undefined;
}

/** What the rules of a source judge. */
export interface SourceFacts {
  readonly breaker: "closed" | "open" | "half-open";
  readonly consecutiveFailures: number;
}

/** What the rules of an exporter or a sink judge. */
export interface DeliveryFacts {
  readonly consecutiveFailures: number;
  /** Items dropped since the start. */
  readonly dropped: number;
  /** ISO 8601; null before the first successful delivery. */
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
}

/** Window of success rates, durations and missed ticks. */
export const WATCHED_MS = 60_000;

/** What the rules of this process judge. */
export interface ProcessFacts {
  readonly eventLoopDelayP99Ms: number;
  /** Share of the heap limit in use. */
  readonly heapUsed: number;
  /** Share of the last minute's ticks, of all collections, that were missed; null where none was due. */
  readonly missedTicks: number | null;
}

/** Thresholds with the hold times of the built-in rules. */
class Levels {
  readonly #forMs: number;
  readonly #keepFiringForMs: number;

  constructor({ for: forMs, keep_firing_for: keepFiringForMs }: HealthOptions) {
    this.#forMs = forMs;
    this.#keepFiringForMs = keepFiringForMs;
  }

  above(bound: number, status: Exclude<Status, "healthy">, clear = bound): Level {
    return { status, above: bound, clear, forMs: this.#forMs, keepFiringForMs: this.#keepFiringForMs };
  }

  below(bound: number, status: Exclude<Status, "healthy">, clear = bound): Level {
    return { status, below: bound, clear, forMs: this.#forMs, keepFiringForMs: this.#keepFiringForMs };
  }
}

/** Names of the alerts that `collectionRules` raise. */
export const COLLECTION_ALERTS: readonly string[] = ["VitalsCollectionFailing", "VitalsCollectionStale", "VitalsCollectionSlow"];

/** A source that waits for its first write does not fail: what was wrong has ended, and nothing is measured. */
const nothingYet = ({ waiting }: CollectionFacts, good: number): Observation | undefined =>
  waiting === undefined ? undefined : { value: good, text: waiting, isIdle: true };

/** A collection: whether its readings succeed, whether it is stale, whether it is fast enough. */
export function collectionRules(options: HealthOptions, slowMs: number, facts: () => CollectionFacts): readonly Rule[] {
  const levels = new Levels(options);
  const { success, stale } = options;
  const last = ({ lastError, successRate }: CollectionFacts): Pick<Observation, "detail"> =>
    lastError === undefined || successRate === 1 ? {} : { detail: `last error: ${lastError}` };
  return [
    {
      alert: "VitalsCollectionFailing",
      subject: "success rate over 1m",
      measure: "successRate",
      unit: "1",
      good: "high",
      levels: [
        levels.below(success.degraded_below, "degraded", success.degraded_clear),
        levels.below(success.critical_below, "critical", success.critical_clear),
      ],
      windowMs: WATCHED_MS,
      observe: () => nothingYet(facts(), 1) ?? { value: facts().successRate ?? undefined, ...last(facts()) },
    },
    {
      alert: "VitalsCollectionStale",
      subject: "intervals without a sample",
      measure: "intervalsSinceSample",
      unit: "{interval}",
      good: "low",
      judgesMissingData: true,
      clearsWhen: "a sample arrives",
      levels: [
        // The next sample ends staleness for certain, so there is nothing to hold.
        { ...levels.above(stale.unknown_after, "unknown"), forMs: 0, keepFiringForMs: 0 },
        { ...levels.above(stale.unhealthy_after, "unhealthy", stale.unknown_after), forMs: 0, keepFiringForMs: 0 },
      ],
      observe: () => {
        const { sinceSampleMs, intervalMs } = facts();
        const text = `no sample for ${duration(sinceSampleMs)}; one is due every ${duration(intervalMs)}`;
        return { value: sinceSampleMs / intervalMs, text };
      },
    },
    {
      alert: "VitalsCollectionSlow",
      subject: "p95 of the reading time over 1m",
      measure: "durationP95",
      unit: "s",
      good: "low",
      levels: [levels.above(slowMs / 1_000, "degraded")],
      windowMs: WATCHED_MS,
      observe: () => {
        const { durationP95Ms } = facts();
        return nothingYet(facts(), 0) ?? { value: durationP95Ms === undefined ? undefined : durationP95Ms / 1_000 };
      },
    },
  ];
}

/** A source: whether its breaker lets requests through. */
export function sourceRules(options: HealthOptions, facts: () => SourceFacts): readonly Rule[] {
  return [
    {
      alert: "VitalsBreakerOpen",
      subject: "number of consecutive failures",
      measure: "consecutiveFailures",
      unit: "{failure}",
      good: "low",
      levels: [new Levels(options).above(0.5, "unhealthy")],
      clearsWhen: "the breaker is closed",
      observe: () => {
        const { breaker, consecutiveFailures } = facts();
        const failures = `${consecutiveFailures} consecutive failure${consecutiveFailures === 1 ? "" : "s"}`;
        const shown = { measure: "consecutiveFailures", value: consecutiveFailures, unit: "{failure}", good: "low" } as const;
        if (breaker !== "closed") return { value: 1, text: `the breaker is ${breaker} after ${failures}`, shown };
        return { value: 0, text: consecutiveFailures === 0 ? "the source answers" : `${failures}; the breaker is still closed`, shown };
      },
    },
  ];
}

/** An exporter or a sink: whether what it sends is delivered. */
export function deliveryRules(options: HealthOptions, alert: string, factsOf: () => DeliveryFacts): readonly Rule[] {
  const levels = new Levels(options);
  return [
    {
      alert,
      subject: "number of consecutive failures",
      measure: "consecutiveFailures",
      unit: "{failure}",
      good: "low",
      levels: [levels.above(0, "degraded", 1), levels.above(2, "unhealthy", 1)],
      observe: () => {
        const { consecutiveFailures, dropped, lastError, lastSuccess } = factsOf();
        const last = lastSuccess === null ? "no success yet" : `last success ${lastSuccess}`;
        const error = consecutiveFailures > 0 && lastError !== null ? `last error: ${lastError}; ` : "";
        return { value: consecutiveFailures, detail: `${error}${last}${dropped > 0 ? `; ${dropped} dropped since the start` : ""}` };
      },
    },
  ];
}

/** A sink: whether it drops alerts. An exporter that drops an export loses nothing, because the next one has the same counts. */
export function droppingRule(options: HealthOptions, droppedOf: () => number): Rule {
  const dropped = new RecentIncrease();
  return {
    alert: "VitalsSinkDropping",
    subject: "number of notifications dropped over 1m",
    measure: "dropped",
    unit: "{notification}",
    good: "low",
    levels: [new Levels(options).above(0, "degraded", 1)],
    windowMs: WATCHED_MS,
    observe: (nowMs) => ({ value: dropped.over(WATCHED_MS, droppedOf(), nowMs) }),
  };
}

/** Increase over a window of a count that never falls, from its values at each evaluation. */
class RecentIncrease {
  #points: { readonly atMs: number; readonly count: number }[] = [];

  over(windowMs: number, count: number, nowMs: number): number {
    // The newest point from before the window stays as the baseline.
    while ((this.#points[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - windowMs) this.#points.shift();
    this.#points.push({ atMs: nowMs, count });
    return count - (this.#points[0] as { readonly count: number }).count;
  }
}

/** This process: whether its event loop, its heap and its schedule keep up. */
export function processRules(options: HealthOptions, facts: () => ProcessFacts): readonly Rule[] {
  const levels = new Levels(options);
  const { event_loop_delay: delayMs, heap, missed_ticks: missed } = options.process;
  return [
    {
      alert: "VitalsEventLoopSlow",
      subject: "event-loop delay p99",
      measure: "eventLoopDelayP99",
      unit: "s",
      good: "low",
      levels: [levels.above(delayMs / 1_000, "degraded"), levels.above((4 * delayMs) / 1_000, "unhealthy", delayMs / 1_000)],
      observe: () => ({ value: facts().eventLoopDelayP99Ms / 1_000 }),
    },
    {
      alert: "VitalsHeapNearLimit",
      subject: "share of the heap limit in use",
      measure: "heapUsed",
      unit: "1",
      good: "low",
      levels: [levels.above(heap, "degraded")],
      observe: () => ({ value: facts().heapUsed }),
    },
    {
      alert: "VitalsTicksMissed",
      subject: "share of ticks missed over 1m",
      measure: "missedTicks",
      unit: "1",
      good: "low",
      levels: [levels.above(missed, "degraded")],
      windowMs: WATCHED_MS,
      observe: () => ({ value: facts().missedTicks ?? undefined }),
    },
  ];
}

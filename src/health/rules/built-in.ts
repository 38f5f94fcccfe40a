import { counted, duration, UNIT_MS } from "../../base/quantity.ts";
import type { Missing } from "../../sample/sample.ts";
import { attempted, LIVE_INTERVALS, successRate, type OutcomeCounts } from "../../sample/outcome.ts";
import type { Level } from "../condition.ts";
import type { HealthOptions } from "./options.ts";
import type { Observation, Rule } from "../rule.ts";
import { MIN_READINGS, observedRate } from "./observed-rate.ts";
import type { Status } from "../status.ts";

/** What the rules of a collection judge: its latest samples. */
export interface CollectionFacts {
  /** Time without a sample: since the newest one, the start or the resumption, until now or the start of the reading in flight. */
  readonly sinceSampleMs: number;
  /** Outcomes in the window. */
  readonly outcomes: OutcomeCounts;
  readonly durationP95Ms: number | undefined;
  readonly lastError: string | undefined;
  /** What is missing of the newest reading; undefined unless it succeeded. */
  readonly missing: Missing | undefined;
}

/** What the rules of a source judge. */
export interface SourceFacts {
  readonly breaker: "closed" | "open" | "half-open";
  readonly consecutiveFailures: number;
  /** Message of the newest failure; undefined while the source responds. */
  readonly lastError: string | undefined;
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

/** The window of a collection's built-in rules: a minute, and at least six intervals, so that one failure is never a large share. */
export const watchedMs = (intervalMs: number): number => Math.max(UNIT_MS.m, 6 * intervalMs);

/** What the rules of this process judge. */
export interface ProcessFacts {
  /** Undefined if it was not measured since the last assessment. */
  readonly eventLoopDelayP99Ms: number | undefined;
  /** Share of the heap limit in use. */
  readonly heapUsed: number;
  /** Share of the last minute's ticks, of all collections, that were missed; 0 where none was due. */
  readonly missedTicks: number;
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

/** The level of a number over a window, held for as much longer: what happened once stays in the window that long. Without `for`, at once. */
const sustained = (level: Level, windowMs: number): Level => ({ ...level, forMs: level.forMs === 0 ? 0 : level.forMs + windowMs });

/** The level with a hold of whole intervals: the part of one would only be waited for until the next tick. */
const onTime = (level: Level, intervalMs: number): Level =>
  level.forMs < intervalMs ? level : { ...level, forMs: Math.floor(level.forMs / intervalMs) * intervalMs };

/** Names of the alerts that `collectionRules` raise. */
export const COLLECTION_ALERTS: readonly string[] = [
  "VitalsCollectionFailing",
  "VitalsCollectionStale",
  "VitalsCollectionSlow",
  "VitalsCollectionIncomplete",
];

/** Share of a reading that may be missing. A tenth is too much, and the limit itself is allowed. */
const INCOMPLETE_FROM = 0.0999;

/** A collection: whether its readings succeed, whether it is stale, whether it is fast enough. */
export function collectionRules(
  options: HealthOptions,
  { intervalMs, retain, slowMs }: { readonly intervalMs: number; readonly retain: number; readonly slowMs: number },
  facts: () => CollectionFacts,
): readonly Rule[] {
  const levels = new Levels(options);
  const { success, stale } = options;
  const windowMs = Math.min(watchedMs(intervalMs), retain * intervalMs);
  const judged = { ticks: Math.min(windowMs / intervalMs, retain), badBelow: success.degraded_below };
  const sampled = { windowMs, tickMs: intervalMs, staleMs: LIVE_INTERVALS * intervalMs };
  const last = ({ lastError, outcomes }: CollectionFacts): Pick<Observation, "detail"> =>
    lastError === undefined || successRate(outcomes) === 1 ? {} : { detail: `last error: ${lastError}` };
  return [
    {
      alert: "VitalsCollectionFailing",
      reportedBy: "VitalsCollectionFailing",
      subject: `success rate over ${duration(windowMs)}`,
      measure: "successRate",
      unit: "1",
      good: "high",
      levels: [
        onTime(levels.below(success.degraded_below, "degraded", success.degraded_clear), intervalMs),
        onTime(levels.below(success.critical_below, "critical", success.critical_clear), intervalMs),
      ],
      ...sampled,
      observe: () => {
        const { missing, outcomes } = facts();
        const note = missing === undefined || missing.share === 0 ? {} : { note: missing.text };
        return { ...observedRate(outcomes, judged), ...last(facts()), ...note };
      },
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
        const { sinceSampleMs } = facts();
        const isLate = sinceSampleMs > intervalMs;
        const text = isLate ? `no sample for ${duration(sinceSampleMs)}; one is due every ${duration(intervalMs)}` : "samples arrive";
        return { value: sinceSampleMs / intervalMs, text, ...last(facts()) };
      },
    },
    {
      alert: "VitalsCollectionSlow",
      // A reading that ends by its timeout takes long as well.
      reportedBy: "VitalsCollectionFailing",
      subject: `p95 of the reading time over ${duration(windowMs)}`,
      measure: "durationP95",
      unit: "s",
      good: "low",
      levels: [sustained(levels.above(slowMs / 1_000, "degraded"), windowMs)],
      ...sampled,
      observe: () => {
        const { durationP95Ms, outcomes } = facts();
        if (durationP95Ms === undefined) return { value: undefined };
        const value = durationP95Ms / 1_000;
        const readings = attempted(outcomes);
        return readings < MIN_READINGS ? { value, inconclusive: `too few to judge: ${readings} readings` } : { value };
      },
    },
    {
      alert: "VitalsCollectionIncomplete",
      subject: "share of the newest reading that is missing",
      measure: "missing",
      unit: "1",
      good: "low",
      // A reading that lacks something lacks it for certain, so there is nothing to wait for.
      levels: [{ ...levels.above(INCOMPLETE_FROM, "degraded"), forMs: 0 }],
      ...sampled,
      observe: () => {
        const { missing } = facts();
        return missing === undefined ? { value: undefined } : { value: missing.share, detail: missing.text };
      },
    },
  ];
}

/** A source: whether its breaker lets requests through. */
export function sourceRules(options: HealthOptions, facts: () => SourceFacts): readonly Rule[] {
  let sinceMs: number | undefined;
  return [
    {
      alert: "VitalsBreakerOpen",
      // At long intervals the breaker opens only after a collection has failed for long enough.
      reportedBy: "VitalsCollectionFailing",
      subject: "number of consecutive failures",
      measure: "consecutiveFailures",
      unit: "{failure}",
      good: "low",
      levels: [new Levels(options).above(0.5, "unhealthy")],
      clearsWhen: "the breaker is closed",
      observe: (nowMs) => {
        const { breaker, consecutiveFailures, lastError } = facts();
        sinceMs = consecutiveFailures === 0 ? undefined : (sinceMs ?? nowMs);
        const failures = counted(consecutiveFailures, "consecutive failure");
        const shown = { measure: "consecutiveFailures", value: consecutiveFailures, unit: "{failure}", good: "low" } as const;
        if (breaker === "closed" && consecutiveFailures === 0) return { value: 0, text: "the source answers", shown };
        const fact = breaker === "closed" ? `${failures}; the breaker is still closed` : `the breaker is ${breaker} after ${failures}`;
        const text = lastError === undefined ? fact : `${fact}; last error: ${lastError}`;
        return { value: breaker === "closed" ? 0 : 1, text, shown, ...(sinceMs === undefined ? {} : { failingSinceMs: sinceMs }) };
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
      // A single failure is no outage: what was not delivered is sent again.
      levels: [levels.above(1, "degraded", 0.5), levels.above(2, "unhealthy", 0.5)],
      clearsWhen: "what is sent is delivered",
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
    windowMs: UNIT_MS.m,
    observe: (nowMs) => ({ value: dropped.over(UNIT_MS.m, droppedOf(), nowMs) }),
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
      observe: () => {
        const { eventLoopDelayP99Ms } = facts();
        return { value: eventLoopDelayP99Ms === undefined ? undefined : eventLoopDelayP99Ms / 1_000 };
      },
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
      levels: [sustained(levels.above(missed, "degraded"), UNIT_MS.m)],
      windowMs: UNIT_MS.m,
      observe: () => ({ value: facts().missedTicks }),
    },
  ];
}

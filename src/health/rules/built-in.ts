import { duration } from "../../base/quantity.ts";
import type { Level } from "../condition.ts";
import type { HealthOptions } from "./options.ts";
import type { Observation, Rule } from "../rule.ts";
import type { Status } from "../status.ts";

/** What is known of a collection over the last minute. */
export interface CollectionFacts {
  readonly intervalMs: number;
  /** Time since its newest sample began, or since it was scheduled. */
  readonly silentMs: number;
  /** Null where no tick was due. */
  readonly successRate: number | null;
  readonly due: number;
  readonly durationP95Ms: number | undefined;
  readonly lastError: string | undefined;
}

/** What is known of a source. */
export interface SourceFacts {
  readonly breaker: "closed" | "open" | "half-open";
  readonly consecutiveFailures: number;
}

/** What is known of something that sends: an exporter or a sink. */
export interface DeliveryFacts {
  readonly consecutiveFailures: number;
  /** What was given up, since the start. */
  readonly dropped: number;
  /** ISO 8601; null before the first that arrived. */
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
}

/** What success rates, durations and missed ticks look back over. */
export const WATCHED_MS = 60_000;

/** What is known of this process. */
export interface ProcessFacts {
  readonly eventLoopDelayP99Ms: number;
  /** Share of the heap's limit in use. */
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

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

/** Names of the alerts that `collectionRules` raise. */
export const COLLECTION_ALERTS: readonly string[] = ["VitalsCollectionFailing", "VitalsCollectionSilent", "VitalsCollectionSlow"];

/** A collection: does it succeed, is it heard of, is it fast enough. */
export function collectionRules(options: HealthOptions, slowMs: number, facts: () => CollectionFacts): readonly Rule[] {
  const levels = new Levels(options);
  const { success, silent } = options;
  const last = ({ lastError, successRate }: CollectionFacts): Pick<Observation, "detail"> =>
    lastError === undefined || successRate === 1 ? {} : { detail: `last error: ${lastError}` };
  return [
    {
      alert: "VitalsCollectionFailing",
      what: "success rate over 1m",
      measure: "successRate",
      unit: "1",
      good: "high",
      levels: [
        levels.below(success.degraded_below, "degraded", success.degraded_clear),
        levels.below(success.critical_below, "critical", success.critical_clear),
      ],
      windowMs: WATCHED_MS,
      observe: () => ({ value: facts().successRate ?? undefined, ...last(facts()) }),
    },
    {
      alert: "VitalsCollectionSilent",
      what: "intervals without a sample",
      measure: "silentIntervals",
      unit: "{interval}",
      good: "low",
      isAboutSilence: true,
      levels: [
        // Silence ends with the first sample: there is nothing to hold.
        { ...levels.above(silent.unknown_after, "unknown"), forMs: 0, keepFiringForMs: 0 },
        { ...levels.above(silent.unhealthy_after, "unhealthy", silent.unknown_after), forMs: 0, keepFiringForMs: 0 },
      ],
      observe: () => {
        const { silentMs, intervalMs } = facts();
        return { value: silentMs / intervalMs, words: `no sample for ${duration(silentMs)}, one is due every ${duration(intervalMs)}` };
      },
    },
    {
      alert: "VitalsCollectionSlow",
      what: "p95 of the time a reading takes over 1m",
      measure: "durationP95",
      unit: "s",
      good: "low",
      levels: [levels.above(slowMs / 1_000, "degraded")],
      windowMs: WATCHED_MS,
      observe: () => {
        const { durationP95Ms } = facts();
        return { value: durationP95Ms === undefined ? undefined : durationP95Ms / 1_000 };
      },
    },
  ];
}

/** A source: can it be asked. */
export function sourceRules(options: HealthOptions, facts: () => SourceFacts): readonly Rule[] {
  return [
    {
      alert: "VitalsBreakerOpen",
      what: "consecutive failures",
      measure: "consecutiveFailures",
      unit: "{failure}",
      good: "low",
      levels: [new Levels(options).above(0.5, "unhealthy")],
      observe: () => {
        const { breaker, consecutiveFailures } = facts();
        const failures = `${consecutiveFailures} consecutive failure${consecutiveFailures === 1 ? "" : "s"}`;
        const shown = { measure: "consecutiveFailures", value: consecutiveFailures, unit: "{failure}", good: "low" } as const;
        if (breaker !== "closed") return { value: 1, words: `the breaker is ${breaker} after ${failures}`, shown };
        return { value: 0, words: consecutiveFailures === 0 ? "answers" : `${failures}, the breaker is still closed`, shown };
      },
    },
  ];
}

/** A buffer: how much of what was due it holds, over everything retained. */
export function bufferRules(
  options: HealthOptions,
  facts: () => { readonly due: number; readonly coverage: number | null },
): readonly Rule[] {
  const { degraded_below: bound, degraded_clear: clear } = options.success;
  return [
    {
      alert: "VitalsBufferGaps",
      what: "share of retained ticks with values",
      measure: "coverage",
      unit: "1",
      good: "high",
      levels: [new Levels(options).below(bound, "degraded", clear)],
      observe: () => {
        const { due, coverage } = facts();
        return coverage === null
          ? { value: undefined }
          : { value: coverage, words: `${percent(coverage)} of ${due} retained ticks have values` };
      },
    },
  ];
}

/** An exporter or a sink: does what it sends arrive. */
export function deliveryRules(options: HealthOptions, alert: string, factsOf: () => DeliveryFacts): readonly Rule[] {
  const levels = new Levels(options);
  return [
    {
      alert,
      what: "consecutive failures",
      measure: "consecutiveFailures",
      unit: "{failure}",
      good: "low",
      levels: [levels.above(0, "degraded", 1), levels.above(2, "unhealthy", 1)],
      observe: () => {
        const { consecutiveFailures, dropped, lastError, lastSuccess } = factsOf();
        const last = lastSuccess === null ? "nothing has arrived yet" : `last success ${lastSuccess}`;
        const error = consecutiveFailures > 0 && lastError !== null ? `last error: ${lastError}; ` : "";
        return { value: consecutiveFailures, detail: `${error}${last}${dropped > 0 ? `; ${dropped} given up since the start` : ""}` };
      },
    },
  ];
}

/** A sink: does it lose alerts. An exporter that gives one export up loses nothing: the next has the same counts. */
export function droppingRule(options: HealthOptions, droppedOf: () => number): Rule {
  const dropped = new Rise();
  return {
    alert: "VitalsSinkDropping",
    what: "alerts given up over 1m",
    measure: "dropped",
    unit: "{alert}",
    good: "low",
    levels: [new Levels(options).above(0, "degraded", 1)],
    windowMs: WATCHED_MS,
    observe: (nowMs) => ({ value: dropped.over(WATCHED_MS, droppedOf(), nowMs) }),
  };
}

/** How much a count that only grows has grown lately. */
class Rise {
  #looks: { readonly atMs: number; readonly count: number }[] = [];

  over(windowMs: number, count: number, nowMs: number): number {
    // The newest look from before the window stays: what has come since then is what has come within it.
    while ((this.#looks[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - windowMs) this.#looks.shift();
    this.#looks.push({ atMs: nowMs, count });
    return count - (this.#looks[0] as { readonly count: number }).count;
  }
}

/** This process: does its event loop turn, has it memory left, does it keep up. */
export function processRules(options: HealthOptions, facts: () => ProcessFacts): readonly Rule[] {
  const levels = new Levels(options);
  const { event_loop_delay: delayMs, heap, missed_ticks: missed } = options.process;
  return [
    {
      alert: "VitalsEventLoopSlow",
      what: "event-loop delay p99",
      measure: "eventLoopDelayP99",
      unit: "s",
      good: "low",
      levels: [levels.above(delayMs / 1_000, "degraded"), levels.above((4 * delayMs) / 1_000, "unhealthy", delayMs / 1_000)],
      observe: () => ({ value: facts().eventLoopDelayP99Ms / 1_000 }),
    },
    {
      alert: "VitalsHeapNearLimit",
      what: "share of the heap's limit in use",
      measure: "heapUsed",
      unit: "1",
      good: "low",
      levels: [levels.above(heap, "degraded")],
      observe: () => ({ value: facts().heapUsed }),
    },
    {
      alert: "VitalsTicksMissed",
      what: "share of ticks missed over 1m",
      measure: "missedTicks",
      unit: "1",
      good: "low",
      levels: [levels.above(missed, "degraded")],
      windowMs: WATCHED_MS,
      observe: () => ({ value: facts().missedTicks ?? undefined }),
    },
  ];
}

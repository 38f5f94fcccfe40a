import type { Finding } from "./record.ts";

/** What is known of a collection over the last minute. */
export interface CollectionFacts {
  readonly paused: boolean;
  readonly intervalMs: number;
  readonly slowMs: number;
  /** Time since its newest sample began, or since it was scheduled; undefined before that. */
  readonly silentMs: number | undefined;
  readonly successRate: number | null;
  readonly due: number;
  readonly success: number;
  readonly durationP95Ms: number | undefined;
  readonly lastError: string | undefined;
}

/** What is known of a source. */
export interface SourceFacts {
  readonly breaker: "closed" | "open" | "half-open";
  readonly consecutiveFailures: number;
}

/** Below these shares of successful ticks a collection, or covered ticks a buffer, is degraded and critical. */
const DEGRADED_BELOW = 0.8;
const CRITICAL_BELOW = 0.5;

/** Silent for this many intervals: nothing can be said; for that many: it is broken. */
const UNKNOWN_AFTER = 3;
const UNHEALTHY_AFTER = 10;

const percent = (share: number): string => `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 1)} %`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A collection: is it heard of, does it succeed, is it fast enough. */
export function collectionFinding(facts: CollectionFacts): Finding {
  if (facts.paused) return { status: "unknown", reason: "paused", expected: true };
  const { silentMs, successRate } = facts;
  if (silentMs !== undefined && silentMs > UNKNOWN_AFTER * facts.intervalMs) {
    const status = silentMs > UNHEALTHY_AFTER * facts.intervalMs ? "unhealthy" : "unknown";
    return { status, reason: `no sample for ${seconds(silentMs)}, one is due every ${seconds(facts.intervalMs)}` };
  }
  if (successRate === null) return { status: "unknown", reason: "no sample in the last minute" };
  const measured = { measure: "successRate", value: successRate, unit: "1", good: "high" } as const;
  const counted = `${percent(successRate)} of ${facts.due} ticks in the last minute succeeded`;
  if (successRate < DEGRADED_BELOW) {
    const status = successRate < CRITICAL_BELOW ? "critical" : "degraded";
    return { ...measured, status, reason: `${counted}${facts.lastError === undefined ? "" : `; last: ${facts.lastError}`}` };
  }
  const p95 = facts.durationP95Ms;
  if (p95 !== undefined && p95 > facts.slowMs) {
    return {
      ...measured,
      status: "degraded",
      reason: `slow: p95 of the last minute is ${seconds(p95)}, the limit ${seconds(facts.slowMs)}`,
    };
  }
  return { ...measured, status: "healthy", reason: counted };
}

/** A source: can it be asked. */
export function sourceFinding({ breaker, consecutiveFailures }: SourceFacts): Finding {
  const measured = { measure: "consecutiveFailures", value: consecutiveFailures, unit: "{failure}", good: "low" } as const;
  if (breaker === "closed") {
    const reason = consecutiveFailures === 0 ? "answers" : `${consecutiveFailures} consecutive failures, the breaker is still closed`;
    return { ...measured, status: "healthy", reason };
  }
  return { ...measured, status: "unhealthy", reason: `the breaker is ${breaker} after ${consecutiveFailures} consecutive failures` };
}

/** A buffer: how much of what was due it holds, over everything retained. */
export function bufferFinding(facts: { readonly due: number; readonly coverage: number | null }): Finding {
  if (facts.coverage === null) return { status: "unknown", reason: "nothing retained yet" };
  const measured = { measure: "coverage", value: facts.coverage, unit: "1", good: "high" } as const;
  const reason = `${percent(facts.coverage)} of ${facts.due} retained ticks have values`;
  return { ...measured, status: facts.coverage < DEGRADED_BELOW ? "degraded" : "healthy", reason };
}

/** An exporter: does what it sends arrive. */
export function exporterFinding(facts: {
  readonly exports: number;
  readonly consecutiveFailures: number;
  readonly lastError: string | null;
}): Finding {
  const measured = { measure: "consecutiveFailures", value: facts.consecutiveFailures, unit: "{failure}", good: "low" } as const;
  if (facts.consecutiveFailures === 0) {
    return {
      ...measured,
      status: "healthy",
      reason: facts.exports === 0 ? "nothing was due yet" : `${facts.exports} exports, the last one arrived`,
    };
  }
  const status = facts.consecutiveFailures >= 3 ? "unhealthy" : "degraded";
  return { ...measured, status, reason: `${facts.consecutiveFailures} exports in a row failed; last: ${facts.lastError ?? "unknown"}` };
}

/** This process: does its event loop turn. */
export function processFinding(facts: { readonly eventLoopDelayP99Ms: number }): Finding {
  const delay = facts.eventLoopDelayP99Ms;
  const measured = { measure: "eventLoopDelayP99", value: delay / 1_000, unit: "s", good: "low" } as const;
  const reason = `event-loop delay p99 is ${delay.toFixed(1)} ms`;
  if (delay > 1_000) return { ...measured, status: "unhealthy", reason };
  return { ...measured, status: delay > 250 ? "degraded" : "healthy", reason };
}

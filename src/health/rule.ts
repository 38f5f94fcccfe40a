import type { Level } from "./condition.ts";

/** What causes an evaluation: a tick of its collection, a full assessment, a change such as a pause, or the end of the start-up grace. */
export type Trigger = "tick" | "full" | "change" | "grace-end";

/** When rules are evaluated; monotonic milliseconds. */
export interface EvaluationTime {
  /** The end of the windows that rules observe: right after the sample was read, or now. */
  readonly nowMs: number;
  /** What hold times run on: when the tick was due, so that they do not depend on how long readings take. Without a tick: now. */
  readonly dueMs: number;
}

/** What one evaluation of a rule observed. */
export interface Observation {
  /** The number that the levels are compared with; undefined where nothing was measured. */
  readonly value: number | undefined;
  /** Why the number is not judged, although it can be shown: `not measured for 3s`. It then counts as missing data. */
  readonly inconclusive?: string;
  /** Replaces the number in reasons: `the breaker is open after 5 consecutive failures`. */
  readonly text?: string;
  /** The cause or context, added to reasons: `last error: connection refused`. */
  readonly detail?: string;
  /** Since when the component has been failing without a break, on the monotonic clock; absent while it does not. */
  readonly failingSinceMs?: number;
  /** What to know although nothing is wrong, added to the reason while nothing is: `3 of 400 lines skipped`. */
  readonly note?: string;
  /** The number to show, where `value` is only a rank. */
  readonly shown?: Measured;
  /** There is nothing to judge: `value` ends what was wrong and is not shown; the component is unknown, for the reason in `text`. */
  readonly isIdle?: true;
}

/** A component's number as reports show it. */
export interface Measured {
  readonly measure?: string;
  readonly value?: number;
  readonly unit?: string;
  readonly good?: "low" | "high";
}

/** Judges one number of a component: plain data, and a function that observes the number. */
export interface Rule {
  /** Name of the alert it raises. */
  readonly alert: string;
  /** The number in words, as the subject of a reason: `p95 of cpuUtilization over 1m`. */
  readonly subject: string;
  /** The number in one word, such as `successRate`. */
  readonly measure: string;
  readonly unit: string;
  /** Which direction is an improvement. */
  readonly good?: "low" | "high";
  /** One line about what the alert means; default: the component and its status. */
  readonly summary?: string;
  readonly levels: readonly Level[];
  /**
   * Name of the alert that inhibits this rule's if it has reported the same outage before: while it fires for the same component, or if it has
   * fired since the component that both depend on, or this one, has been failing, for a component that depends on that one.
   */
  readonly reportedBy?: string;
  /** What ends its status, in words that follow "clears when": `the breaker is closed`. Default: the value past `clear`. */
  readonly clearsWhen?: string;
  /** Length of the window that its number covers; default: none. */
  readonly windowMs?: number;
  /** It judges missing data: its finding nothing wrong does not make a component healthy of which nothing was ever measured. */
  readonly judgesMissingData?: true;
  /**
   * Milliseconds between the ticks at which it is evaluated, so that its hold times are exact. Full assessments evaluate it as well only
   * if they are more frequent, or once no tick has come for `staleMs`.
   */
  readonly tickMs?: number;
  /** Data missing for longer than this many milliseconds restarts hold times; default: however long, it is only left out of them. */
  readonly staleMs?: number;
  /** @param nowMs the end of its window, on the monotonic clock */
  observe(nowMs: number): Observation;
}

/**
 * A rule that finds nothing to judge while `reasonOf` gives a reason: what was wrong then ends after its hold. A rule about missing data stays
 * as it is.
 */
export function idleWhile(rule: Rule, reasonOf: () => string | undefined): Rule {
  if (rule.judgesMissingData) return rule;
  const good = rule.levels.some(({ above }) => above !== undefined) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return {
    ...rule,
    observe(nowMs) {
      const text = reasonOf();
      return text === undefined ? rule.observe(nowMs) : { value: good, text, isIdle: true };
    },
  };
}

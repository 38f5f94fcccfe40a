import { parseDuration } from "./duration.ts";
import type { RuleOptions } from "./health/rule-options.ts";
import type { RuleProblem, RuleSubject } from "./rule-problems.ts";
import type { Field } from "./sample/field.ts";
import { duration } from "./sample/quantity.ts";
import { FEWEST } from "./buffer/trend.ts";

type Misfit = Omit<RuleProblem, "place">;

/** What could make a rule say nothing for ever: a window that never holds enough, a threshold that nothing reaches or gets back from. */
export function* reachProblems(rule: RuleOptions, subject: RuleSubject, field: Field | undefined): Generator<Misfit> {
  if (rule.stat !== "age") yield* windowMisfits(rule, subject);
  yield* thresholdMisfits(rule, rangeOf(rule.stat, field));
}

/** Samples that a statistic needs before it says anything. */
const NEEDED: Partial<Record<RuleOptions["stat"], number>> = { rate: 2, increase: 2, trend: FEWEST };

function* windowMisfits({ stat, window }: RuleOptions, { intervalMs, retain }: RuleSubject): Generator<Misfit> {
  const windowMs = parseDuration(window) ?? Number.NaN;
  const retainedMs = retain * intervalMs;
  const needed = NEEDED[stat] ?? 1;
  const path = ["window"];
  if (windowMs > retainedMs) {
    const held = `${retain} samples, one every ${duration(intervalMs)}`;
    yield { path, message: `expected at most ${duration(retainedMs)}, because the collection retains ${held}; found a longer one` };
  }
  if (windowMs <= (needed - 1) * intervalMs) {
    const least = duration(needed * intervalMs);
    yield {
      path,
      message: `expected at least ${least}, because ${stat} needs ${needed} samples; found a shorter one, which never holds them`,
    };
  }
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

function rangeOf(stat: RuleOptions["stat"], field: Field | undefined): Bounds {
  if (stat === "successRate") return { least: 0, most: 1 };
  if (stat === "trend") return { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  if (stat === "rate" || stat === "increase" || !field) return { least: 0, most: Number.POSITIVE_INFINITY };
  return { least: field.min, most: field.max };
}

function* thresholdMisfits({ above, below, clear }: RuleOptions, { least, most }: Bounds): Generator<Misfit> {
  const [high, low] = [`the value is never above ${most}`, `the value is never below ${least}`];
  if (above !== undefined) {
    if (above >= most) yield { path: ["above"], message: `expected less than ${most}, because ${high}: the rule would never fire` };
    else if ((clear ?? above) <= least)
      yield {
        path: [clear === undefined ? "above" : "clear"],
        message: `expected more than ${least}, because ${low}: the alert would never resolve${least === 0 ? " (of a count, write 0.5)" : ""}`,
      };
  }
  if (below !== undefined) {
    if (below <= least) yield { path: ["below"], message: `expected more than ${least}, because ${low}: the rule would never fire` };
    else if ((clear ?? below) >= most)
      yield {
        path: [clear === undefined ? "below" : "clear"],
        message: `expected less than ${most}, because ${high}: the alert would never resolve`,
      };
  }
}

import type { Level } from "./condition.ts";
import type { Finding } from "./record.ts";
import type { Observation, Rule } from "./rule.ts";
import type { Status } from "./status.ts";

/** Name of the alert that a check raises which judges by itself. */
const CHECK_ALERT = "VitalsCheckFailing";

const RANKS: Readonly<Record<Exclude<Status, "unknown">, number>> = { healthy: 0, degraded: 1, unhealthy: 2, critical: 3 };

/**
 * A rule over a check that says a status itself: it holds at once and is left once the check has said better for `keepMs`. A check
 * that says `unknown` says nothing.
 */
export function ruleOfCheck(check: (nowMs: number) => Finding, keepMs: number): Rule {
  const level = (status: Exclude<Status, "unknown" | "healthy">): Level => {
    const edge = RANKS[status] - 0.5;
    return { status, above: edge, clear: edge, forMs: 0, keepMs };
  };
  return {
    alert: CHECK_ALERT,
    what: "the check",
    measure: "status",
    unit: "{rank}",
    levels: [level("degraded"), level("unhealthy"), level("critical")],
    observe: (nowMs) => observationOf(check(nowMs)),
  };
}

function observationOf({ status, reason, measure, value, unit, good }: Finding): Observation {
  const shown = {
    ...(measure === undefined ? {} : { measure }),
    ...(value === undefined ? {} : { value }),
    ...(unit === undefined ? {} : { unit }),
    ...(good === undefined ? {} : { good }),
  };
  return { value: status === "unknown" ? undefined : RANKS[status], words: reason, shown };
}

import type { DashboardPlan } from "./plan.ts";

/** Minimum window of a rate in rules, and the minimum number of intervals of the slowest collection in it. */
const WINDOW_MINUTES = 5;
const WINDOW_INTERVALS = 4;

/** Share of that window over which a success rate must also be low, so that a past outage does not fire while the window still contains it. */
const RECENT = 0.4;

/** Windows of the rates in a rule file, as PromQL durations. */
export interface Windows {
  readonly window: string;
  readonly recent: string;
}

/** Windows for the intervals of these collections. */
export function windowsFor({ collections }: DashboardPlan): Windows {
  const slowest = Math.max(0, ...collections.map(({ intervalMs }) => intervalMs));
  const minutes = Math.max(WINDOW_MINUTES, Math.ceil((WINDOW_INTERVALS * slowest) / 60_000));
  return { window: `${minutes}m`, recent: `${Math.ceil(RECENT * minutes)}m` };
}

/** Names of the recording rules, as `level:metric:operations`. */
export function recordsOf({ window, recent }: Windows) {
  return {
    age: "collection:vitals_collection_age:intervals",
    success: `collection:vitals_collection_success:ratio_rate${window}`,
    recentSuccess: `collection:vitals_collection_success:ratio_rate${recent}`,
    duration: `collection:vitals_collection_duration_seconds:p95_rate${window}`,
    status: "component:vitals_component_status:rank",
    breaker: "source:vitals_breaker_status:rank",
    clock: "instance:vitals_clock_ahead_seconds:difference",
  };
}

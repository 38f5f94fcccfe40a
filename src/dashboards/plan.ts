import type { HealthOptions } from "../health/rules/options.ts";
import type { SampleType } from "../sample/sample-type.ts";

/** A collection as far as its dashboards and rules depend on it. */
export interface PlannedCollection {
  readonly name: string;
  readonly type: SampleType;
  readonly intervalMs: number;
  /** Slower than this at p95 is degraded. */
  readonly slowMs: number;
}

/** What dashboards and rules are made from. */
export interface DashboardPlan {
  readonly collections: readonly PlannedCollection[];
  /** Sample types that get a dashboard, collected or not. */
  readonly types: readonly SampleType[];
  readonly health: HealthOptions;
  /** Prometheus' job of the scrape. */
  readonly job: string;
  /** What a runbook's link begins with; the alert's name and `.md` follow. */
  readonly runbooks: string;
}

/** Collections of a type, and of every type without one. */
export const collectionsOf = ({ collections }: DashboardPlan, type?: SampleType): readonly PlannedCollection[] =>
  type ? collections.filter((collection) => collection.type.name === type.name) : collections;

const LONGEST_STEP_MS = 60_000;

/** Shortest step of a panel about these collections: two intervals, so that a rate has something to be a rate of; a minute at most. */
export function stepOf(collections: readonly PlannedCollection[]): number {
  return Math.min(LONGEST_STEP_MS, 2 * Math.max(1_000, ...collections.map(({ intervalMs }) => intervalMs)));
}

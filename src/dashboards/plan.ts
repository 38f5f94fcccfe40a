import type { HealthOptions, RuleOptions } from "../health/rules/options.ts";
import type { SampleType } from "../sample/sample-type.ts";
import type { SourceRule } from "../sample/source-rule.ts";

/** The properties of a collection that dashboards and rules depend on. */
export interface PlannedCollection {
  readonly name: string;
  readonly type: SampleType;
  readonly intervalMs: number;
  /** Milliseconds between two measurements of a field that is measured less often than the collection. */
  readonly cadence: ReadonlyMap<string, number>;
  /** Degraded if the p95 of its readings' duration exceeds this. */
  readonly slowMs: number;
  /** Its health rules beside the built-in ones. */
  readonly rules: readonly RuleOptions[];
  /** The rules that its source kind brings, among those. */
  readonly sourceRules: readonly SourceRule[];
}

/** Input of dashboards and rules. */
export interface DashboardPlan {
  readonly collections: readonly PlannedCollection[];
  /** Sample types that get a dashboard, whether or not a collection reads them. */
  readonly types: readonly SampleType[];
  readonly health: HealthOptions;
  /** Job of the scrape in Prometheus. */
  readonly job: string;
  /** Link to a runbook, in which `{alert}` stands for the alert's name. */
  readonly runbooks: string;
}

/** Collections of a type, or all collections. */
export const collectionsOf = ({ collections }: DashboardPlan, type?: SampleType): readonly PlannedCollection[] =>
  type ? collections.filter((collection) => collection.type.name === type.name) : collections;

const LONGEST_STEP_MS = 60_000;

/** Minimum step of a panel about these collections: two intervals, so that a rate has two points; at most a minute. */
export function stepOf(collections: readonly PlannedCollection[]): number {
  return Math.min(LONGEST_STEP_MS, 2 * Math.max(1_000, ...collections.map(({ intervalMs }) => intervalMs)));
}

/** Milliseconds between two measurements of a field. */
export const cadenceOf = ({ cadence, intervalMs }: PlannedCollection, field: string): number => cadence.get(field) ?? intervalMs;

/** Minimum step of a rate of a field: two of the field's own intervals, however long, because a shorter rate alternates between 0 and a peak. */
export const rateStepOf = (collections: readonly PlannedCollection[], field: string): number =>
  2 * Math.max(1_000, ...collections.map((collection) => cadenceOf(collection, field)));

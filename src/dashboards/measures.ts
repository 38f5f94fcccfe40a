import { compareStatus, STATUSES, type Status } from "../health/status.ts";
import { BY_COLLECTION, BY_INSTANCE, COLLECTION, COMPONENT, OUTCOME, OWN, SOURCE } from "./own-metrics.ts";
import { quantile, rankOf, select, sumBy, type Matchers } from "./promql.ts";

/** The selected series, and the window of a rate: once for dashboards with their variables, once for rules. */
export interface Scope {
  readonly instance: Matchers;
  readonly collection: Matchers;
  readonly window: string;
}

/** A dashboard's variables. */
const CHOSEN = ['job=~"$job"', 'instance=~"$instance"'];
export const IN_DASHBOARD: Scope = {
  instance: CHOSEN,
  collection: [...CHOSEN, `${COLLECTION}=~"$collection"`],
  window: "$__rate_interval",
};

/** All series in Prometheus. */
export const everywhere = (window: string): Scope => ({ instance: [], collection: [], window });

export const rate = (selector: string, { window }: Scope): string => `rate(${selector}[${window}])`;

/** Statuses and breaker states from best to worst; panels and rules use their index. */
export const STATUS_RANKS: readonly Status[] = STATUSES.toSorted(compareStatus);
export const BREAKER_RANKS = ["closed", "half-open", "open"] as const;

/** 0 healthy, 1 unknown, 2 degraded, 3 unhealthy, 4 critical. */
export const statusRank = ({ instance }: Scope, ...more: Matchers): string =>
  rankOf([...BY_INSTANCE, COMPONENT], STATUS_RANKS, (status) =>
    select(OWN.status, instance, more, [`vitals_component_status="${status}"`]),
  );

/** 0 closed, 1 half-open, 2 open. */
export const breakerRank = ({ instance }: Scope): string =>
  rankOf([...BY_INSTANCE, SOURCE], BREAKER_RANKS, (state) => select(OWN.breaker, instance, [`vitals_breaker_state="${state}"`]));

/** Seconds since a collection's latest success, measured by the collector's own clock, so that clock drift does not affect it. */
export const age = ({ instance, collection }: Scope): string =>
  `${select(OWN.clock, instance)} - on (${BY_INSTANCE.join(", ")}) group_right () ${select(OWN.lastSuccess, collection)}`;

/**
 * The same in intervals of the collection, with its source; infinite if it has never succeeded. Absent while its source waits for its first
 * write, which is no failure.
 */
export function ageInIntervals(scope: Scope): string {
  const interval = select(OWN.interval, scope.collection);
  const same = `on (${BY_COLLECTION.join(", ")})`;
  const never = `(${interval} unless ${same} ${select(OWN.lastSuccess, scope.collection)}) * 0 + Inf`;
  const waiting = `${select(OWN.waiting, scope.collection)} == 1`;
  return `((${age(scope)}) / ${same} group_left (${SOURCE}) ${interval} or ${never}) unless ${same} ${waiting}`;
}

/** success / (success + failed + timeout + invalid + rejected); 0 if nothing succeeded, as in the collector's own windows. */
export function successRatio(scope: Scope, labels: readonly string[] = BY_COLLECTION): string {
  const ticks = (matcher: string): string => sumBy(labels, rate(select(OWN.ticks, scope.collection, [matcher]), scope));
  const attempted = ticks(`${OUTCOME}!~"missed|waiting"`);
  return `(${ticks(`${OUTCOME}="success"`)} or 0 * ${attempted}) / ${attempted}`;
}

/** Share of a collection's ticks that could not start in time. */
export function missedRatio(scope: Scope): string {
  const ticks = (...matchers: Matchers): string => sumBy(BY_COLLECTION, rate(select(OWN.ticks, scope.collection, matchers), scope));
  return `(${ticks(`${OUTCOME}="missed"`)} or 0 * ${ticks()}) / ${ticks()}`;
}

/** Quantile of the duration of a collection's readings. */
export const durationQuantile = (q: number, scope: Scope): string =>
  quantile(q, BY_COLLECTION, rate(select(`${OWN.duration}_bucket`, scope.collection), scope));

/** Seconds by which the collector's clock is ahead of the one that stamped its metrics; negative if it is behind. */
export const clockAhead = ({ instance }: Scope): string => `${select(OWN.clock, instance)} - timestamp(${select(OWN.clock, instance)})`;

/** A counter's value, or 0 for an instance that reports metrics but has not counted anything yet. */
export const countedOr0 = (labels: readonly string[], counted: string, { instance }: Scope): string =>
  `${sumBy([...BY_INSTANCE, ...labels], counted)} or on (${BY_INSTANCE.join(", ")}) 0 * ${sumBy(BY_INSTANCE, select(OWN.clock, instance))}`;

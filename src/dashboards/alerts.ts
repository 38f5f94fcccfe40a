import { percent } from "../base/quantity.ts";
import { BY_COLLECTION, BY_INSTANCE, COLLECTION, COMPONENT, OWN, SOURCE } from "./own-metrics.ts";
import type { DashboardPlan, PlannedCollection } from "./plan.ts";
import { literally, quoted, select } from "./promql.ts";
import type { recordsOf, Windows } from "./records.ts";

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keep_firing_for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** A drift that a scrape's own duration cannot explain. */
const DRIFT_S = 5;

/** What resolves has to be good for two minutes, so that what comes and goes tells nobody twice. */
const KEEP = "2m";

/** An alert as it is written below; what all have in common is added. */
interface Draft {
  readonly alert: string;
  readonly severity: "warning" | "error" | "critical";
  readonly for: string;
  readonly expr: string;
  /** Who is meant: a component's name where the collector has one for it. */
  readonly component: string;
  readonly summary: string;
  readonly description: string;
}

/** Conditions that several alerts refer to. */
interface Conditions {
  readonly names: ReturnType<typeof recordsOf>;
  readonly windows: Windows;
  readonly stale: string;
  readonly failing: string;
  readonly slow: string | undefined;
}

const ON_COLLECTION = `on (${BY_COLLECTION.join(", ")})`;
const THE_COLLECTION = `{{ $labels.${COLLECTION} }} of {{ $labels.instance }}`;
const THE_COMPONENT = `{{ $labels.${COMPONENT} }} of {{ $labels.instance }}`;

/** Alerts on the recorded series. Each trouble fires the one that is nearest to its cause, so that nobody is paged twice for it. */
export function alertsFor(plan: DashboardPlan, names: ReturnType<typeof recordsOf>, windows: Windows): readonly AlertingRule[] {
  const { success, stale } = plan.health;
  const conditions: Conditions = {
    names,
    windows,
    stale: `${names.age} > ${stale.unknown_after}`,
    failing: `${names.success} < ${success.degraded_below} and ${names.recentSuccess} < ${success.degraded_below}`,
    slow: slowOf(plan.collections, names.duration),
  };
  const drafts = [...instanceAlerts(plan), ...collectionAlerts(plan, conditions), ...componentAlerts(conditions), clockAlert(names)];
  return drafts.map(({ alert, severity, for: forTime, expr, component, summary, description }) => ({
    alert,
    expr,
    for: forTime,
    keep_firing_for: KEEP,
    labels: { severity, component },
    annotations: { summary, description, runbook_url: `${plan.runbooks}${alert}.md` },
  }));
}

function instanceAlerts({ job }: DashboardPlan): readonly Draft[] {
  const isDown = `${select("up", [`job=${quoted(job)}`])} == 0`;
  return [
    {
      alert: "VitalsDown",
      severity: "critical",
      for: "1m",
      expr: isDown,
      component: "instance",
      summary: "Collector {{ $labels.instance }} is down",
      description: "Prometheus cannot scrape {{ $labels.instance }} of job {{ $labels.job }}. Nothing is known of what it watches.",
    },
    {
      alert: "VitalsAbsent",
      severity: "critical",
      for: "5m",
      expr: `absent(${OWN.clock}) unless on () ${isDown}`,
      component: "job",
      summary: "No collector tells any metrics",
      description: `Prometheus has no series of any collector: none is scraped as job ${job}, and none pushes.`,
    },
  ];
}

function collectionAlerts({ health }: DashboardPlan, { names, windows, stale, failing, slow }: Conditions): readonly Draft[] {
  const component = `collection:{{ $labels.${COLLECTION} }}`;
  const drafts: readonly Draft[] = [
    {
      alert: "VitalsBreakerOpen",
      severity: "error",
      for: "1m",
      expr: `${names.breaker} > 0`,
      component: `source:{{ $labels.${SOURCE} }}`,
      summary: `Source {{ $labels.${SOURCE} }} of {{ $labels.instance }} no longer answers`,
      description:
        "Its breaker is {{ if eq $value 2.0 }}open{{ else }}half-open{{ end }} after consecutive failures; its collections ask in vain.",
    },
    {
      alert: "VitalsCollectionStale",
      severity: "error",
      for: "1m",
      expr: `${stale} unless on (${[...BY_INSTANCE, SOURCE].join(", ")}) ${names.breaker} > 0`,
      component,
      summary: `Collection ${THE_COLLECTION} is stale`,
      description:
        'Its newest success is {{ printf "%.1f" $value }} of its intervals old (+Inf: it never succeeded). Its series have disappeared.',
    },
    {
      alert: "VitalsCollectionFailing",
      severity: "warning",
      for: windows.recent,
      expr: `${failing} unless ${ON_COLLECTION} ${stale}`,
      component,
      summary: `Collection ${THE_COLLECTION} fails often`,
      description: `{{ $value | humanizePercentage }} of its readings succeeded over ${windows.window}; below ${percent(health.success.degraded_below)} is too few.`,
    },
  ];
  if (slow === undefined) return drafts;
  const slowAlert: Draft = {
    alert: "VitalsCollectionSlow",
    severity: "warning",
    for: windows.window,
    expr: `(${slow}) unless ${ON_COLLECTION} (${stale} or ${failing})`,
    component,
    summary: `Collection ${THE_COLLECTION} is slow`,
    description: `Its readings take {{ $value | humanizeDuration }} at p95 over ${windows.window}, near or above their timeout.`,
  };
  return [...drafts, slowAlert];
}

/** What the collector judges by rules that are not told in any other way, such as the user's own. */
function componentAlerts({ names, windows, stale, failing, slow }: Conditions): readonly Draft[] {
  // Sources and exporters have alerts of their own; buffers count nowhere; what is wrong with a collection itself was told above.
  const others = select(names.status, [`${COMPONENT}!~"overall|(source|exporter|buffer):.+"`]);
  const components = `label_replace(${others}, "${COLLECTION}", "$1", "${COMPONENT}", "collection:(.+)")`;
  const unexplained = `unless ${ON_COLLECTION} (${[stale, failing, ...(slow === undefined ? [] : [slow])].join(" or ")})`;
  const component = `{{ $labels.${COMPONENT} }}`;
  const description = "The collector judges it so; GET /health of the collector says why, with the numbers.";
  return [
    {
      alert: "VitalsComponentDegraded",
      severity: "warning",
      for: windows.window,
      expr: `${components} == 2 ${unexplained}`,
      component,
      summary: `${THE_COMPONENT} is degraded`,
      description,
    },
    {
      alert: "VitalsComponentUnhealthy",
      severity: "error",
      for: windows.window,
      expr: `${components} > 2 ${unexplained}`,
      component,
      summary: `${THE_COMPONENT} is {{ if eq $value 4.0 }}critical{{ else }}unhealthy{{ end }}`,
      description,
    },
    {
      alert: "VitalsExporterFailing",
      severity: "warning",
      for: "2m",
      expr: `${select(names.status, [`${COMPONENT}=~"exporter:.+"`])} > 1`,
      component,
      summary: `${THE_COMPONENT} does not deliver`,
      description: "What it was to export did not arrive, at the last attempts. Counts are not lost while it is down; gauges are.",
    },
  ];
}

const clockAlert = ({ clock }: ReturnType<typeof recordsOf>): Draft => ({
  alert: "VitalsClockDrift",
  severity: "warning",
  for: "5m",
  expr: `${clock} > ${DRIFT_S} or ${clock} < -${DRIFT_S}`,
  component: "clock",
  summary: "The clock of {{ $labels.instance }} disagrees with Prometheus'",
  description: 'It is {{ printf "%.1f" $value }} s off. Times in its samples, alerts and pushed metrics are off by as much.',
});

/** Each collection has a slow limit of its own; those with the same one share a comparison. */
function slowOf(collections: readonly PlannedCollection[], record: string): string | undefined {
  const byLimit = new Map<number, string[]>();
  for (const { name, slowMs } of collections) byLimit.set(slowMs, [...(byLimit.get(slowMs) ?? []), literally(name)]);
  if (byLimit.size === 0) return undefined;
  const limits = [...byLimit].sort(([a], [b]) => a - b);
  return limits
    .map(([slowMs, names]) => `${select(record, [`${COLLECTION}=~${quoted(names.join("|"))}`])} > ${slowMs / 1_000}`)
    .join(" or ");
}

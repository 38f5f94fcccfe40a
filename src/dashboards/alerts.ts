import { percent } from "../base/quantity.ts";
import { BY_COLLECTION, BY_INSTANCE, COLLECTION, COMPONENT, OWN, SOURCE } from "./own-metrics.ts";
import type { Draft } from "./alert-draft.ts";
import type { DashboardPlan } from "./plan.ts";
import { quoted, select } from "./promql.ts";
import type { recordsOf, Windows } from "./records.ts";
import { reasonsOfCollection, reasonsOfSource, slowThreshold } from "./reasons.ts";
import { sourceAlertNames, sourceAlerts } from "./source-alerts.ts";

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly keep_firing_for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** More than the duration of a scrape can explain. */
const DRIFT_S = 5;

/** Recovery hold: a condition that ends and returns within it stays one alert. */
const KEEP_FIRING_FOR = "2m";

/** Conditions that several alerts refer to. */
interface Conditions {
  readonly names: ReturnType<typeof recordsOf>;
  readonly windows: Windows;
  readonly stale: string;
  readonly failing: string;
  readonly slow: string;
}

const ON_COLLECTION = `on (${BY_COLLECTION.join(", ")})`;
const THE_COLLECTION = `{{ $labels.${COLLECTION} }} of {{ $labels.instance }}`;
const THE_COMPONENT = `{{ $labels.${COMPONENT} }} of {{ $labels.instance }}`;

/** Alerts on the recorded series. An incident fires only the alert nearest to its cause, so that it pages once. */
export function alertsFor(plan: DashboardPlan, names: ReturnType<typeof recordsOf>, windows: Windows): readonly AlertingRule[] {
  const { success, stale } = plan.health;
  const conditions: Conditions = {
    names,
    windows,
    stale: `${names.age} > ${stale.unknown_after}`,
    failing: `${names.success} < ${success.degraded_below} and ${names.recentSuccess} < ${success.degraded_below}`,
    slow: `${names.duration} > ${ON_COLLECTION} ${OWN.slow}`,
  };
  const drafts = [
    ...instanceAlerts(plan),
    ...collectionAlerts(plan, conditions),
    ...sourceAlerts(plan),
    ...componentAlerts(conditions, sourceAlertNames(plan)),
    reloadAlert(),
    clockAlert(names),
  ];
  return drafts.map(({ alert, severity, for: forTime, keepFiringFor = KEEP_FIRING_FOR, expr, component, summary, description }) => ({
    alert,
    expr,
    for: forTime,
    keep_firing_for: keepFiringFor,
    labels: { severity, component },
    annotations: { summary, description, runbook_url: plan.runbooks.replaceAll("{alert}", alert) },
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
      description:
        "Prometheus cannot scrape {{ $labels.instance }} of job {{ $labels.job }}. Everything that this collector monitors is unobserved.",
    },
    {
      alert: "VitalsAbsent",
      severity: "critical",
      for: "5m",
      expr: `absent(${OWN.clock}) unless on () ${isDown}`,
      component: "job",
      summary: "No collector reports metrics",
      description: `Prometheus has received no series from any collector for 5 minutes: it scrapes none as job ${job}, and none pushes.`,
    },
  ];
}

function collectionAlerts({ health }: DashboardPlan, { names, windows, stale, failing, slow }: Conditions): readonly Draft[] {
  const component = `collection:{{ $labels.${COLLECTION} }}`;
  return [
    {
      alert: "VitalsBreakerOpen",
      severity: "error",
      for: "1m",
      expr: `${names.breaker} > 0`,
      component: `source:{{ $labels.${SOURCE} }}`,
      summary: `Source {{ $labels.${SOURCE} }} of {{ $labels.instance }} is failing`,
      description:
        "Its circuit breaker is {{ if eq $value 2.0 }}open{{ else }}half-open{{ end }} after consecutive failures. Readings of its collections are rejected until a trial reading succeeds." +
        reasonsOfSource(windows.window),
    },
    {
      alert: "VitalsCollectionStale",
      severity: "error",
      for: "1m",
      expr: `${stale} unless on (${[...BY_INSTANCE, SOURCE].join(", ")}) ${names.breaker} > 0`,
      component,
      summary: `Collection ${THE_COLLECTION} is stale`,
      description: `{{ if gt $value 1e300 }}It has not succeeded since its start{{ else }}Its latest success was {{ printf "%.1f" $value }} intervals ago (stale above ${health.stale.unknown_after}){{ end }}. A series disappears from /metrics after three of its own intervals.${reasonsOfCollection(windows.window)}`,
    },
    {
      alert: "VitalsCollectionFailing",
      severity: "warning",
      for: windows.recent,
      expr: `${failing} unless ${ON_COLLECTION} ${stale}`,
      component,
      summary: `Collection ${THE_COLLECTION} is failing often`,
      description: `{{ $value | humanizePercentage }} of its readings succeeded over ${windows.window} (degraded below ${percent(health.success.degraded_below)}).${reasonsOfCollection(windows.window)}`,
    },
    {
      alert: "VitalsCollectionSlow",
      severity: "warning",
      for: windows.window,
      expr: `(${slow}) unless ${ON_COLLECTION} (${stale} or ${failing})`,
      component,
      summary: `Collection ${THE_COLLECTION} is slow`,
      description: `The p95 duration of its readings over ${windows.window} is {{ $value | humanizeDuration }}, above its \`slow\` threshold${slowThreshold()}.`,
    },
  ];
}

/** Statuses that no alert above explains, for example from user-defined rules. */
function componentAlerts({ names, windows, stale, failing, slow }: Conditions, explained: readonly string[]): readonly Draft[] {
  // Sources, exporters and the state have their own alerts, and the alerts above cover a collection's readings.
  const components = select(names.status, [`${COMPONENT}!~"overall|state|(source|exporter):.+"`]);
  const statuses = `label_replace(${components}, "${COLLECTION}", "$1", "${COMPONENT}", "collection:(.+)")`;
  const fromSources = explained.length === 0 ? [] : [select("ALERTS", [`alertname=~${quoted(explained.join("|"))}`])];
  const unexplained = `unless ${ON_COLLECTION} (${[stale, failing, slow, ...fromSources].join(" or ")})`;
  const component = `{{ $labels.${COMPONENT} }}`;
  const description = "GET /health of the collector returns the reason with its numbers.";
  return [
    {
      alert: "VitalsComponentDegraded",
      severity: "warning",
      for: windows.window,
      expr: `${statuses} == 2 ${unexplained}`,
      component,
      summary: `${THE_COMPONENT} is degraded`,
      description,
    },
    {
      alert: "VitalsComponentUnhealthy",
      severity: "error",
      for: windows.window,
      expr: `${statuses} > 2 ${unexplained}`,
      component,
      summary: `${THE_COMPONENT} is {{ if eq $value 4.0 }}critical{{ else }}unhealthy{{ end }}`,
      description,
    },
    {
      alert: "VitalsStateNotSaved",
      severity: "warning",
      for: "2m",
      expr: `${select(names.status, [`${COMPONENT}="state"`])} > 1`,
      component,
      summary: "The state of {{ $labels.instance }} is not saved",
      description:
        "It cannot write its state directory and goes on in memory: a restart now would lose the last hour, notifications that wait, and the end of alerts.",
    },
    {
      alert: "VitalsExporterFailing",
      severity: "warning",
      for: "2m",
      expr: `${select(names.status, [`${COMPONENT}=~"exporter:.+"`])} > 1`,
      component,
      summary: `${THE_COMPONENT} is failing`,
      description:
        "Its last exports failed. Cumulative counters and histograms catch up with the next successful export; gauges of the meantime are lost.",
    },
  ];
}

const reloadAlert = (): Draft => ({
  alert: "VitalsConfigReloadFailed",
  severity: "warning",
  for: "5m",
  expr: `${OWN.reload} == 0`,
  component: "configuration",
  summary: "{{ $labels.instance }} could not reload its configuration",
  description: "It continues with the configuration that it has. A restart would fail, because the file is wrong.",
});

const clockAlert = ({ clock }: ReturnType<typeof recordsOf>): Draft => ({
  alert: "VitalsClockDrift",
  severity: "warning",
  for: "5m",
  expr: `${clock} > ${DRIFT_S} or ${clock} < -${DRIFT_S}`,
  component: "clock",
  summary: "The clock of {{ $labels.instance }} differs from that of Prometheus",
  description:
    'It differs by {{ printf "%+.1f" $value }} s (negative: behind). Timestamps of its samples, alerts and pushed metrics are wrong by as much.',
});

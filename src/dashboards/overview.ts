import { quantity } from "../base/quantity.ts";
import { dashboard, uidOf } from "./dashboard.ts";
import type { Section } from "./layout.ts";
import { age, ageInIntervals, breakerRank, durationQuantile, IN_DASHBOARD, rate, statusRank, successRatio } from "./measures.ts";
import { BY_COLLECTION, BY_INSTANCE, COLLECTION, COMPONENT, OUTCOME, OWN, SOURCE } from "./own-metrics.ts";
import { heatmap, sized, stat, stateTimeline, timeSeries } from "./panels.ts";
import { collectionsOf, stepOf, type DashboardPlan } from "./plan.ts";
import { select, sumBy } from "./promql.ts";
import type { Dashboard } from "./schema.ts";
import { BREAKER_MAPPING, STATUS_MAPPING, thresholdsOf } from "./thresholds.ts";

const { instance, collection } = IN_DASHBOARD;
const LEGEND = `{{${COLLECTION}}} {{instance}}`;

/** All collectors and collections: status, alerts, freshness, success and duration. */
export function overviewDashboard(plan: DashboardPlan): Dashboard {
  return dashboard({
    uid: uidOf("overview"),
    title: "otel-vitals / Overview",
    description: "Status, alerts, freshness, success rate and duration of all collectors and their collections.",
    sections: [now(plan), status(), freshness(plan), duration(plan)],
    collectionsIn: `${OWN.up}{$chosen}`,
  });
}

function successBounds({ health: { success } }: DashboardPlan) {
  return thresholdsOf([
    { below: success.degraded_below, status: "degraded" },
    { below: success.critical_below, status: "critical" },
  ]);
}

function staleBounds({ health: { stale } }: DashboardPlan) {
  return thresholdsOf([
    { above: stale.unknown_after, status: "degraded" },
    { above: stale.unhealthy_after, status: "unhealthy" },
  ]);
}

function now(plan: DashboardPlan): Section {
  const stepMs = stepOf(plan.collections);
  const overall = stat({
    title: "Health",
    description: "The worst status among the components that affect the overall status.",
    unit: "none",
    mappings: STATUS_MAPPING,
    queries: [{ expr: `max(${statusRank(IN_DASHBOARD, `${COMPONENT}="overall"`)})`, legend: "overall" }],
  });
  const alerts = stat({
    title: "Alerts firing",
    description: "Active alerts of the collectors, by severity.",
    unit: "short",
    thresholds: thresholdsOf([{ above: 1, status: "unhealthy" }]),
    queries: [{ expr: sumBy(["vitals_alert_severity"], select(OWN.alerts, instance)), legend: "{{vitals_alert_severity}}" }],
  });
  const up = stat({
    title: "Collections up",
    description: "Collections whose latest reading succeeded within three intervals, and the number of all collections.",
    unit: "short",
    queries: [
      { expr: `sum(${select(OWN.up, collection)})`, legend: "up" },
      { expr: `count(${select(OWN.up, collection)})`, legend: "of" },
    ],
  });
  const success = stat({
    title: "Current success rate",
    description: "Share of readings that succeeded, over all collections.",
    unit: "percentunit",
    thresholds: successBounds(plan),
    queries: [{ expr: successRatio(IN_DASHBOARD, []), legend: "success", stepMs }],
  });
  const oldest = stat({
    title: "Longest time since a success, in intervals",
    description: "Time since the latest success of the collection that is furthest behind, in intervals of that collection.",
    unit: "short",
    thresholds: staleBounds(plan),
    queries: [{ expr: `max(${ageInIntervals(IN_DASHBOARD)})`, legend: "intervals" }],
  });
  return { title: "Now", panels: [sized(4, 5, overall), sized(7, 5, alerts), sized(5, 5, up), sized(4, 5, success), sized(4, 5, oldest)] };
}

function status(): Section {
  const components = stateTimeline({
    title: "Component status",
    description: "Status of each source, collection, exporter, sink and process, as evaluated by its collector.",
    mappings: STATUS_MAPPING,
    queries: [{ expr: statusRank(IN_DASHBOARD), legend: `{{${COMPONENT}}} {{instance}}` }],
  });
  const breakers = stateTimeline({
    title: "Circuit breakers",
    description: "An open breaker rejects readings of its source until its wait has passed; half-open, it allows one trial reading.",
    mappings: BREAKER_MAPPING,
    queries: [{ expr: breakerRank(IN_DASHBOARD), legend: `{{${SOURCE}}} {{instance}}` }],
  });
  const changes = timeSeries({
    title: "Status changes",
    description: "Changes of each component's status within the rate interval, as seen by the scrapes.",
    unit: "short",
    min: 0,
    queries: [
      {
        expr: `${sumBy([COMPONENT], `changes(${select(OWN.status, instance, [`${COMPONENT}!="overall"`])}[$__rate_interval])`)} / 2`,
        legend: `{{${COMPONENT}}}`,
      },
    ],
  });
  const alerts = timeSeries({
    title: "Alerts firing over time",
    description: "Active alerts of the collectors, by severity.",
    unit: "short",
    min: 0,
    stacked: true,
    queries: [
      {
        expr: sumBy([...BY_INSTANCE, "vitals_alert_severity"], select(OWN.alerts, instance)),
        legend: "{{vitals_alert_severity}} {{instance}}",
      },
    ],
  });
  return { title: "Status", panels: [sized(24, 11, components), sized(8, 7, breakers), sized(8, 7, changes), sized(8, 7, alerts)] };
}

function freshness(plan: DashboardPlan): Section {
  const stepMs = stepOf(plan.collections);
  const seconds = timeSeries({
    title: "Time since the latest success",
    description: "Measured by the collectors' own clocks. A rising line is a collection that no longer succeeds.",
    unit: "s",
    min: 0,
    queries: [{ expr: age(IN_DASHBOARD), legend: LEGEND }],
  });
  const intervals = timeSeries({
    title: "Time since the latest success, in intervals",
    description: `A collection is stale above ${plan.health.stale.unknown_after} intervals. Each of its series disappears after three of its own intervals.`,
    unit: "short",
    min: 0,
    thresholds: staleBounds(plan),
    queries: [{ expr: ageInIntervals(IN_DASHBOARD), legend: LEGEND }],
  });
  const success = timeSeries({
    title: "Success rate",
    description: "Share of readings that succeeded. During a complete outage it is 0 %, not missing.",
    unit: "percentunit",
    min: 0,
    thresholds: successBounds(plan),
    queries: [{ expr: successRatio(IN_DASHBOARD), legend: LEGEND, stepMs }],
  });
  const coverage = timeSeries({
    title: "Coverage",
    description: "Share of the retained due ticks that have values: how complete a window over everything that is retained would be.",
    unit: "percentunit",
    min: 0,
    queries: [{ expr: sumBy(BY_COLLECTION, select(OWN.coverage, collection)), legend: LEGEND }],
  });
  const outcomes = timeSeries({
    title: "Ticks by outcome",
    description:
      "Outcome of each due tick: success, failed, timeout, invalid, rejected (open breaker), missed (started too late) or waiting (nothing to read yet).",
    unit: "cps",
    min: 0,
    stacked: true,
    queries: [
      {
        expr: sumBy([COLLECTION, OUTCOME], rate(select(OWN.ticks, collection), IN_DASHBOARD)),
        legend: `{{${COLLECTION}}} {{${OUTCOME}}}`,
        stepMs,
      },
    ],
  });
  return {
    title: "Freshness and success",
    panels: [
      ...[seconds, intervals].map((panel) => sized(12, 8, panel)),
      ...[success, coverage, outcomes].map((panel) => sized(8, 8, panel)),
    ],
  };
}

function duration(plan: DashboardPlan): Section {
  const stepMs = stepOf(plan.collections);
  const limits = collectionsOf(plan).map(({ name, slowMs }) => `${name} ${quantity(slowMs, "ms", { isExact: true })}`);
  const quantiles = timeSeries({
    title: "Reading duration",
    description: `Time from the start of a reading to its result. A collection is slow if its p95 exceeds: ${limits.join(", ")}.`,
    unit: "s",
    min: 0,
    queries: [0.5, 0.95].map((q) => ({ expr: durationQuantile(q, IN_DASHBOARD), legend: `p${q * 100} ${LEGEND}`, stepMs })),
  });
  const sizes = heatmap({
    title: "Reading duration: distribution",
    description: "Readings per second by duration, of the selected collections.",
    unit: "s",
    queries: [{ expr: sumBy(["le"], rate(select(`${OWN.duration}_bucket`, collection), IN_DASHBOARD)), legend: "{{le}}", stepMs }],
  });
  return { title: "Duration", panels: [sized(12, 8, quantiles), sized(12, 8, sizes)] };
}

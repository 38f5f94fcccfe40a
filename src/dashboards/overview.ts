import { quantity } from "../base/quantity.ts";
import { dashboard, uidOf } from "./dashboard.ts";
import type { Section } from "./layout.ts";
import { age, ageInIntervals, breakerRank, durationQuantile, IN_DASHBOARD, rate, statusRank, successRatio } from "./measures.ts";
import { BY_INSTANCE, COLLECTION, COMPONENT, OUTCOME, OWN, SOURCE } from "./own-metrics.ts";
import { heatmap, sized, stat, stateTimeline, timeSeries } from "./panels.ts";
import { collectionsOf, stepOf, type DashboardPlan } from "./plan.ts";
import { select, sumBy } from "./promql.ts";
import type { Dashboard } from "./schema.ts";
import { BREAKER_MAPPING, STATUS_MAPPING, thresholdsOf } from "./thresholds.ts";

const { instance, collection } = IN_DASHBOARD;
const LEGEND = `{{${COLLECTION}}} {{instance}}`;

/** All collectors and collections at a glance: status, alerts, freshness, success, duration. */
export function overviewDashboard(plan: DashboardPlan): Dashboard {
  return dashboard({
    uid: uidOf("overview"),
    title: "otel-vitals / Overview",
    description: "All collectors and their collections at a glance.",
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

function silenceBounds({ health: { stale } }: DashboardPlan) {
  return thresholdsOf([
    { above: stale.unknown_after, status: "degraded" },
    { above: stale.unhealthy_after, status: "unhealthy" },
  ]);
}

function now(plan: DashboardPlan): Section {
  const stepMs = stepOf(plan.collections);
  const overall = stat({
    title: "Health",
    description: "The worst status among the components that count.",
    unit: "none",
    mappings: STATUS_MAPPING,
    queries: [{ expr: `max(${statusRank(IN_DASHBOARD, `${COMPONENT}="overall"`)})`, legend: "overall" }],
  });
  const alerts = stat({
    title: "Alerts firing",
    description: "Alerts of the collectors themselves, by severity.",
    unit: "short",
    thresholds: thresholdsOf([{ above: 1, status: "unhealthy" }]),
    queries: [{ expr: sumBy(["vitals_alert_severity"], select(OWN.alerts, instance)), legend: "{{vitals_alert_severity}}" }],
  });
  const up = stat({
    title: "Collections up",
    description: "Collections whose newest reading succeeded within three intervals, and all there are.",
    unit: "short",
    queries: [
      { expr: `sum(${select(OWN.up, collection)})`, legend: "up" },
      { expr: `count(${select(OWN.up, collection)})`, legend: "of" },
    ],
  });
  const success = stat({
    title: "Success rate now",
    description: "Readings that succeeded, of those that were asked for, over all collections.",
    unit: "percentunit",
    thresholds: successBounds(plan),
    queries: [{ expr: successRatio(IN_DASHBOARD, []), legend: "success", stepMs }],
  });
  const oldest = stat({
    title: "Oldest success, in intervals",
    description: "Of the collection that is furthest behind: time since its newest success, in its own intervals.",
    unit: "short",
    thresholds: silenceBounds(plan),
    queries: [{ expr: `max(${ageInIntervals(IN_DASHBOARD)})`, legend: "intervals" }],
  });
  return { title: "Now", panels: [sized(4, 5, overall), sized(7, 5, alerts), sized(5, 5, up), sized(4, 5, success), sized(4, 5, oldest)] };
}

function status(): Section {
  const components = stateTimeline({
    title: "Status of every component",
    description: "Sources, collections, buffers, exporters and the process, as the collectors judge them.",
    mappings: STATUS_MAPPING,
    queries: [{ expr: statusRank(IN_DASHBOARD), legend: `{{${COMPONENT}}} {{instance}}` }],
  });
  const breakers = stateTimeline({
    title: "Breakers",
    description: "An open breaker asks its source no more until its wait is over; half-open, it tries once.",
    mappings: BREAKER_MAPPING,
    queries: [{ expr: breakerRank(IN_DASHBOARD), legend: `{{${SOURCE}}} {{instance}}` }],
  });
  const changes = timeSeries({
    title: "Changes of status",
    description: "Components that changed from one status to another between two scrapes; a change leaves one status and enters one.",
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
    description: "Alerts of the collectors themselves, by severity.",
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
    title: "Age of the newest success",
    description: "By the collectors' own clocks. A line that climbs is a collection that no longer succeeds.",
    unit: "s",
    min: 0,
    queries: [{ expr: age(IN_DASHBOARD), legend: LEGEND }],
  });
  const intervals = timeSeries({
    title: "Age of the newest success, in intervals",
    description: `Above ${plan.health.stale.unknown_after} a collection's series disappear.`,
    unit: "short",
    min: 0,
    thresholds: silenceBounds(plan),
    queries: [{ expr: ageInIntervals(IN_DASHBOARD), legend: LEGEND }],
  });
  const success = timeSeries({
    title: "Success rate",
    description: "Readings that succeeded, of those that were asked for. A whole outage is 0, never no data.",
    unit: "percentunit",
    min: 0,
    thresholds: successBounds(plan),
    queries: [{ expr: successRatio(IN_DASHBOARD), legend: LEGEND, stepMs }],
  });
  const outcomes = timeSeries({
    title: "Ticks by outcome",
    description: "Every due tick has an outcome: success, failed, timeout, invalid, rejected (the breaker was open) or missed.",
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
  return { title: "Freshness and success", panels: [seconds, intervals, success, outcomes].map((panel) => sized(12, 8, panel)) };
}

function duration(plan: DashboardPlan): Section {
  const stepMs = stepOf(plan.collections);
  const limits = collectionsOf(plan).map(({ name, slowMs }) => `${name} ${quantity(slowMs, "ms", { isExact: true })}`);
  const quantiles = timeSeries({
    title: "Duration of a reading",
    description: `Time from asking a source to having its answer. Slow is a p95 above: ${limits.join(", ")}.`,
    unit: "s",
    min: 0,
    queries: [0.5, 0.95].map((q) => ({ expr: durationQuantile(q, IN_DASHBOARD), legend: `p${q * 100} ${LEGEND}`, stepMs })),
  });
  const sizes = heatmap({
    title: "Duration of a reading: distribution",
    description: "How many readings a second took how long, of the collections chosen above.",
    unit: "s",
    queries: [{ expr: sumBy(["le"], rate(select(`${OWN.duration}_bucket`, collection), IN_DASHBOARD)), legend: "{{le}}", stepMs }],
  });
  return { title: "Duration", panels: [sized(12, 8, quantiles), sized(12, 8, sizes)] };
}

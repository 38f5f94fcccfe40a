import { costSection } from "./cost-section.ts";
import { dashboard, uidOf } from "./dashboard.ts";
import { deliverySection, streamSection } from "./delivery-sections.ts";
import type { Section } from "./layout.ts";
import { countedOr0, IN_DASHBOARD, missedRatio, rate } from "./measures.ts";
import { BY_COLLECTION, COLLECTION, OWN } from "./own-metrics.ts";
import { heatmap, sized, timeSeries } from "./panels.ts";
import { stepOf, type DashboardPlan } from "./plan.ts";
import { quantile, select, sumBy } from "./promql.ts";
import type { Dashboard } from "./schema.ts";
import { thresholdsOf } from "./thresholds.ts";

const { collection } = IN_DASHBOARD;
const LEGEND = `{{${COLLECTION}}} {{instance}}`;

/** The collectors themselves: what they cost, whether they keep up, and whether what they tell arrives. */
export function selfDashboard(plan: DashboardPlan): Dashboard {
  return dashboard({
    uid: uidOf("self"),
    title: "otel-vitals / Collector",
    description: "The collectors themselves: what they cost, whether they keep up, and whether what they tell arrives.",
    sections: [costSection(plan), ticks(plan), deliverySection(), streamSection()],
    collectionsIn: `${OWN.up}{$chosen}`,
  });
}

function ticks(plan: DashboardPlan): Section {
  const stepMs = stepOf(plan.collections);
  const lateness = rate(select(`${OWN.lateness}_bucket`, collection), IN_DASHBOARD);
  const share = plan.health.process.missed_ticks;
  return {
    title: "Keeping up",
    panels: [
      timeSeries({
        title: "Missed ticks",
        description: `Share of the ticks that fell due and could not begin in time. Above ${share} over all collections the process is degraded.`,
        unit: "percentunit",
        min: 0,
        thresholds: thresholdsOf([{ above: share, status: "degraded" }]),
        queries: [{ expr: missedRatio(IN_DASHBOARD), legend: LEGEND, stepMs }],
      }),
      timeSeries({
        title: "Lateness of ticks, p95",
        description: "Time from a tick's due moment to its beginning.",
        unit: "s",
        min: 0,
        queries: [{ expr: quantile(0.95, BY_COLLECTION, lateness), legend: LEGEND, stepMs }],
      }),
      heatmap({
        title: "Lateness of ticks: distribution",
        description: "How many ticks a second began how late.",
        unit: "s",
        queries: [{ expr: sumBy(["le"], lateness), legend: "{{le}}", stepMs }],
      }),
      timeSeries({
        title: "Retained samples",
        description: "What each collection's buffer holds.",
        unit: "short",
        min: 0,
        queries: [{ expr: sumBy(BY_COLLECTION, select(OWN.samples, collection)), legend: LEGEND }],
      }),
      timeSeries({
        title: "Numbers refused a series",
        description: "Numbers a second that got no series of their own because their axis was full: raise the axis's limit, or split less.",
        unit: "cps",
        min: 0,
        queries: [{ expr: sumBy(BY_COLLECTION, rate(select(OWN.refused, collection), IN_DASHBOARD)), legend: LEGEND, stepMs }],
      }),
      timeSeries({
        title: "Readings that broke a check",
        description: "By the check; 0 where none ever did.",
        unit: "cps",
        min: 0,
        queries: [
          {
            expr: countedOr0([COLLECTION, "vitals_check_name"], rate(select(OWN.violations, collection), IN_DASHBOARD), IN_DASHBOARD),
            legend: `{{${COLLECTION}}} {{vitals_check_name}} {{instance}}`,
            stepMs,
          },
        ],
      }),
    ].map((panel) => sized(8, 8, panel)),
  };
}

import { percent } from "../base/quantity.ts";
import { costSection } from "./cost-section.ts";
import { dashboard, uidOf } from "./dashboard.ts";
import { deliverySection, reloadSection, streamSection } from "./delivery-sections.ts";
import type { Section } from "./layout.ts";
import { countedOr0, IN_DASHBOARD, missedRatio, rate } from "./measures.ts";
import { BY_COLLECTION, COLLECTION, OWN } from "./own-metrics.ts";
import { heatmap, sized, timeSeries } from "./panels.ts";
import { stepOf, type DashboardPlan } from "./plan.ts";
import { quantile, select, sumBy } from "./promql.ts";
import type { Dashboard } from "./schema.ts";
import { storeSection } from "./store-section.ts";
import { thresholdsOf } from "./thresholds.ts";

const { collection } = IN_DASHBOARD;
const LEGEND = `{{${COLLECTION}}} {{instance}}`;

/** The collectors themselves: their cost, whether they keep up, what reading stores costs, and whether exports and alerts are delivered. */
export function selfDashboard(plan: DashboardPlan): Dashboard {
  return dashboard({
    uid: uidOf("self"),
    title: "otel-vitals / Collector",
    description:
      "The collectors themselves: their cost, whether they keep up, what reading stores costs, and whether exports and alerts are delivered.",
    sections: [costSection(plan), ticks(plan), storeSection(), deliverySection(), streamSection(), reloadSection()],
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
        description: `Share of due ticks that could not start in time. The process is degraded above ${percent(share)} over all collections.`,
        unit: "percentunit",
        min: 0,
        thresholds: thresholdsOf([{ above: share, status: "degraded" }]),
        queries: [{ expr: missedRatio(IN_DASHBOARD), legend: LEGEND, stepMs }],
      }),
      timeSeries({
        title: "Tick lateness, p95",
        description: "Time from when a tick was due to its start.",
        unit: "s",
        min: 0,
        queries: [{ expr: quantile(0.95, BY_COLLECTION, lateness), legend: LEGEND, stepMs }],
      }),
      heatmap({
        title: "Tick lateness: distribution",
        description: "Ticks per second by lateness.",
        unit: "s",
        queries: [{ expr: sumBy(["le"], lateness), legend: "{{le}}", stepMs }],
      }),
      timeSeries({
        title: "Retained samples",
        description: "Samples in each collection's buffer.",
        unit: "short",
        min: 0,
        queries: [{ expr: sumBy(BY_COLLECTION, select(OWN.samples, collection)), legend: LEGEND }],
      }),
      timeSeries({
        title: "Data points over the cardinality limit",
        description:
          "Data points per second without a series of their own, because the attribute already had as many values as its `limit` allows. Raise the limit, or remove the attribute.",
        unit: "cps",
        min: 0,
        queries: [{ expr: sumBy(BY_COLLECTION, rate(select(OWN.refused, collection), IN_DASHBOARD)), legend: LEGEND, stepMs }],
      }),
      timeSeries({
        title: "Readings rejected by validation",
        description: "By the check that failed; 0 if none has failed.",
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
      timeSeries({
        title: "Values left out of readings",
        description:
          "Values per second that successful readings were left without, because they could not be understood or were not allowed; 0 if there were none. The reason is in the status of the collection.",
        unit: "cps",
        min: 0,
        queries: [
          {
            expr: countedOr0([COLLECTION], rate(select(OWN.skipped, collection), IN_DASHBOARD), IN_DASHBOARD),
            legend: LEGEND,
            stepMs,
          },
        ],
      }),
    ].map((panel) => sized(8, 8, panel)),
  };
}

import type { SampleType } from "../sample/sample-type.ts";
import { dashboard, uidOf } from "./dashboard.ts";
import { titleOf } from "../sample/field.ts";
import { familyOf, fieldPanels } from "./field-panels.ts";
import type { Section } from "./layout.ts";
import { age, durationQuantile, IN_DASHBOARD, successRatio } from "./measures.ts";
import { COLLECTION, OWN } from "./own-metrics.ts";
import { sized, stat } from "./panels.ts";
import { collectionsOf, stepOf, type DashboardPlan } from "./plan.ts";
import { select } from "./promql.ts";
import { sourceRulesIn } from "./source-alerts.ts";
import type { Dashboard } from "./schema.ts";
import { thresholdsOf } from "./thresholds.ts";
import { utilizationSection } from "./utilization-section.ts";

/** A dashboard for one sample type: the state of its collections, and a panel for each field. */
export function typeDashboard(type: SampleType, plan: DashboardPlan): Dashboard {
  const families = new Set(
    Object.values(type.fields).map((field) => `${familyOf(field, type)}${field.kind === "duration" ? "_count" : ""}`),
  );
  return dashboard({
    uid: uidOf(`type-${type.name}`),
    title: `otel-vitals / ${type.name}`,
    description: `Every field of the sample type ${type.name}, and the state of the collections that read it.`,
    sections: [collectionSection(type, plan), utilizationSection(type, plan), ...sectionsOf(type, plan)],
    collectionsIn: `{__name__=~"${[...families].join("|")}", $chosen}`,
    isPart: true,
  });
}

function collectionSection(type: SampleType, plan: DashboardPlan): Section {
  const stepMs = stepOf(collectionsOf(plan, type));
  const legend = `{{${COLLECTION}}} {{instance}}`;
  const { success, stale } = plan.health;
  return {
    title: "Collections",
    panels: [
      sized(
        6,
        4,
        stat({
          title: "Up",
          description: "1 if the latest success is less than three intervals old, otherwise 0.",
          unit: "none",
          thresholds: thresholdsOf([{ below: 1, status: "unhealthy" }]),
          queries: [{ expr: select(OWN.up, IN_DASHBOARD.collection), legend }],
        }),
      ),
      sized(
        6,
        4,
        stat({
          title: "Time since the latest success",
          description: `Measured by the collector's own clock. The collection is stale after ${stale.unknown_after} intervals.`,
          unit: "s",
          queries: [{ expr: age(IN_DASHBOARD), legend }],
        }),
      ),
      sized(
        6,
        4,
        stat({
          title: "Success rate",
          description: "Share of readings that succeeded.",
          unit: "percentunit",
          thresholds: thresholdsOf([
            { below: success.degraded_below, status: "degraded" },
            { below: success.critical_below, status: "critical" },
          ]),
          queries: [{ expr: successRatio(IN_DASHBOARD), legend, stepMs }],
        }),
      ),
      sized(
        6,
        4,
        stat({
          title: "Reading duration, p95",
          description: "Time from the start of a reading to its result.",
          unit: "s",
          queries: [{ expr: durationQuantile(0.95, IN_DASHBOARD), legend, stepMs }],
        }),
      ),
    ],
  };
}

/** Fields under the first word of their instruments, in the order of the type: `system`, `process`, `container`. */
function sectionsOf(type: SampleType, plan: DashboardPlan): readonly Section[] {
  // What a rule of the source judges is what to look at first.
  const judged = new Set(collectionsOf(plan, type).flatMap((collection) => sourceRulesIn(collection).map(({ field }) => field)));
  const first = Object.keys(type.fields).filter((key) => judged.has(key));
  const sections = new Map<string, Section["panels"]>();
  for (const [key, field] of Object.entries(type.fields)) {
    if (judged.has(key)) continue;
    const named = field.kind === "total" ? type.fields[field.sums as string] : field;
    const word = /^[a-zA-Z0-9]+/.exec(named?.instrument ?? "")?.[0] ?? type.name;
    sections.set(word, [...(sections.get(word) ?? []), ...fieldPanels(key, type, plan)]);
  }
  const rest = [...sections].map(([word, panels]) => ({ title: titleOf(word), panels }));
  return first.length === 0 ? rest : [{ title: "Judged by rules", panels: first.flatMap((key) => fieldPanels(key, type, plan)) }, ...rest];
}

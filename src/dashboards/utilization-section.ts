import { titleOf, type Field } from "../sample/field.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { familyOf, NO_VALUE } from "./field-panels.ts";
import type { Section } from "./layout.ts";
import { IN_DASHBOARD } from "./measures.ts";
import { BY_COLLECTION, COLLECTION } from "./own-metrics.ts";
import { gauge, sized, stat, type Sized } from "./panels.ts";
import { collectionsOf, stepOf, type DashboardPlan } from "./plan.ts";
import { aggregate, select } from "./promql.ts";
import { rulesOn, thresholdsOf } from "./thresholds.ts";
import { isShare, unitOf } from "./units.ts";

const isUtilization = (field: Field): boolean => isShare(field) && field.instrument.endsWith("utilization");

/** What says how a machine is beside its utilizations. */
const isGlance = ({ kind, by, instrument }: Field): boolean =>
  kind === "gauge" && by.length === 0 && /\.(?:uptime|load_average\.\w+)$/.test(instrument);

/** The share of each resource that is used, at a glance: a gauge for each utilization, then the load and the uptime. Nothing for a type without utilizations. */
export function utilizationSection(type: SampleType, plan: DashboardPlan): Section {
  const fields = Object.entries(type.fields);
  const utilizations = fields.filter(([, field]) => isUtilization(field));
  if (utilizations.length === 0) return { title: "", panels: [] };
  const collections = collectionsOf(plan, type);
  const stepMs = stepOf(collections);
  const legend = `{{${COLLECTION}}} {{instance}}`;
  const gauges = utilizations.map(([key, field]): Sized => {
    const rules = rulesOn(
      collections.flatMap((each) => each.rules),
      key,
      "level",
    );
    const thresholds = thresholdsOf(rules);
    const highest = field.by.length > 0;
    return sized(
      4,
      5,
      gauge({
        title: `${titleOf(key)} now${highest ? ", highest" : ""}`,
        description: [field.description, highest ? "The highest of them." : ""].filter(Boolean).join(" "),
        noValue: NO_VALUE,
        ...(thresholds ? { thresholds } : {}),
        queries: [{ expr: aggregate("max", BY_COLLECTION, select(familyOf(field, type), IN_DASHBOARD.collection)), legend, stepMs }],
      }),
    );
  });
  const numbers = fields
    .filter(([, field]) => isGlance(field))
    .map(([key, field]) =>
      sized(
        4,
        5,
        stat({
          title: `${titleOf(key)} now`,
          description: field.description ?? "",
          unit: unitOf(field),
          noValue: NO_VALUE,
          queries: [{ expr: aggregate("max", BY_COLLECTION, select(familyOf(field, type), IN_DASHBOARD.collection)), legend, stepMs }],
        }),
      ),
    );
  return { title: "Utilization", panels: [...gauges, ...numbers] };
}

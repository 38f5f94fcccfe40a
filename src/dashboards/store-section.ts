import type { Section } from "./layout.ts";
import { countedOr0, IN_DASHBOARD, rate } from "./measures.ts";
import { OUTCOME, OWN, SOURCE } from "./own-metrics.ts";
import { sized, timeSeries } from "./panels.ts";
import { select } from "./promql.ts";

const { instance } = IN_DASHBOARD;

const MEASURE = "vitals_store_measure";

/** What reading stores costs their servers. Without a source of a store the panels show 0. */
export function storeSection(): Section {
  const counted = (family: string, ...labels: readonly string[]) => ({
    expr: countedOr0([SOURCE, ...labels], rate(select(family, instance), IN_DASHBOARD), IN_DASHBOARD),
    legend: `{{${SOURCE}}} ${labels.map((label) => `{{${label}}}`).join(" ")} {{instance}}`,
  });
  return {
    title: "Stores",
    panels: [
      timeSeries({
        title: "Time of queries to stores",
        description:
          "Time spent waiting for an observed store, as a share of the time that passes, by measure. Raise `scan_interval` to lower it.",
        unit: "percentunit",
        min: 0,
        stacked: true,
        queries: [counted(OWN.storeTime, MEASURE)],
      }),
      timeSeries({
        title: "Queries to stores",
        description: "By outcome. What is not_measurable needs something that the server does not have, such as an index or a procedure.",
        unit: "cps",
        min: 0,
        queries: [counted(OWN.storeQueries, OUTCOME)],
      }),
      timeSeries({
        title: "Rows read from stores",
        description: "By measure.",
        unit: "cps",
        min: 0,
        stacked: true,
        queries: [counted(OWN.storeRows, MEASURE)],
      }),
    ].map((panel) => sized(8, 8, panel)),
  };
}

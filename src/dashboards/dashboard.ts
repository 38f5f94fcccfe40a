import { COLLECTION, OWN } from "./own-metrics.ts";
import { place, sumOf, type Section } from "./layout.ts";
import { IN_DASHBOARD } from "./measures.ts";
import { PROMETHEUS } from "./panels.ts";
import { select } from "./promql.ts";
import type { Annotation, Dashboard, Link, Variable } from "./schema.ts";

/** Tag of every dashboard, and prefix of its uid. */
const TAG = "otel-vitals";

/** Grafana's maximum. */
const LONGEST_UID = 40;

interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly sections: readonly Section[];
  /** Selector of the series whose collections can be chosen. */
  readonly collectionsIn: string;
  /** Whether the dashboard is about some of the collections: then All means these and no others. */
  readonly isPart?: boolean;
}

/** A dashboard with its panels placed, its variables and its annotations. */
export function dashboard({ uid, title, description, sections, collectionsIn, isPart = false }: DashboardSpec): Dashboard {
  return {
    uid,
    title,
    description,
    tags: [TAG],
    timezone: "browser",
    editable: true,
    graphTooltip: 1,
    time: { from: "now-1h", to: "now" },
    refresh: "10s",
    schemaVersion: 42,
    version: 1,
    links: [],
    annotations: { list: [builtIn, firing, changed] },
    templating: { list: variables(collectionsIn, isPart) },
    panels: place(sections),
  };
}

/** A dashboard's uid: the name if Grafana allows it, otherwise its allowed characters and a hash of the name, so that no two names share one. */
export function uidOf(name: string): string {
  const plain = `${TAG}-${name.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-")}`;
  if (plain === `${TAG}-${name}` && plain.length <= LONGEST_UID) return plain;
  const tail = sumOf(name).toString(36);
  return `${plain.slice(0, LONGEST_UID - tail.length - 1)}-${tail}`;
}

/** The dashboards with links to each other, which keep the time, instances and data source. Collections differ between dashboards. */
export function linked(dashboards: readonly Dashboard[]): readonly Dashboard[] {
  const links = dashboards.map(({ uid, title }) => linkTo(uid, title));
  return dashboards.map((each) => ({ ...each, links }));
}

const linkTo = (uid: string, title: string): Link => ({
  title: title.replace(`${TAG} / `, ""),
  type: "link",
  url: `/d/${uid}?\${datasource:queryparam}&\${job:queryparam}&\${instance:queryparam}`,
  tags: [],
  icon: "dashboard",
  tooltip: title,
  asDropdown: false,
  targetBlank: false,
  includeVars: false,
  keepTime: true,
});

function variables(collectionsIn: string, isPart: boolean): readonly Variable[] {
  const chosen = 'job=~"$job", instance=~"$instance"';
  return [
    {
      type: "datasource",
      name: "datasource",
      label: "Data source",
      query: "prometheus",
      hide: 0,
      includeAll: false,
      multi: false,
      refresh: 1,
    },
    fromLabel("job", "Job", ANY, `label_values(${OWN.clock}, job)`),
    fromLabel("instance", "Instance", ANY, `label_values(${OWN.clock}{job=~"$job"}, instance)`),
    fromLabel("collection", "Collection", isPart ? {} : ANY, `label_values(${collectionsIn.replace("$chosen", chosen)}, ${COLLECTION})`),
  ];
}

/** All as one pattern, which is shorter than a list of hundreds. */
const ANY = { allValue: ".+" } as const;

const fromLabel = (name: string, label: string, all: Pick<Variable, "allValue">, definition: string): Variable => ({
  type: "query",
  name,
  label,
  datasource: PROMETHEUS,
  definition,
  query: { query: definition, refId: `variable-${name}` },
  hide: 0,
  multi: true,
  includeAll: true,
  ...all,
  current: { selected: true, text: ["All"], value: ["$__all"] },
  refresh: 2,
  sort: 1,
});

const builtIn: Annotation = {
  name: "Annotations & Alerts",
  datasource: { type: "grafana", uid: "-- Grafana --" },
  type: "dashboard",
  builtIn: 1,
  enable: true,
  hide: true,
  iconColor: "rgba(0, 211, 255, 1)",
};

/** Alerts that fire in Prometheus. */
const firing: Annotation = {
  name: "Alerts",
  datasource: PROMETHEUS,
  enable: true,
  iconColor: "red",
  expr: 'ALERTS{alertname=~"Vitals.+", alertstate="firing"}',
  step: "30s",
  titleFormat: "{{alertname}}",
  textFormat: "{{severity}}: {{component}} of {{instance}}",
  tagKeys: "alertname,severity",
};

/** Status changes. The gauge shows them all; `vitals.component.transitions` would miss the first, because a new counter is no increase to Prometheus. */
const changed: Annotation = {
  name: "Status changes",
  datasource: PROMETHEUS,
  enable: true,
  iconColor: "yellow",
  expr: `${select(OWN.status, IN_DASHBOARD.instance)} == 1 and changes(${select(OWN.status, IN_DASHBOARD.instance)}[1m]) > 0`,
  step: "30s",
  titleFormat: "{{vitals_component_name}} is now {{vitals_component_status}}",
  textFormat: "{{instance}}",
  tagKeys: "vitals_component_name,vitals_component_status",
};

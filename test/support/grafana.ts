import type { Dashboard, Panel, Target } from "../../src/dashboards/schema.ts";

/** A query with its panel and dashboard. */
export interface PanelQuery {
  readonly uid: string;
  readonly dashboard: string;
  readonly panel: string;
  readonly target: Target;
}

export const panelsOf = (dashboard: Dashboard): readonly Panel[] =>
  dashboard.panels.filter((panel): panel is Panel & typeof panel => panel.type !== "row");

/** Every query of a dashboard's panels. */
export const queriesOf = (dashboard: Dashboard): readonly PanelQuery[] =>
  panelsOf(dashboard).flatMap(({ title, targets }) =>
    targets.map((target) => ({ uid: dashboard.uid, dashboard: dashboard.title, panel: title, target })),
  );

/** The choice for each variable: values, or All with the pattern that stands for it. */
export type Choice = Readonly<Record<string, readonly string[] | { readonly all: string }>>;

export interface Timing {
  /** The data source's scrape interval, and the step that results from the time range and the panel's width. */
  readonly scrapeS: number;
  readonly stepS: number;
}

/** The step of a query, at least the target's minimum. */
export const stepOf = ({ interval }: Target, { stepS }: Timing): number =>
  Math.max(stepS, interval === undefined ? 0 : Number.parseInt(interval, 10));

/** Replaces variables as Grafana does: several values by a regular expression of alternatives, built-in intervals by durations. */
export function interpolate(target: Target, choice: Choice, timing: Timing): string {
  const step = stepOf(target, timing);
  const own: Readonly<Record<string, string>> = {
    __interval: `${step}s`,
    __rate_interval: `${Math.max(step + timing.scrapeS, 4 * timing.scrapeS)}s`,
  };
  return target.expr.replaceAll(/\$\{?(\w+)\}?/g, (whole, name: string) => {
    if (Object.hasOwn(own, name)) return own[name] as string;
    const chosen = choice[name];
    if (chosen === undefined) return whole;
    if ("all" in chosen) return chosen.all;
    const values = chosen.map((value) => value.replaceAll(/[\\^$*+?.()|[\]{}/]/g, String.raw`\\$&`));
    return values.length === 1 ? (values[0] as string) : `(${values.join("|")})`;
  });
}

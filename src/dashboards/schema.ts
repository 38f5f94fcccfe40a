import type * as gauge from "@grafana/grafana-foundation-sdk/gauge";
import type * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as table from "@grafana/grafana-foundation-sdk/table";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type {
  AnnotationQuery as SdkAnnotation,
  Dashboard as SdkDashboard,
  DashboardLink,
  FieldConfig,
  GridPos,
  Panel as SdkPanel,
  RowPanel,
  ThresholdsConfig,
  ValueMapping,
  VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";

/**
 * Grafana's types of a dashboard file, as plain data. They come from its foundation SDK, of which only types are used: it is needed to
 * compile, not to run (docs/decisions/0038).
 */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? Numbers<T>
    : T extends readonly (infer Item)[]
      ? readonly Json<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Json<T[Key]> }
        : T;

/** A number, or the numbers of an enumeration. Compared as text, because any number is assignable to a numeric enumeration. */
type Numbers<T extends number> = `${number}` extends `${T}` ? number : `${T}` extends `${infer N extends number}` ? N : never;

export type Target = Omit<Json<Dataquery>, "_implementsDataqueryVariant">;
export type Thresholds = Json<ThresholdsConfig>;
export type Mapping = Json<ValueMapping>;
export type Variable = Json<VariableModel>;
export type Link = Json<DashboardLink>;
export type Place = Json<GridPos>;

/** Settings of some of a panel's series or columns. */
export interface Override {
  readonly matcher: { readonly id: "byFrameRefID" | "byName"; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

interface PanelOf<Type extends string, Options, Custom> extends Omit<Json<SdkPanel>, "type" | "options" | "fieldConfig" | "targets"> {
  readonly type: Type;
  readonly title: string;
  readonly description: string;
  readonly targets: readonly Target[];
  readonly options: Json<Options>;
  readonly fieldConfig: {
    readonly defaults: Omit<Json<FieldConfig>, "custom"> & { readonly custom?: Json<Custom> };
    readonly overrides: readonly Override[];
  };
}

export type TimeSeriesPanel = PanelOf<"timeseries", timeseries.Options, timeseries.FieldConfig>;
export type StatPanel = PanelOf<"stat", stat.Options, never>;
export type GaugePanel = PanelOf<"gauge", gauge.Options, never>;
export type TablePanel = PanelOf<"table", table.Options, table.FieldConfig>;
export type StateTimelinePanel = PanelOf<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>;
export type HeatmapPanel = PanelOf<"heatmap", heatmap.Options, heatmap.FieldConfig>;

/** A panel without its place. */
export type Panel = TimeSeriesPanel | StatPanel | GaugePanel | TablePanel | StateTimelinePanel | HeatmapPanel;

/** A panel or row with its id and place. */
export type Placed = (Panel & { readonly id: number; readonly gridPos: Place }) | Json<RowPanel>;

export type Annotation = Omit<Json<SdkAnnotation>, "target">;

export interface Dashboard extends Omit<Json<SdkDashboard>, "panels" | "templating" | "annotations"> {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Placed[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
}

import type {
  GaugePanel,
  HeatmapPanel,
  Mapping,
  Override,
  Panel,
  StateTimelinePanel,
  StatPanel,
  TablePanel,
  Target,
  Thresholds,
  TimeSeriesPanel,
} from "./schema.ts";

/** Common to all panels. */
interface PanelSpec {
  readonly title: string;
  /** What it shows and how to read it. */
  readonly description: string;
  readonly queries: readonly Query[];
  readonly unit: string;
  readonly thresholds?: Thresholds | undefined;
  /** Shown instead of the graph if there is no data. */
  readonly noValue?: string;
}

export interface Query {
  readonly expr: string;
  /** A template of labels, such as `{{instance}}`. */
  readonly legend: string;
  /** Minimum step. A rate spans at least this long, so that it covers a few ticks. */
  readonly stepMs?: number | undefined;
}

/** A panel with its size on the grid of 24 columns. */
export interface Sized {
  readonly panel: Panel;
  readonly width: number;
  readonly height: number;
}

/** The data source chosen by the dashboard's variable. */
export const PROMETHEUS = { type: "prometheus", uid: "${datasource}" } as const;

/** Letters of a panel's queries, in their order. */
const refIdOf = (n: number): string => String.fromCodePoint("A".codePointAt(0)! + n);

const targetsOf = (queries: readonly Query[], own: Partial<Target> = {}): readonly Target[] =>
  queries.map(({ expr, legend, stepMs }, n) => ({
    refId: refIdOf(n),
    datasource: PROMETHEUS,
    editorMode: "code",
    expr,
    legendFormat: legend,
    range: true,
    ...(stepMs === undefined ? {} : { interval: `${Math.ceil(stepMs / 1_000)}s` }),
    ...own,
  }));

const common = ({ title, description }: PanelSpec): Pick<Panel, "title" | "description" | "datasource"> => ({
  title,
  description,
  datasource: PROMETHEUS,
});

const shown = ({ unit, thresholds, noValue }: PanelSpec) => ({
  unit,
  ...(thresholds ? { thresholds } : {}),
  ...(noValue === undefined ? {} : { noValue }),
});

const LEGEND = { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] } as const;

/** A row for each line, with its latest and its greatest value in view. */
const TABLE = { ...LEGEND, displayMode: "table", calcs: ["lastNotNull", "max"] } as const;

/** A dashed line that is not part of a stack, such as a limit. */
const asLimit = (query: number): Override => ({
  matcher: { id: "byFrameRefID", options: refIdOf(query) },
  properties: [
    { id: "custom.stacking", value: { mode: "none", group: "A" } },
    { id: "custom.fillOpacity", value: 0 },
    { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } },
    { id: "color", value: { mode: "fixed", fixedColor: "red" } },
  ],
});

/** Lines over time, or with `stacked` areas that add up to a total; `limit` is a query whose lines bound the others. */
export function timeSeries(
  spec: PanelSpec & { readonly stacked?: boolean; readonly min?: number; readonly limit?: Query | undefined },
): TimeSeriesPanel {
  const { stacked = false, min, thresholds, limit, queries } = spec;
  return {
    type: "timeseries",
    ...common(spec),
    targets: targetsOf(limit ? [...queries, limit] : queries),
    fieldConfig: {
      defaults: {
        ...shown(spec),
        color: { mode: "palette-classic" },
        ...(min === undefined ? {} : { min }),
        custom: {
          drawStyle: "line",
          lineWidth: 1,
          fillOpacity: stacked ? 30 : 0,
          spanNulls: false,
          showPoints: "auto",
          stacking: { mode: stacked ? "normal" : "none", group: "A" },
          ...(thresholds ? { thresholdsStyle: { mode: "dashed" } } : {}),
        },
      },
      overrides: limit ? [asLimit(queries.length)] : [],
    },
    options: { legend: TABLE, tooltip: { mode: "multi", sort: "desc" } },
  };
}

/** The latest value of each series, in large type. */
export function stat(spec: PanelSpec & { readonly mappings?: readonly Mapping[]; readonly textMode?: "auto" | "name" }): StatPanel {
  const { mappings, textMode = "auto" } = spec;
  return {
    type: "stat",
    ...common(spec),
    targets: targetsOf(spec.queries),
    fieldConfig: { defaults: { ...shown(spec), ...(mappings ? { mappings } : {}), color: { mode: "thresholds" } }, overrides: [] },
    options: {
      graphMode: mappings || textMode === "name" ? "none" : "area",
      colorMode: spec.thresholds || mappings ? "background" : "none",
      justifyMode: "auto",
      textMode,
      wideLayout: true,
      showPercentChange: false,
      percentChangeColorMode: "standard",
      orientation: "auto",
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    },
  };
}

/** Shares of a limit as arcs from 0 to 100 %. Without thresholds of a rule their colour changes at 80 % and 90 %. */
export function gauge(spec: Omit<PanelSpec, "unit">): GaugePanel {
  return {
    type: "gauge",
    ...common({ ...spec, unit: "percentunit" }),
    targets: targetsOf(spec.queries),
    fieldConfig: {
      defaults: { ...shown({ thresholds: FULL, ...spec, unit: "percentunit" }), min: 0, max: 1, color: { mode: "thresholds" } },
      overrides: [],
    },
    options: {
      orientation: "auto",
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      showThresholdLabels: false,
      showThresholdMarkers: true,
      sizing: "auto",
      minVizWidth: 75,
      minVizHeight: 75,
    },
  };
}

/** Default thresholds of a share that should not reach 1. */
const FULL: Thresholds = {
  mode: "absolute",
  steps: [
    { value: null, color: "green" },
    { value: 0.8, color: "yellow" },
    { value: 0.9, color: "orange" },
  ],
};

/** The latest value of each series with its labels, the largest first. */
export function table(spec: PanelSpec): TablePanel {
  return {
    type: "table",
    ...common(spec),
    targets: targetsOf(spec.queries, { format: "table", instant: true, range: false }),
    fieldConfig: {
      defaults: { ...shown(spec), custom: { align: "auto", cellOptions: { type: "auto" }, inspect: false, filterable: true } },
      overrides: [{ matcher: { id: "byName", options: "Time" }, properties: [{ id: "custom.hidden", value: true }] }],
    },
    options: { frameIndex: 0, showHeader: true, cellHeight: "sm", sortBy: [{ displayName: "Value", desc: true }] },
  };
}

/** A coloured row over time for each series; the mappings give each value its text and colour. */
export function stateTimeline(spec: Omit<PanelSpec, "unit"> & { readonly mappings: readonly Mapping[] }): StateTimelinePanel {
  return {
    type: "state-timeline",
    ...common({ ...spec, unit: "none" }),
    targets: targetsOf(spec.queries),
    fieldConfig: {
      defaults: {
        ...shown({ ...spec, unit: "none" }),
        mappings: spec.mappings,
        color: { mode: "thresholds" },
        custom: { fillOpacity: 80, lineWidth: 0, spanNulls: false },
      },
      overrides: [],
    },
    options: {
      mergeValues: true,
      showValue: "auto",
      rowHeight: 0.9,
      alignValue: "left",
      legend: LEGEND,
      tooltip: { mode: "single", sort: "none" },
    },
  };
}

/** A histogram's buckets over time. */
export function heatmap(spec: PanelSpec): HeatmapPanel {
  return {
    type: "heatmap",
    ...common(spec),
    targets: targetsOf(spec.queries, { format: "heatmap", legendFormat: "{{le}}" }),
    fieldConfig: { defaults: { ...(spec.noValue === undefined ? {} : { noValue: spec.noValue }), custom: {} }, overrides: [] },
    options: {
      calculate: false,
      color: { mode: "scheme", scheme: "Oranges", fill: "dark-orange", scale: "exponential", exponent: 0.5, steps: 64, reverse: false },
      cellGap: 1,
      cellValues: { unit: "cps" },
      filterValues: { le: 1e-9 },
      rowsFrame: { layout: "auto" },
      showValue: "never",
      exemplars: { color: "rgba(255,0,255,0.7)" },
      legend: { show: true },
      tooltip: { mode: "single", yHistogram: false, showColorScale: false },
      yAxis: { axisPlacement: "left", unit: spec.unit, reverse: false },
    },
  };
}

export const sized = (width: number, height: number, panel: Panel): Sized => ({ width, height, panel });

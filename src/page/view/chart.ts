import { counted } from "../../base/quantity.ts";
import uPlot from "uplot";
import { stepsOf, ticksIn, type ChartData } from "../chart-data.ts";
import type { ChartSpec } from "../chart-spec.ts";
import { isStale, type Cadence, type Range } from "../../client/columns.ts";
import { h, setText, setAttribute, svg } from "../dom.ts";
import { ageText, clockTime } from "../../client/times.ts";
import { formatTicks, formatValue, NONE } from "../format.ts";
import type { Theme } from "../theme.ts";
import { drawBehind, drawInFront, type MarkedTransition, type Marks } from "./chart-marks.ts";

const HEIGHT = 116;
const AXIS_WIDTH = 56;
/** Room of a time label at an edge, where it would be cut or touch the other axis: half of its width. */
const LABEL_ROOM = 24;
/** A shorter drag is a click, in pixels. */
const MIN_DRAG = 5;
const FONT = "11px system-ui, sans-serif";
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3], [], [6, 3], [2, 2], [8, 3, 2, 3]];

export interface ChartState {
  readonly data: ChartData;
  readonly transitions: readonly MarkedTransition[];
  /** The present; undefined where the range is in the past, in which nothing is stale. */
  readonly nowMs: number | undefined;
}

/** One chart: title, current value and lines. */
export class Chart {
  readonly element: HTMLElement;
  #spec: ChartSpec;
  readonly #theme: Theme;
  readonly #value = h("output", { class: "chart-value" });
  readonly #canvas: HTMLElement;
  readonly #parts: readonly HTMLElement[];
  readonly #buttons: readonly HTMLElement[];
  readonly #zoom: (range: Range) => void;
  #isolated: number | undefined;
  #plot: uPlot | undefined;
  #shown: ChartState | undefined;
  #width = 0;

  /** @param zoom called with the range that the user has selected by dragging */
  constructor(spec: ChartSpec, theme: Theme, zoom: (range: Range) => void) {
    this.#spec = spec;
    this.#theme = theme;
    this.#zoom = zoom;
    this.#canvas = h("div", { class: "chart-canvas", role: "img", "aria-label": spec.title });
    this.#parts = spec.kind === "line" ? [] : spec.parts.map(() => h("output", {}));
    this.#buttons = this.#parts.map((part, n) => this.#legendButton(n, part));
    const title = h("figcaption", { title: spec.description }, h("span", { class: "chart-title" }, spec.title), this.#value);
    this.element = h("figure", { class: `chart ${spec.kind}`, "data-chart": spec.id }, title);
    if (spec.about !== "") this.element.append(h("p", { class: "chart-about" }, spec.about));
    this.element.append(this.#canvas);
    if (this.#buttons.length > 0) this.element.append(h("ul", { class: "parts" }, ...this.#buttons.map((button) => h("li", {}, button))));
  }

  /** The only part that is drawn; undefined for all. */
  get isolated(): number | undefined {
    return this.#isolated;
  }

  #legendButton(n: number, value: HTMLElement): HTMLElement {
    const { kind, parts } = this.#spec;
    const label = parts[n]?.label ?? "";
    const button = h(
      "button",
      { type: "button", "aria-pressed": "false", title: `Show ${label} alone` },
      swatch(kind, n),
      h("span", { class: "part" }, label),
      value,
    );
    button.addEventListener("click", () => {
      this.#isolated = this.#isolated === n ? undefined : n;
      for (const [other, each] of this.#buttons.entries()) setAttribute(each, "aria-pressed", String(other === this.#isolated));
      this.element.dispatchEvent(new Event("isolate", { bubbles: true }));
    });
    return button;
  }

  get spec(): ChartSpec {
    return this.#spec;
  }

  /** Takes the columns and thresholds of another spec. @returns whether it can: not where title, kind or parts differ */
  adopt(spec: ChartSpec): boolean {
    if (shapeOf(spec) !== shapeOf(this.#spec)) return false;
    this.#spec = spec;
    return true;
  }

  /** Draws the chart as wide as its container. */
  show(shown: ChartState): void {
    this.#shown = shown;
    const width = this.#canvas.clientWidth;
    if (width === 0) return;
    if (!this.#plot) this.#plot = this.#make(width);
    else if (width !== this.#width) this.#plot.setSize({ width, height: HEIGHT });
    this.#width = width;
    this.#plot.setData([shown.data.times, ...shown.data.drawn] as unknown as uPlot.AlignedData, true);
    this.#showValues();
  }

  /** Redraws with new colours. */
  recolor(): void {
    this.#plot?.redraw(false);
  }

  /** Moves the cursor to a time; undefined removes it. */
  point(timeSeconds: number | undefined): void {
    if (!this.#plot) return;
    const left = timeSeconds === undefined ? -10 : this.#plot.valToPos(timeSeconds, "x");
    this.#plot.setCursor({ left, top: timeSeconds === undefined ? -10 : HEIGHT / 3 }, true);
  }

  /** Time under the cursor, in seconds. */
  get pointed(): number | undefined {
    const idx = this.#plot?.cursor.idx;
    return idx == null ? undefined : this.#shown?.data.times[idx];
  }

  remove(): void {
    this.#plot?.destroy();
    this.element.remove();
  }

  /** Shows the newest values, or those under the cursor. */
  #showValues(): void {
    const { spec } = this;
    if (!this.#shown) return;
    const { data } = this.#shown;
    const stale = staleText(this.#shown, spec.cadence);
    const idx = this.#plot?.cursor.idx;
    const at = idx == null ? undefined : data.times[idx];
    const values = at === undefined ? data.newest : data.lines.map(({ mean }) => mean[idx as number] ?? Number.NaN);
    const isStale = at === undefined && stale !== undefined;
    const showsTotal = spec.kind !== "lines";
    const sum = values.reduce((all, value) => (Number.isNaN(value) ? all : all + value), 0);
    const total = values.every(Number.isNaN) ? Number.NaN : sum;
    const number = showsTotal ? formatValue(total, spec.unit) : "";
    const text = isStale ? stale : this.#headline(values, total, number);
    setText(this.#value, at === undefined ? text : `${clockTime(at * 1_000, at * 1_000)}  ${text}`);
    this.element.classList.toggle("stale", isStale);
    for (const [n, part] of this.#parts.entries()) setText(part, isStale ? NONE : formatValue(values[n], spec.unit));
    setAttribute(this.element, "data-gaps", String(data.gaps.length));
    if (at === undefined) setAttribute(this.#canvas, "aria-label", this.#label(text));
  }

  /** The number above the chart: of a stack the part that is in use, or the sum. */
  #headline(values: readonly number[], total: number, number: string): string {
    const { headline, isSum, parts, unit } = this.#spec;
    const n = this.#isolated ?? headline;
    if (n !== undefined && parts[n] && this.#parts.length > 0) return `${parts[n].label} ${formatValue(values[n], unit)}`;
    return isSum && !Number.isNaN(total) ? `sum ${number}` : number;
  }

  /** Describes the chart for screen readers. */
  #label(now: string): string {
    const { data } = this.#shown as ChartState;
    const { kind, unit, title } = this.spec;
    const values = kind === "stack" ? (data.drawn.at(-1) ?? []) : data.drawn.flat();
    const all = values.filter((value) => value !== null);
    const extremes =
      all.length === 0 ? "no values" : `range ${formatValue(Math.min(...all), unit)} to ${formatValue(Math.max(...all), unit)}`;
    const gaps = data.gaps.length === 0 ? "" : `, ${counted(data.gaps.length, "gap")}`;
    return `${title}: ${now === "" ? "" : `now ${now}, `}${extremes}${gaps}`;
  }

  #make(width: number): uPlot {
    const { spec } = this;
    const marks = (): Marks => ({
      ...(this.#shown as ChartState),
      thresholds: this.#spec.thresholds,
      unit: this.#spec.unit,
      colors: this.#theme.colors,
    });
    const color = (pick: "faint" | "grid") => (): string => this.#theme.colors[pick];
    const axis = { stroke: color("faint"), font: FONT, ticks: { show: false }, grid: { stroke: color("grid"), width: 1 } };
    const options: uPlot.Options = {
      width,
      height: HEIGHT,
      padding: [8, 6, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: MIN_DRAG },
        sync: { key: "vitals" },
        points: { size: 6, show: (_, n) => this.#point(n) },
      },
      scales: {
        x: { time: true, range: () => this.#xRange() },
        y: { range: () => [...(this.#shown as ChartState).data.yRange] },
      },
      axes: [
        { ...axis, size: 20, gap: 3, space: 70, values: (u, times) => times.map((time) => (hasRoom(u, time) ? clockLabel(time) : "")) },
        {
          ...axis,
          size: AXIS_WIDTH,
          gap: 4,
          space: 28,
          incrs: (_, __, low, high) => stepsOf(Math.max(Math.abs(low), Math.abs(high)), spec.unit),
          splits: (_, __, low, high, step) => ticksIn(low, high, step),
          values: (_, values) => [...formatTicks(values, spec.unit)],
        },
      ],
      series: [{}, ...this.#series()],
      bands: this.#bands(),
      hooks: {
        drawClear: [(u) => drawBehind(u, marks())],
        draw: [(u) => drawInFront(u, marks())],
        setCursor: [() => this.#showValues()],
        setSelect: [(u) => this.#selected(u)],
      },
    };
    return new uPlot(options, [[]], this.#canvas);
  }

  /** Reports the selected range, of at least a second, and removes the selection. */
  #selected(u: uPlot): void {
    const { left, width } = u.select;
    if (width < MIN_DRAG) return;
    const [fromMs, toMs] = [left, left + width].map((x) => Math.round(u.posToVal(x, "x") * 1_000)) as [number, number];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#zoom({ fromMs, toMs: Math.max(toMs, fromMs + 1_000) });
  }

  /** The dot on a line at the cursor; the edges of a band have none. */
  #point(n: number): HTMLElement {
    const { series, accent } = this.#theme.colors;
    const isEdge = this.spec.kind === "line" && n > 1;
    const point = h("div", { class: "cursor-point", hidden: isEdge });
    point.style.background = this.spec.kind === "line" ? accent : (series[n - 1] as string);
    return point;
  }

  #series(): uPlot.Series[] {
    const { spec } = this;
    const common = { points: { show: false }, spanGaps: false } as const;
    if (spec.kind === "line") {
      const edge = { ...common, width: 0, stroke: "transparent" };
      return [{ ...common, width: 1.5, stroke: () => this.#theme.colors.accent }, edge, edge];
    }
    return spec.parts.map((_, n) => ({
      ...common,
      width: 1.25,
      stroke: () => this.#theme.colors.series[n] as string,
      dash: spec.kind === "lines" ? [...(DASHES[n] as number[])] : [],
      ...(spec.kind === "stack" && n === 0 ? { fill: () => `${this.#theme.colors.series[0]}55` } : {}),
    }));
  }

  #bands(): uPlot.Band[] {
    const { spec } = this;
    if (spec.kind === "line") return [{ series: [3, 2], fill: () => this.#theme.colors.band }];
    if (spec.kind === "lines") return [];
    return spec.parts.slice(1).map((_, n) => ({ series: [n + 2, n + 1], fill: () => `${this.#theme.colors.series[n + 1]}55` }));
  }

  #xRange(): [number, number] {
    const { fromMs, toMs } = (this.#shown as ChartState).data.range;
    return [fromMs / 1_000, toMs / 1_000];
  }
}

/** The colour of a part, drawn as the chart draws it: an area, or a line with its dashes. */
function swatch(kind: ChartSpec["kind"], n: number): SVGElement {
  const shape =
    kind === "stack"
      ? svg("rect", { width: "14", height: "9" })
      : svg("path", { d: "M0 4.5h22", "stroke-width": "2", "stroke-dasharray": (DASHES[n] ?? []).join(" ") });
  return svg(
    "svg",
    { class: `swatch ${kind} swatch-${n + 1}`, width: kind === "stack" ? "14" : "22", height: "9", "aria-hidden": "true" },
    shape,
  );
}

/** What an existing chart cannot change. */
const shapeOf = ({ kind, title, unit, parts }: ChartSpec): string => JSON.stringify([kind, title, unit, parts.map(({ label }) => label)]);

/** The text shown instead of a stale value. */
function staleText({ data: { measuredMs }, nowMs }: ChartState, { intervalMs }: Cadence): string | undefined {
  if (nowMs === undefined) return undefined;
  if (measuredMs === undefined) return "no data";
  return isStale(nowMs - measuredMs, intervalMs) ? `no data for ${ageText(nowMs - measuredMs)}` : undefined;
}

function hasRoom(u: uPlot, time: number): boolean {
  const x = u.valToPos(time, "x");
  return x >= LABEL_ROOM && x <= u.over.clientWidth - LABEL_ROOM;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const CLOCK_SECONDS = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const clockLabel = (time: number): string => (time % 60 === 0 ? CLOCK : CLOCK_SECONDS).format(time * 1_000);

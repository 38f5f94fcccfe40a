import { chartData } from "../chart-data.ts";
import { absences, chartsOf, fixedNumbers } from "../chart-spec.ts";
import type { Range } from "../../client/columns.ts";
import { linkTo } from "../address.ts";
import { clockTime, pausedSince } from "../../client/times.ts";
import { h, setText, setAttribute, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import type { CollectionModel, KnownTransition } from "../../client/model.ts";
import type { Theme } from "../theme.ts";
import { Chart } from "./chart.ts";
import { confirmed } from "./confirm.ts";
import { WindowTables } from "./window-tables.ts";
import type { CollectionReport, ComponentReport } from "../../client/api.ts";

/** What a collection's part of the page shows. */
export interface CollectionView {
  readonly model: CollectionModel;
  readonly health: ComponentReport | undefined;
  readonly transitions: readonly KnownTransition[];
  readonly range: Range;
  readonly window: string;
  readonly nowMs: number;
  /** Whether the range ends now. */
  readonly isLive: boolean;
  /** Whether the view is paused. */
  readonly isPaused: boolean;
  /** Fields whose charts are shown; undefined for all. */
  readonly fields: ReadonlySet<string> | undefined;
  /** Whether charts and windows are shown. */
  readonly isExpanded: boolean;
}

/** Called to pause or resume a collection. */
export type Control = (collection: string, action: "pause" | "resume") => void;

/** What the user can do with a collection. */
export interface CollectionActions {
  readonly control: Control;
  /** The user expanded or collapsed the section. */
  readonly toggled: (isExpanded: boolean) => void;
  /** The user selected a range in a chart. */
  readonly zoom: (range: Range) => void;
}

/** One collection: status, charts and windows. */
export class CollectionSection {
  readonly element: HTMLElement;
  readonly #theme: Theme;
  readonly #actions: CollectionActions;
  readonly #mark = h("span", {});
  readonly #fixed = h("p", { class: "fixed" });
  readonly #type = h("span", {});
  readonly #source = h("a", { class: "source" });
  readonly #state = h("span", {});
  readonly #absent = h("ul", {});
  readonly #absentDetails: HTMLElement;
  readonly #facts = h("p", { class: "facts" }, this.#type, this.#source, this.#state);
  readonly #button: HTMLButtonElement;
  readonly #toggle: HTMLButtonElement;
  readonly #body: HTMLElement;
  readonly #grid: HTMLElement;
  readonly #tables: WindowTables;
  readonly #charts = new Map<string, Chart>();
  readonly #visible = new Set<Element>();
  readonly #seen: IntersectionObserver;
  #view: CollectionView | undefined;
  #absentText = "";

  constructor(name: string, theme: Theme, actions: CollectionActions) {
    this.#theme = theme;
    this.#actions = actions;
    const id = `collection-${name}`;
    this.#button = h("button", { type: "button", class: "control", hidden: true });
    this.#button.addEventListener("click", () => void this.#control(name));
    this.#grid = h("div", { class: "charts", tabindex: "0", role: "group", "aria-label": `Charts of ${name}: arrow keys move the cursor` });
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#tables = new WindowTables(name);
    this.#grid.addEventListener("isolate", () => this.draw());
    this.#absentDetails = h("details", { class: "absent" }, h("summary", {}, `What ${name} does not measure, and why`), this.#absent);
    this.#body = h("div", { id: `${id}-body` }, this.#grid, this.#fixed, this.#tables.element, this.#absentDetails);
    this.#toggle = h("button", { type: "button", class: "fold", "aria-controls": `${id}-body`, "aria-label": `Charts of ${name}` });
    this.#toggle.addEventListener("click", () => actions.toggled(!this.isExpanded));
    const link = h("a", { href: linkTo({ collection: name }) }, name);
    this.element = h(
      "section",
      { class: "collection", "aria-labelledby": id, "data-collection": name },
      h("div", { class: "collection-head" }, this.#toggle, this.#mark, h("h2", { id }, link), this.#facts, this.#button),
      this.#body,
    );
    this.#seen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) this.#visible.add(target);
          else this.#visible.delete(target);
        }
        this.draw();
      },
      { rootMargin: "120px" },
    );
  }

  /** Updates text and tables; cheap enough for every frame. */
  update(view: CollectionView, canControl: boolean): void {
    const isOtherWindow = view.window !== this.#view?.window;
    this.#view = view;
    const { model, health } = view;
    const { report, series } = model;
    showMark(this.#mark, health?.status ?? "unknown");
    const state = report.state === "paused" ? pausedText(report, view.nowMs) : `every ${duration(report.intervalMs)}`;
    setText(this.#type, `${health?.status ?? "unknown"} · ${report.type} from `);
    this.#showSource(report);
    setText(this.#state, ` · ${state}`);
    setText(this.#fixed, fixedNumbers(report, series.points, series.last?.values ?? []).join(" · "));
    this.#showAbsences(absences(report, series.points));
    setAttribute(this.#toggle, "aria-expanded", String(view.isExpanded));
    setAttribute(this.#body, "hidden", !view.isExpanded);
    setAttribute(this.#button, "hidden", !canControl);
    setText(this.#button, report.state === "paused" ? "Resume collection" : "Pause collection");
    const { ofThisBoot: rows } = series;
    const isoOf = (row = rows[0]): string => (row ? new Date(row.timeMs).toISOString() : "");
    setAttribute(this.element, "data-first", isoOf());
    setAttribute(this.element, "data-last", isoOf(rows.at(-1)));
    setAttribute(this.element, "data-count", String(rows.length));
    if (view.isExpanded && (!view.isPaused || isOtherWindow)) this.#tables.update(report, model.aggregates, view.window);
  }

  /** The source's name, which leads to its user interface if one is configured. */
  #showSource({ source, sourceUi }: CollectionReport): void {
    setText(this.#source, source);
    const isLink = sourceUi !== undefined;
    setAttribute(this.#source, "href", sourceUi);
    setAttribute(this.#source, "target", isLink ? "_blank" : undefined);
    setAttribute(this.#source, "rel", isLink ? "noopener noreferrer" : undefined);
    setAttribute(this.#source, "title", isLink ? `Open the user interface of ${source} (${sourceUi})` : undefined);
  }

  #showAbsences(lines: readonly string[]): void {
    setAttribute(this.#absentDetails, "hidden", lines.length === 0);
    const text = lines.join("\n");
    if (text === this.#absentText) return;
    this.#absentText = text;
    this.#absent.replaceChildren(...lines.map((line) => h("li", {}, line)));
  }

  /** Pauses after a question, since no alert reports what happens meanwhile; resumes at once. */
  async #control(name: string): Promise<void> {
    const isPaused = this.#view?.model.report.state === "paused";
    const text = "For everyone: no sample is taken and none of its alerts fires until someone resumes it.";
    if (!isPaused && !(await confirmed(`Pause collection ${name}?`, text, "Pause collection"))) return;
    this.#actions.control(name, isPaused ? "resume" : "pause");
  }

  get isExpanded(): boolean {
    return this.#view?.isExpanded ?? false;
  }

  /** Scrolls to the section, or to one of its charts. @returns whether it exists */
  reveal(chart: string | undefined): boolean {
    const target = chart === undefined ? this.element : this.#charts.get(chart)?.element;
    if (!target) return false;
    for (const { element } of this.#charts.values()) element.classList.toggle("revealed", element === target);
    target.scrollIntoView({ block: chart === undefined ? "start" : "center" });
    return true;
  }

  /** Draws every chart, as for printing. */
  drawAll(): void {
    for (const { element } of this.#charts.values()) this.#visible.add(element);
    this.draw();
  }

  /** Draws the charts that are visible, with the columns that the samples have now. */
  draw(): void {
    const view = this.#view;
    if (!view?.isExpanded || document.visibilityState === "hidden") return;
    const { model, range, transitions } = view;
    this.#arrangeCharts(view);
    const nowMs = view.isLive ? view.nowMs : undefined;
    const shown = transitions.map(({ time, to }) => ({ timeMs: Date.parse(time), to }));
    for (const chart of this.#charts.values()) {
      if (!this.#visible.has(chart.element)) continue;
      chart.show({ data: chartData(chart.spec, model.series.rows, range, chart.isolated), transitions: shown, nowMs });
    }
  }

  recolor(): void {
    for (const chart of this.#charts.values()) chart.recolor();
  }

  remove(): void {
    this.#seen.disconnect();
    for (const chart of this.#charts.values()) chart.remove();
    this.element.remove();
  }

  /** Adds the chart of a field once it is measured, replaces it when its parts change, and removes it once the field no longer exists. */
  #arrangeCharts({ model, range, fields }: CollectionView): void {
    const all = chartsOf(model.report, model.series.points, model.series.lifetimes, range);
    const specs = fields ? all.filter(({ id, total }) => fields.has(id) || fields.has(total ?? "")) : all;
    const ids = new Set(specs.map(({ id }) => id));
    for (const id of this.#charts.keys()) if (!ids.has(id)) this.#removeChart(id);
    for (const [n, spec] of specs.entries()) {
      if (this.#charts.get(spec.id)?.adopt(spec)) continue;
      this.#removeChart(spec.id);
      const chart = new Chart(spec, this.#theme, this.#actions.zoom);
      this.#charts.set(spec.id, chart);
      this.#grid.insertBefore(chart.element, this.#grid.children[n] ?? null);
      this.#seen.observe(chart.element);
    }
  }

  #removeChart(id: string): void {
    const chart = this.#charts.get(id);
    if (!chart) return;
    this.#seen.unobserve(chart.element);
    this.#visible.delete(chart.element);
    this.#charts.delete(id);
    chart.remove();
  }

  #key(event: KeyboardEvent): void {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    const charts = [...this.#charts.values()].filter(({ element }) => this.#visible.has(element));
    const pointAll = (seconds: number | undefined): void => charts.forEach((chart) => chart.point(seconds));
    if (charts.length === 0 || !this.#view || (step === 0 && event.key !== "Escape")) return;
    event.preventDefault();
    if (step === 0) return pointAll(undefined);
    const { range } = this.#view;
    const stepSeconds = Math.max((range.toMs - range.fromMs) / 150_000, this.#view.model.report.intervalMs / 1_000);
    const from = charts[0]?.pointed ?? range.toMs / 1_000;
    pointAll(Math.min(range.toMs / 1_000, Math.max(range.fromMs / 1_000, from + step * stepSeconds)));
  }
}

function pausedText({ pause, lastTime }: CollectionReport, nowMs: number): string {
  const last = lastTime === null ? "no sample yet" : `last sample at ${clockTime(Date.parse(lastTime), nowMs)}`;
  return `${pausedSince(pause, nowMs)} · ${last}`;
}

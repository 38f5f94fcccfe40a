import { CELLS, cellsOf, cellText, type Cell } from "../cells.ts";
import type { ComponentRow } from "../component-row.ts";
import { byId, h, KeyedList, setText, setAttribute, svg, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import { NONE } from "../format.ts";
import type { KnownTransition } from "../../client/model.ts";
import { countsText } from "../overview.ts";
import type { ComponentReport, Status } from "../../client/api.ts";

/** Height of a cell: taller is worse, so that it is readable without colour. */
const HEIGHTS: Readonly<Record<Status, number>> = { healthy: 5, unknown: 3, degraded: 9, unhealthy: 13, critical: 18 };
const WIDTH = 3;
const HEIGHT = 18;

export interface ComponentView {
  readonly report: ComponentReport;
  readonly row: ComponentRow;
  readonly transitions: readonly KnownTransition[];
  readonly completeSinceMs: number;
  readonly nowMs: number;
}

/** Every component: status, last hour, current value, p95 and trend. The collector's own are folded while they are healthy. */
export class ComponentTable {
  readonly #counts = byId("components-counts");
  readonly #toggle = byId("internals-toggle");
  readonly #internalsBody = byId("internals");
  readonly #list = new KeyedList<ComponentView>(byId("components"), makeRow);
  readonly #internals = new KeyedList<ComponentView>(this.#internalsBody, makeRow);
  #areHealthy = true;
  /** What the user chose since the internals last became healthy or not; undefined: nothing. */
  #isOpen: boolean | undefined;

  constructor() {
    this.#toggle.addEventListener("click", () => {
      this.#isOpen = this.#internalsBody.hidden !== false;
      this.#showOpen();
    });
  }

  update(components: readonly ComponentView[], internals: readonly ComponentView[]): void {
    const reports = (views: readonly ComponentView[]): readonly ComponentReport[] => views.map(({ report }) => report);
    setText(this.#counts, countsText(reports([...components, ...internals])));
    setText(this.#toggle, `Collector itself: ${countsText(reports(internals))}`);
    this.#list.show(components, ({ report }) => report.component);
    this.#internals.show(internals, ({ report }) => report.component);
    const areHealthy = internals.every(({ report }) => report.status === "healthy");
    if (areHealthy !== this.#areHealthy) this.#isOpen = undefined;
    this.#areHealthy = areHealthy;
    this.#showOpen();
  }

  #showOpen(): void {
    const isOpen = this.#isOpen ?? !this.#areHealthy;
    setAttribute(this.#toggle, "aria-expanded", String(isOpen));
    setAttribute(this.#internalsBody, "hidden", !isOpen);
  }
}

function makeRow(): { readonly element: HTMLElement; update(view: ComponentView): void } {
  const holder = h("span", {});
  const word = h("span", { class: "word" });
  const name = h("a", {});
  const head = h("th", { scope: "row", role: "rowheader" }, name);
  const cells = svg("svg", { class: "cells", viewBox: `0 0 ${CELLS * WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const cell = (label: string, kind: string, ...content: readonly (Node | string)[]): HTMLElement =>
    h("td", { class: kind, role: "cell", "data-label": label }, ...content);
  const [now, measure] = [h("span", {}), h("small", {})];
  const nowCell = cell("now", "number", now, " ", measure);
  const [p95, trend] = [cell("p95", "number"), cell("trend", "trend")];
  const status = cell("status", "", h("span", { class: "status" }, holder, word));
  const element = h("tr", { role: "row" }, status, head, cell("last hour", "hour", cells), nowCell, p95, trend);
  return {
    element,
    update({ report, row, transitions, completeSinceMs, nowMs }) {
      const { component, status: current, since, reason } = report;
      showMark(holder, current);
      setText(word, current);
      setText(name, component);
      setAttribute(name, "href", row.href);
      setAttribute(element, "data-component", component);
      setAttribute(element, "data-status", current);
      showCells(cells, cellsOf({ status: current, sinceMs: Date.parse(since), transitions, completeSinceMs }, nowMs));
      setText(now, row.now);
      setText(measure, row.measure);
      setAttribute(nowCell, "title", reason);
      setText(p95, row.p95);
      setText(trend, trendText(report));
      trend.classList.toggle("none", report.trend.direction === "unknown");
      setAttribute(head, "title", reason);
    },
  };
}

const ARROWS = { improving: "↗", degrading: "↘", stable: "→", unknown: "" } as const;

function trendText({ trend: { direction, reachedInSeconds } }: ComponentReport): string {
  const reached = reachedInSeconds === undefined ? "" : `, threshold in ${duration(reachedInSeconds * 1_000)}`;
  return direction === "unknown" ? NONE : `${ARROWS[direction]} ${direction}${reached}`;
}

function showCells(cells: SVGElement, statuses: readonly Cell[]): void {
  const text = `Last hour: ${cellText(statuses)}`;
  const drawn = statuses.join("");
  if (cells.dataset["drawn"] === drawn) return;
  cells.dataset["drawn"] = drawn;
  setAttribute(cells, "aria-label", text);
  const kinds = [...new Set(statuses)];
  cells.replaceChildren(
    svg("title", {}, document.createTextNode(text)),
    ...kinds.map((kind) => svg("path", { class: `cell ${kind}`, d: pathOf(statuses, kind) })),
  );
}

function pathOf(statuses: readonly Cell[], kind: Cell): string {
  const height = kind === "none" ? 1 : HEIGHTS[kind];
  return statuses.flatMap((status, n) => (status === kind ? [`M${n * WIDTH} ${HEIGHT}v-${height}h${WIDTH - 1}v${height}z`] : [])).join("");
}

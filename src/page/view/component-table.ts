import { CELLS, cellsOf, cellText, type Cell } from "../cells.ts";
import { byId, h, KeyedList, setText, setAttribute, svg, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import { formatValue, NONE } from "../format.ts";
import type { KnownTransition } from "../../client/model.ts";
import type { ComponentReport, Status } from "../../client/api.ts";

/** Height of a cell: taller is worse, so that it is readable without colour. */
const HEIGHTS: Readonly<Record<Status, number>> = { healthy: 5, unknown: 3, degraded: 9, unhealthy: 13, critical: 18 };
const WIDTH = 3;
const HEIGHT = 18;

export interface ComponentView {
  readonly report: ComponentReport;
  readonly transitions: readonly KnownTransition[];
  readonly completeSinceMs: number;
  readonly nowMs: number;
}

/** Every component: status, last hour, current value, p95 and trend. */
export class ComponentTable {
  readonly #list = new KeyedList<ComponentView>(byId("components"), () => makeRow());

  update(views: readonly ComponentView[]): void {
    this.#list.show(views, ({ report }) => report.component);
  }
}

function makeRow(): { readonly element: HTMLElement; update(view: ComponentView): void } {
  const holder = h("span", {});
  const word = h("span", { class: "word" });
  const name = h("th", { scope: "row" });
  const cells = svg("svg", { class: "cells", viewBox: `0 0 ${CELLS * WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const [now, p95, trend] = [h("td", { class: "number" }), h("td", { class: "number" }), h("td", {})];
  const element = h("tr", {}, h("td", {}, h("span", { class: "status" }, holder, word)), name, h("td", {}, cells), now, p95, trend);
  return {
    element,
    update({ report, transitions, completeSinceMs, nowMs }) {
      const { component, status, since, value, unit = "1", measure, reason } = report;
      showMark(holder, status);
      setText(word, status);
      setText(name, component);
      setAttribute(element, "data-component", component);
      setAttribute(element, "data-status", status);
      showCells(cells, cellsOf({ status, sinceMs: Date.parse(since), transitions, completeSinceMs }, nowMs));
      const bounds = { unit, ...(isShare(measure) ? { max: 1 } : {}) };
      setText(now, formatValue(value, bounds));
      setAttribute(now, "title", reason);
      setText(p95, formatValue(report.p95, bounds));
      setText(trend, trendText(report));
      setAttribute(name, "title", reason);
    },
  };
}

/** Measures of the built-in rules that are shares. */
const isShare = (measure: string | undefined): boolean =>
  measure !== undefined && ["successRate", "heapUsed", "missedTicks"].includes(measure);

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

import { CELLS, cellsOf, cellWords, type Cell } from "../cells.ts";
import { byId, h, KeyedList, say, set, svg, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import { formatValue, NONE, wordsOf } from "../format.ts";
import type { KnownTransition } from "../model.ts";
import type { ComponentReport, Status } from "../api.ts";

/** The higher the worse, so that a cell tells its status without its colour. */
const HEIGHTS: Readonly<Record<Status, number>> = { healthy: 5, unknown: 3, degraded: 9, unhealthy: 13, critical: 18 };
const WIDTH = 3;
const HEIGHT = 18;

export interface ComponentView {
  readonly report: ComponentReport;
  readonly transitions: readonly KnownTransition[];
  readonly completeSinceMs: number;
  readonly nowMs: number;
}

/** Every component: status, last hour, number, p95, trend, reason. */
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
      say(word, status);
      say(name, component);
      set(element, "data-component", component);
      set(element, "data-status", status);
      showCells(cells, cellsOf({ status, sinceMs: Date.parse(since), transitions, completeSinceMs }, nowMs));
      const told = { unit, ...(isShare(measure) ? { max: 1 } : {}) };
      say(now, formatValue(value, told));
      set(now, "title", measure === undefined ? undefined : wordsOf(measure));
      say(p95, formatValue(report.p95, told));
      say(trend, trendWords(report));
      set(name, "title", reason);
    },
  };
}

/** Measures of the built-in rules that are shares. */
const isShare = (measure: string | undefined): boolean =>
  measure !== undefined && ["successRate", "coverage", "heapUsed", "missedTicks"].includes(measure);

const ARROWS = { improving: "↗", degrading: "↘", stable: "→", unknown: "" } as const;

function trendWords({ trend: { direction, reachedInSeconds } }: ComponentReport): string {
  const ahead = reachedInSeconds === undefined ? "" : `, threshold in ${duration(reachedInSeconds * 1_000)}`;
  return direction === "unknown" ? NONE : `${ARROWS[direction]} ${direction}${ahead}`;
}

function showCells(cells: SVGElement, statuses: readonly Cell[]): void {
  const words = `Last hour: ${cellWords(statuses)}`;
  const drawn = statuses.join("");
  if (cells.dataset["drawn"] === drawn) return;
  cells.dataset["drawn"] = drawn;
  set(cells, "aria-label", words);
  const kinds = [...new Set(statuses)];
  cells.replaceChildren(
    svg("title", {}, document.createTextNode(words)),
    ...kinds.map((kind) => svg("path", { class: `cell ${kind}`, d: pathOf(statuses, kind) })),
  );
}

function pathOf(statuses: readonly Cell[], kind: Cell): string {
  const height = kind === "none" ? 1 : HEIGHTS[kind];
  return statuses.flatMap((status, n) => (status === kind ? [`M${n * WIDTH} ${HEIGHT}v-${height}h${WIDTH - 1}v${height}z`] : [])).join("");
}

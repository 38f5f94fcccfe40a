import { h, KeyedList, setText } from "../dom.ts";
import { keyOf } from "../../client/series.ts";
import { clockTime } from "../../client/times.ts";
import { counted } from "../../base/quantity.ts";
import { formatValue } from "../format.ts";
import type { Aggregate, CollectionReport, FieldReport, Statistics } from "../../client/api.ts";

const WINDOW_COLUMNS = ["Window", "Coverage", "Success rate", "Reading time, mean", "min", "max", "p95", "As of"];
const SHARE = { unit: "1", max: 1 };

const FIELD_COLUMNS = ["Field", "mean", "min", "max", "p50", "p95", "p99", "Rate"];

interface FieldRow {
  readonly key: string;
  readonly name: string;
  readonly field: FieldReport;
  readonly statistics: Statistics;
}

/** The windows of a collection, and the statistics of every field over the selected one. */
export class WindowTables {
  readonly element: HTMLElement;
  readonly #details: HTMLDetailsElement;
  readonly #windows: KeyedList<Aggregate>;
  readonly #fields: KeyedList<FieldRow>;
  readonly #caption = h("caption", {});
  #drawFields = (): void => {};

  constructor(name: string) {
    const windows = h("tbody", { role: "rowgroup" });
    const fields = h("tbody", { role: "rowgroup" });
    this.#windows = new KeyedList(windows, ({ window }) => row(window, WINDOW_COLUMNS, windowCells));
    this.#fields = new KeyedList(fields, ({ name: first }) => row(first, FIELD_COLUMNS, fieldCells));
    const table = (columns: readonly string[], body: HTMLElement, caption: HTMLElement): HTMLElement =>
      h(
        "table",
        { class: "numbers rows", role: "table" },
        caption,
        h(
          "thead",
          { role: "rowgroup" },
          h("tr", { role: "row" }, ...columns.map((column) => h("th", { scope: "col", role: "columnheader" }, column))),
        ),
        body,
      );
    const scroll = (about: string, content: HTMLElement): HTMLElement =>
      h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": about }, content);
    this.#details = h(
      "details",
      {},
      h("summary", {}, `All fields of ${name}`),
      scroll(`Fields of ${name}`, table(FIELD_COLUMNS, fields, this.#caption)),
    );
    const about = `Windows of ${name}`;
    const caption = h("caption", { class: "unseen" }, about);
    this.element = h("div", { class: "tables" }, scroll(about, table(WINDOW_COLUMNS, windows, caption)), this.#details);
    this.#details.addEventListener("toggle", () => this.#drawFields());
  }

  update(report: CollectionReport, aggregates: ReadonlyMap<string, Aggregate>, window: string): void {
    const ordered = [...aggregates.values()].sort((a, b) => lengthOf(a) - lengthOf(b));
    this.#windows.show(ordered, (each) => each.window);
    const selected = aggregates.get(window);
    this.#drawFields = () => {
      if (!this.#details.open) return;
      const end = selected && Date.parse(selected.to);
      setText(
        this.#caption,
        end === undefined ? `No statistics over ${window} yet` : `Statistics over ${window}, as of ${clockTime(end, end)}`,
      );
      this.#fields.show(selected ? [...fieldRows(report, selected)] : [], ({ key }) => key);
    };
    this.#drawFields();
  }
}

const lengthOf = ({ from, to }: Aggregate): number => Date.parse(to) - Date.parse(from);

function* fieldRows({ fields }: CollectionReport, aggregate: Aggregate): Generator<FieldRow> {
  for (const [key, field] of Object.entries(fields)) {
    if (field.unit === "{flag}") continue;
    for (const [path, statistics] of leaves(aggregate.fields[key], field.by.length)) {
      yield { key: keyOf({ field: key, path }), name: [field.title, ...path].join(" "), field, statistics };
    }
  }
}

function* leaves(value: unknown, depth: number, path: readonly string[] = []): Generator<readonly [readonly string[], Statistics]> {
  if (typeof value !== "object" || value === null) return;
  if (depth === 0) yield [path, value as Statistics];
  else for (const [key, inner] of Object.entries(value)) yield* leaves(inner, depth - 1, [...path, key]);
}

function windowCells({ coverage, due, durationMs, successRate, to }: Aggregate): readonly string[] {
  const reading = (ms: number | undefined): string => formatValue(ms, { unit: "ms" });
  const { mean, min, max, p95 } = durationMs ?? {};
  return [
    // Soon after the start it is that of an hour which has hardly begun, as the number of its ticks shows.
    coverage === null ? formatValue(coverage, SHARE) : `${formatValue(coverage, SHARE)} of ${counted(due, "tick")}`,
    formatValue(successRate, SHARE),
    reading(mean),
    reading(min),
    reading(max),
    reading(p95),
    clockTime(Date.parse(to), Date.parse(to)),
  ];
}

function fieldCells({ field, statistics }: FieldRow): readonly string[] {
  const unit = { unit: field.unit, ...(field.max === undefined ? {} : { max: field.max }) };
  const { mean, min, max, p50, p95, p99, rate } = statistics;
  // A running total says nothing by itself, and neither do its extremes.
  const isCounter = field.kind === "counter";
  const rateText = formatValue(rate, { ...unit, isRate: true });
  return [...[mean, min, max, p50, p95, p99].map((value) => (isCounter ? "" : formatValue(value, unit))), isCounter ? rateText : ""];
}

/** A row that keeps its cells. */
function row<T>(
  head: string,
  columns: readonly string[],
  cellsOf: (item: T) => readonly string[],
): { readonly element: HTMLElement; update(item: T): void } {
  const cells = columns.slice(1).map((column) => h("td", { role: "cell", "data-label": column }));
  const element = h("tr", { role: "row" }, h("th", { scope: "row", role: "rowheader" }, head), ...cells);
  return {
    element,
    update(item) {
      for (const [n, text] of cellsOf(item).entries()) setText(cells[n] as HTMLElement, text);
    },
  };
}

import type { CollectionModel } from "../../client/model.ts";
import type { Range } from "../../client/columns.ts";
import { byId, h, KeyedList, setAttribute, setText, svg } from "../dom.ts";
import { counted, quantity } from "../../base/quantity.ts";
import { clockTime } from "../../client/times.ts";
import { formatValue } from "../format.ts";
import { layoutOf, NARROW, orderOf, type Circle, type Curve } from "../map-layout.ts";
import { absenceOf, hasMap, memoryMap, type MapCount, type MemoryMap } from "../memory-map.ts";

const MAX_TYPES = { wide: 14, narrow: 8 };
const HEIGHT = { wide: 430, narrow: 360 };
/** Lines with a label, of those with the most edges. */
const LABELLED = 6;
const NAME_LENGTH = { wide: 20, narrow: 11 };

export interface MapView {
  readonly collections: readonly CollectionModel[];
  /** The one collection that the page shows, if it does. */
  readonly collection: string | undefined;
  readonly range: Range;
}

interface Line {
  readonly key: string;
  readonly cells: readonly string[];
  readonly change: number;
}

/** What an agent's memory contains: types of entities as circles, relations between them as lines, and both as tables. */
export class MemoryMapSection {
  readonly #section = byId("map");
  readonly #picture = byId("map-picture");
  readonly #choice = byId("map-choice") as HTMLSelectElement;
  readonly #types = new KeyedList<Line>(byId("map-types"), makeLine);
  readonly #relations = new KeyedList<Line>(byId("map-relations"), makeLine);
  #chosen: string | undefined;
  #view: MapView | undefined;
  #order: readonly string[] = [];
  #drawn = "";

  constructor() {
    this.#choice.addEventListener("change", () => {
      this.#chosen = this.#choice.value;
      if (this.#view) this.update(this.#view);
    });
  }

  update(view: MapView): void {
    this.#view = view;
    const graphs = view.collections.filter(
      ({ report }) => hasMap(report) && (view.collection === undefined || report.name === view.collection),
    );
    const [first] = graphs;
    setAttribute(this.#section, "hidden", !first);
    if (!first) return;
    this.#showChoice(graphs.map(({ report }) => report.name));
    const { report, series } = graphs.find((each) => each.report.name === this.#choice.value) ?? first;
    const width = this.#picture.clientWidth;
    const isNarrow = width < NARROW;
    const map = memoryMap(series.points, series.rows, view.range, isNarrow ? MAX_TYPES.narrow : MAX_TYPES.wide);
    setText(byId("map-none"), map ? "" : absenceOf(report, series.rows.length > 0));
    setAttribute(byId("map-body"), "hidden", !map);
    if (!map) return;
    setText(byId("map-facts"), factsOf(map));
    this.#types.show(
      map.types.map((type) => lineOf([type.name], type)),
      ({ key }) => key,
    );
    this.#relations.show(
      map.relations.map((relation) => lineOf([relation.from, relation.type, relation.to], relation)),
      ({ key }) => key,
    );
    setText(byId("map-types-count"), map.countsEntities ? "Entities" : "Edges");
    this.#draw(map, width, isNarrow);
  }

  #showChoice(names: readonly string[]): void {
    setAttribute(this.#choice, "hidden", names.length < 2);
    if (this.#choice.length !== names.length || [...this.#choice.options].some(({ value }, n) => value !== names[n]))
      this.#choice.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
    this.#choice.value = this.#chosen !== undefined && names.includes(this.#chosen) ? this.#chosen : (names[0] ?? "");
  }

  /** Draws only what changed. Types keep their places while the same ones are drawn. */
  #draw(map: MemoryMap, width: number, isNarrow: boolean): void {
    if (width === 0) return;
    const state = JSON.stringify([width, map.types, map.links]);
    if (state === this.#drawn) return;
    this.#drawn = state;
    const names = new Set(map.types.map(({ name }) => name));
    if (this.#order.length !== names.size || this.#order.some((name) => !names.has(name))) this.#order = orderOf(map);
    const size = { width, height: isNarrow ? HEIGHT.narrow : HEIGHT.wide };
    const { circles, curves } = layoutOf(map, this.#order, size);
    const labelled = isNarrow ? [] : curves.filter(({ link }) => link.count > 0 && link.from !== link.to).slice(0, LABELLED);
    this.#picture.replaceChildren(
      svg(
        "svg",
        {
          viewBox: `0 0 ${size.width} ${size.height}`,
          width: String(size.width),
          height: String(size.height),
          role: "img",
          "aria-label": altText(map),
        },
        ...curves.map(drawCurve),
        ...circles.map((circle) => drawCircle(circle, isNarrow ? NAME_LENGTH.narrow : NAME_LENGTH.wide)),
        ...labelled.map(labelOf),
      ),
    );
  }
}

/** `+3`, `−5`; empty without a change. */
const changeText = (change: number): string => (change === 0 ? "" : `${change > 0 ? "+" : "−"}${quantity(Math.abs(change), "")}`);

const kindOf = ({ count, change }: MapCount): string => (change === 0 ? "" : count === 0 ? " gone" : change > 0 ? " grew" : " shrank");

function factsOf({ nodes, edges, orphans, unreferenced, atMs, sinceMs }: MemoryMap): string {
  const fact = (about: MapCount | undefined, text: (count: number) => string, of?: MapCount): readonly string[] => {
    if (!about) return [];
    const share = of && of.count > 0 ? formatValue(about.count / of.count, { unit: "1", max: 1 }) : "";
    const notes = [share, changeText(about.change)].filter((text) => text !== "").join(", ");
    return [`${text(about.count)}${notes === "" ? "" : ` (${notes})`}`];
  };
  const facts = [
    ...fact(nodes, (count) => counted(count, "node")),
    ...fact(edges, (count) => counted(count, "edge")),
    ...fact(orphans, (count) => `${quantity(count, "")} without an edge`, nodes),
    ...fact(unreferenced, (count) => `${quantity(count, "")} unreferenced`, nodes),
  ];
  return `${facts.join(" · ")}. Changes since ${clockTime(sinceMs, atMs)}.`;
}

function altText({ types, links }: MemoryMap): string {
  const [largest, most] = [types[0], links.toSorted((a, b) => b.count - a.count)[0]];
  const parts = [
    `Map of ${counted(types.length, "type")} and ${counted(links.length, "connection")} between them`,
    ...(largest ? [`largest type ${largest.name} with ${quantity(largest.count, "")}`] : []),
    ...(most ? [`most edges from ${most.from} to ${most.to}: ${quantity(most.count, "")}`] : []),
  ];
  return `${parts.join("; ")}. The tables list all of it.`;
}

function drawCurve({ link, path, head, width }: Curve): SVGElement {
  const title = link.relations.map(({ type, count, change }) => `${type}: ${quantity(count, "")} ${changeText(change)}`.trim()).join("\n");
  const group = svg(
    "g",
    { class: `link${kindOf(link)}`, "data-link": `${link.from} ${link.to}` },
    svg("title", {}, document.createTextNode(`${link.from} → ${link.to}\n${title}`)),
    svg("path", { class: "line", d: path, "stroke-width": width.toFixed(1) }),
    svg("path", { class: "head", d: head }),
  );
  return group;
}

function drawCircle({ type, x, y, radius, label }: Circle, length: number): SVGElement {
  const { name, count, change } = type;
  const line = (content: string, kind: string, dy: number): SVGElement =>
    svg(
      "text",
      { class: kind, x: String(label.x), y: String(label.y + dy), "text-anchor": label.anchor },
      document.createTextNode(content),
    );
  return svg(
    "g",
    { class: `type${kindOf(type)}`, "data-type": name },
    svg("title", {}, document.createTextNode(`${name}: ${quantity(count, "")} ${changeText(change)}`.trim())),
    svg("circle", { cx: String(x), cy: String(y), r: String(radius) }),
    line(name.length > length ? `${name.slice(0, length - 1)}…` : name, "name", 0),
    line(`${quantity(count, "")} ${changeText(change)}`.trim(), "count", 14),
  );
}

function labelOf({ link, middle }: Curve): SVGElement {
  const [first] = link.relations;
  const more = link.relations.length > 1 ? ` and ${link.relations.length - 1} more` : "";
  const text = `${first?.type ?? ""}${more}: ${quantity(link.count, "")}`;
  return svg(
    "text",
    { class: "relation", x: String(middle.x), y: String(middle.y), "text-anchor": "middle" },
    document.createTextNode(text),
  );
}

const lineOf = (cells: readonly string[], about: MapCount): Line => ({
  key: JSON.stringify(cells),
  cells: [...cells, quantity(about.count, ""), changeText(about.change)],
  change: about.change,
});

/** A row of a table: names, and the count and its change at the end. */
function makeLine({ cells }: Line): { readonly element: HTMLElement; update(line: Line): void } {
  const made = cells.map((_, n) => (n === 0 ? h("th", { scope: "row" }) : h("td", { class: n < cells.length - 2 ? "" : "number" })));
  const element = h("tr", {}, ...made);
  return {
    element,
    update(line) {
      for (const [n, text] of line.cells.entries()) setText(made[n] as HTMLElement, text);
      setAttribute(element, "class", line.change === 0 ? undefined : line.change > 0 ? "grew" : "shrank");
    },
  };
}

import { linkTo, type Address } from "../address.ts";
import { byId, h, KeyedList, setAttribute, setText, showMark } from "../dom.ts";
import { countsText } from "../overview.ts";
import { isExpandedAtFirst, selectionOf, type Selected } from "../selection.ts";
import type { Theme } from "../theme.ts";
import type { Status } from "../../client/api.ts";
import { CollectionSection, type CollectionView, type Control } from "./collection.ts";

/** What the part below the events shows. */
export interface CollectionsView {
  /** One for each collection, in the order of the collector. */
  readonly all: readonly (Pick<CollectionView, "model" | "health" | "transitions"> & { readonly status: Status })[];
  readonly address: Address;
  readonly shared: Omit<CollectionView, "model" | "health" | "transitions" | "fields" | "isExpanded">;
  readonly canControl: boolean;
}

/** Fewer collections need no index. */
const INDEX_MIN = 6;

interface IndexEntry {
  readonly name: string;
  readonly status: Status;
  readonly address: Address;
}

/** The index of the collections, with search and filter, and a section for each that the address selects. */
export class Collections {
  readonly #sections = new Map<string, CollectionSection>();
  readonly #theme: Theme;
  readonly #control: Control;
  readonly #navigate: (address: Address, isNew: boolean) => void;
  readonly #index = byId("index");
  readonly #find = byId("find") as HTMLInputElement;
  readonly #problems = byId("problems") as HTMLInputElement;
  readonly #foldAll = byId("fold-all");
  readonly #list = new KeyedList<IndexEntry>(byId("index-list"), makeEntry);
  /** Whether the user has expanded or collapsed a section. */
  readonly #chosen = new Map<string, boolean>();
  #view: CollectionsView | undefined;
  #scrolledTo = "";

  /** @param navigate opens an address; `isNew` for one that the browser's back button leaves */
  constructor(theme: Theme, control: Control, navigate: (address: Address, isNew: boolean) => void) {
    this.#theme = theme;
    this.#control = control;
    this.#navigate = navigate;
    this.#find.addEventListener("input", () => this.#filter({ find: this.#find.value }));
    this.#problems.addEventListener("change", () => this.#filter({ onlyProblems: this.#problems.checked }));
    this.#foldAll.addEventListener("click", () => this.#toggleAll());
  }

  update(view: CollectionsView): void {
    this.#view = view;
    const { all, address } = view;
    const selected = new Map(
      selectionOf(
        all.map(({ model: { report }, status }) => ({ report, status })),
        address,
      ).map((each) => [each.name, each]),
    );
    const isPage = selected.size === 1 && selected.has(address.collection ?? "");
    document.body.classList.toggle("one-collection", isPage);
    this.#showIndex(view, selected, isPage);
    for (const [name, section] of this.#sections) {
      if (selected.has(name)) continue;
      section.remove();
      this.#sections.delete(name);
    }
    for (const [n, each] of all.filter(({ model }) => selected.has(model.report.name)).entries()) {
      const { name } = each.model.report;
      const fields = selected.get(name)?.fields;
      const section = this.#section(name, n);
      const isExpanded = isPage || (this.#chosen.get(name) ?? isExpandedAtFirst(all.length, each.status, fields !== undefined));
      section.update({ ...each, ...view.shared, fields, isExpanded }, view.canControl);
    }
    this.#scroll(address);
  }

  draw(): void {
    for (const section of this.#sections.values()) section.draw();
  }

  /** Draws every chart, also those that are not visible, as for printing. */
  drawAll(): void {
    for (const section of this.#sections.values()) section.drawAll();
  }

  recolor(): void {
    for (const section of this.#sections.values()) section.recolor();
  }

  #section(name: string, n: number): CollectionSection {
    let section = this.#sections.get(name);
    if (!section) {
      section = new CollectionSection(name, this.#theme, {
        control: this.#control,
        zoom: (range) => this.#view && this.#navigate({ ...this.#view.address, linked: undefined, range }, true),
        toggled: (isExpanded) => {
          this.#chosen.set(name, isExpanded);
          if (this.#view) this.update(this.#view);
          this.draw();
        },
      });
      this.#sections.set(name, section);
      const parent = byId("collections");
      parent.insertBefore(section.element, parent.children[n] ?? null);
    }
    return section;
  }

  #showIndex({ all, address }: CollectionsView, selected: ReadonlyMap<string, Selected>, isPage: boolean): void {
    setAttribute(this.#index, "hidden", isPage || (all.length < INDEX_MIN && address.find === undefined && !address.onlyProblems));
    setAttribute(byId("all-collections"), "hidden", !isPage);
    if (document.activeElement !== this.#find) this.#find.value = address.find ?? "";
    this.#problems.checked = address.onlyProblems ?? false;
    const shown = selected.size === all.length ? `${all.length}` : `${selected.size} of ${all.length}`;
    setText(byId("index-counts"), `${shown}: ${countsText(all.filter(({ model }) => selected.has(model.report.name)))}`);
    setAttribute(byId("index-none"), "hidden", selected.size > 0 || all.length === 0);
    const isAnyOpen = [...selected.keys()].some((name) => this.#sections.get(name)?.isExpanded);
    setText(this.#foldAll, isAnyOpen ? "Collapse all" : "Expand all");
    this.#list.show(
      all.filter(({ model }) => selected.has(model.report.name)).map(({ model, status }) => ({ name: model.report.name, status, address })),
      ({ name }) => name,
    );
  }

  #toggleAll(): void {
    const isAnyOpen = [...this.#sections.values()].some(({ isExpanded }) => isExpanded);
    for (const name of this.#sections.keys()) this.#chosen.set(name, !isAnyOpen);
    if (this.#view) this.update(this.#view);
    this.draw();
  }

  #filter(change: Partial<Address>): void {
    if (this.#view) this.#navigate({ ...this.#view.address, ...change }, false);
  }

  /** Scrolls to what the address names, once it exists, and not again. */
  #scroll({ collection, chart }: Address): void {
    const place = `${collection ?? ""} ${chart ?? ""}`;
    if (place === this.#scrolledTo) return;
    const section = this.#sections.get(collection ?? "");
    if (collection !== undefined && !section?.reveal(chart)) return;
    this.#scrolledTo = place;
  }
}

function makeEntry({ name }: IndexEntry): { readonly element: HTMLElement; update(entry: IndexEntry): void } {
  const holder = h("span", {});
  const link = h("a", { href: linkTo({ collection: name }) }, name);
  const word = h("span", { class: "unseen" });
  return {
    element: h("li", {}, holder, link, word),
    update({ status, address: { linked, range } }) {
      showMark(holder, status);
      setText(word, ` ${status}`);
      setAttribute(link, "href", linkTo({ collection: name, linked, range }));
    },
  };
}

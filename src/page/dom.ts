import { SHAPE } from "../health/status.ts";
import type { Status } from "../client/api.ts";

type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Creates an element. Attributes as in HTML; `true` sets one without a value, `undefined` and `false` omit it. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
}

/** Sets an attribute if it differs; `undefined` and `false` remove it. */
export function setAttribute(element: Element, name: string, value: string | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else {
    const text = value === true ? "" : value;
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Sets the text if it differs, so that an unchanged element needs no new layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The element with this id. @throws Error if the page has none */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** A list that keeps the element of an item as long as the item's key is in it. */
export class KeyedList<T, E extends Element = HTMLElement> {
  readonly #parent: Element;
  readonly #make: (item: T) => { readonly element: E; update(item: T): void };
  readonly #made = new Map<string, { readonly element: E; update(item: T): void }>();

  constructor(parent: Element, make: (item: T) => { readonly element: E; update(item: T): void }) {
    this.#parent = parent;
    this.#make = make;
  }

  /** Shows these, in this order. */
  show(items: readonly T[], keyOf: (item: T) => string): void {
    const keys = new Set(items.map(keyOf));
    for (const [key, { element }] of this.#made) {
      if (keys.has(key)) continue;
      element.remove();
      this.#made.delete(key);
    }
    let next = this.#parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let made = this.#made.get(key);
      if (!made) this.#made.set(key, (made = this.#make(item)));
      made.update(item);
      if (made.element === next) next = next.nextElementSibling;
      else this.#parent.insertBefore(made.element, next);
    }
  }
}

/** Calls `act` once in the next animation frame, however often it is requested. A hidden page has no frames. */
export function inNextFrame(act: () => void): () => void {
  let isRequested = false;
  return () => {
    if (isRequested) return;
    isRequested = true;
    requestAnimationFrame(() => {
      isRequested = false;
      act();
    });
  };
}

/** The shape of a status. Hidden from screen readers, because the status is always written beside it. */
export function mark(status: Status): SVGElement {
  return svg("svg", { class: `mark ${status}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: SHAPE[status] }));
}

/** Shows the shape of a status in an element that contains nothing else. */
export function showMark(holder: Element, status: Status): void {
  if (holder.firstElementChild?.classList.contains(status)) return;
  holder.replaceChildren(mark(status));
}

import { SHAPE } from "./status.ts";
import type { Status } from "./api.ts";

type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Makes an element. Attributes as in HTML; `true` sets one without a value, `undefined` and `false` leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAll(element, attributes);
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
  setAll(element, attributes);
  element.append(...children);
  return element;
}

function setAll(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
}

/** Sets an attribute where it is another. */
export function set(element: Element, name: string, value: string | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else {
    const text = value === true ? "" : value;
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Sets the text where it is another: what does not change is not laid out again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** A list whose elements stay the same as long as their keys do. */
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
    let place = this.#parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let made = this.#made.get(key);
      if (!made) this.#made.set(key, (made = this.#make(item)));
      made.update(item);
      if (made.element === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(made.element, place);
    }
  }
}

/** Calls `act` in the next animation frame, once, however often it is asked for. A hidden page has no frames. */
export function inNextFrame(act: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      act();
    });
  };
}

/** A status as a shape. Its word always stands beside it, so it is hidden from screen readers. */
export function mark(status: Status): SVGElement {
  return svg("svg", { class: `mark ${status}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: SHAPE[status] }));
}

/** Shows a status in an element that holds nothing else. */
export function showMark(holder: Element, status: Status): void {
  if (holder.firstElementChild?.classList.contains(status)) return;
  holder.replaceChildren(mark(status));
}

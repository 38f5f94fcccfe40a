import { svg } from "../dom.ts";
import { SHAPE } from "../status.ts";
import type { Status } from "../wire.ts";

/** A status as a shape. Its word always stands beside it, so it is hidden from screen readers. */
export function mark(status: Status): SVGElement {
  return svg("svg", { class: `mark ${status}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: SHAPE[status] }));
}

/** Shows a status in an element that holds nothing else. */
export function showMark(holder: Element, status: Status): void {
  if (holder.firstElementChild?.classList.contains(status)) return;
  holder.replaceChildren(mark(status));
}

import { ApiError } from "../../client/api.ts";
import { byId, setAttribute, setText } from "../dom.ts";
import { exportAround, save } from "../download.ts";
import { clockTime } from "../../client/times.ts";
import type { Model } from "../../client/model.ts";
import { shownRange, type ViewRange } from "../view-range.ts";
import { duration } from "../../base/quantity.ts";
import type { Range } from "../../client/columns.ts";

/** Shown while the page shows the past: which time, why, and the way back to the present. */
export class RangeBar {
  readonly #model: Model;
  readonly #open = byId("range-open");
  readonly #from = byId("range-from") as HTMLInputElement;
  readonly #to = byId("range-to") as HTMLInputElement;
  #view: ViewRange = { window: "" };
  #shown: Range = { fromMs: 0, toMs: 0 };

  /** @param choose called with the range that the user has entered */
  constructor(model: Model, choose: (range: Range) => void) {
    this.#model = model;
    this.#open.addEventListener("click", () => this.#toggle());
    byId("range-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const range = { fromMs: Date.parse(this.#from.value), toMs: Date.parse(this.#to.value) };
      const isValid = range.fromMs < range.toMs;
      setText(byId("range-error"), isValid ? "" : "The range has to start before it ends");
      if (isValid) choose(range);
    });
    byId("linked-time-download").addEventListener("click", () => void this.#download());
  }

  /** @param backLink the same address without the time */
  update(view: ViewRange, nowMs: number, backLink: string): void {
    this.#view = view;
    this.#shown = shownRange(view, nowMs);
    const retained = Math.max(0, ...[...this.#model.collections.values()].map(({ report }) => report.retain * report.intervalMs));
    setText(byId("range-kept"), `The collector keeps ${duration(retained)}.`);
    const { linked, range } = view;
    setAttribute(byId("linked-time"), "hidden", !linked && !range);
    setAttribute(byId("linked-time-download"), "hidden", !linked);
    setAttribute(byId("linked-time-leave"), "href", backLink);
    if (range) setText(byId("linked-time-text"), `From ${clockTime(range.fromMs, nowMs)} to ${clockTime(range.toMs, nowMs)}`);
    else if (linked) setText(byId("linked-time-text"), `One minute before and after ${clockTime(linked.atMs, nowMs)}${this.#change()}`);
  }

  /** Opens the form with the range that is shown, or closes it. */
  #toggle(): void {
    const isOpen = byId("range").hidden !== false;
    setAttribute(byId("range"), "hidden", !isOpen);
    setAttribute(this.#open, "aria-expanded", String(isOpen));
    this.#from.value = localText(this.#shown.fromMs);
    this.#to.value = localText(this.#shown.toMs);
  }

  #change(): string {
    const transition = this.#model.transitions.find(({ id }) => id === this.#view.linked?.event);
    return transition ? `: ${transition.component} changed to ${transition.to}. ${transition.reason}` : "";
  }

  async #download(): Promise<void> {
    const { linked } = this.#view;
    if (!linked) return;
    const name = `otel-vitals-${new Date(linked.atMs).toISOString().replaceAll(":", "-")}.json`;
    const failure = byId("linked-time-error");
    setText(failure, "");
    try {
      save(name, await exportAround(this.#model, linked));
    } catch (error) {
      setText(failure, error instanceof ApiError ? error.message : "The collector is unreachable");
    }
  }
}

/** A time as the browser's inputs write it: on the user's clock, in whole seconds. */
function localText(ms: number): string {
  const offsetMs = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offsetMs).toISOString().slice(0, 19);
}

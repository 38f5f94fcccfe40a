import { ApiError } from "../../client/api.ts";
import { byId, setAttribute, setText } from "../dom.ts";
import { exportAround, save } from "../download.ts";
import { clockTime } from "../../client/times.ts";
import type { Model } from "../../client/model.ts";
import type { ViewRange } from "../view-range.ts";

/** Shown while the page shows the past: which time, why, and the way back to the present. */
export class RangeBar {
  readonly #model: Model;
  #view: ViewRange = { window: "" };

  constructor(model: Model) {
    this.#model = model;
    byId("linked-time-download").addEventListener("click", () => void this.#download());
  }

  /** @param backLink the same address without the time */
  update(view: ViewRange, nowMs: number, backLink: string): void {
    this.#view = view;
    const { linked, range } = view;
    setAttribute(byId("linked-time"), "hidden", !linked && !range);
    setAttribute(byId("linked-time-download"), "hidden", !linked);
    setAttribute(byId("linked-time-leave"), "href", backLink);
    if (range) setText(byId("linked-time-text"), `From ${clockTime(range.fromMs, nowMs)} to ${clockTime(range.toMs, nowMs)}`);
    else if (linked) setText(byId("linked-time-text"), `One minute before and after ${clockTime(linked.atMs, nowMs)}${this.#change()}`);
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

import { byId, h, mark } from "../dom.ts";
import { stored } from "../theme.ts";
import type { Status } from "../../client/api.ts";

const KEY = "otel-vitals.keys";

const MEANING: Readonly<Record<Status, string>> = {
  healthy: "no threshold is crossed",
  degraded: "works, with reduced quality",
  unhealthy: "does not work as intended",
  critical: "fails mostly or entirely",
  unknown: "no current data",
};

/** The legend, and the switch of the keyboard shortcuts. */
export class Help {
  readonly #dialog = byId("help") as HTMLDialogElement;
  readonly #keys = byId("keys") as HTMLInputElement;

  constructor() {
    const items = Object.entries(MEANING).map(([status, meaning]) =>
      h("li", {}, mark(status as Status), h("span", { class: `word ${status}` }, status), ` ${meaning}`),
    );
    byId("help-marks").replaceChildren(...items);
    byId("help-open").addEventListener("click", () => this.open());
    this.#keys.checked = stored.get(KEY) !== "off";
    this.#keys.addEventListener("change", () => stored.set(KEY, this.#keys.checked ? "on" : "off"));
  }

  get shortcutsEnabled(): boolean {
    return this.#keys.checked && !document.querySelector("dialog[open]");
  }

  open(): void {
    this.#dialog.showModal();
  }
}

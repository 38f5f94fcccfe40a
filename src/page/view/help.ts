import { byId, h, mark } from "../dom.ts";
import { stored } from "../theme.ts";
import type { Status } from "../api.ts";

const KEY = "otel-vitals.keys";

const MEANING: Readonly<Record<Status, string>> = {
  healthy: "as it should be",
  degraded: "works, but past a threshold",
  unhealthy: "does not do what it is for",
  critical: "mostly or wholly failing",
  unknown: "nothing is known, or nothing is asked",
};

/** Explains the marks; also says whether single keys act. */
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

  get keysAct(): boolean {
    return this.#keys.checked && !document.querySelector("dialog[open]");
  }

  open(): void {
    this.#dialog.showModal();
  }
}

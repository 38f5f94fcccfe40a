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

/** What a key does; a digit is passed on. */
export interface Shortcuts {
  readonly p: () => void;
  readonly t: () => void;
  readonly "1-9": (digit: number) => void;
}

/** The legend, and the keyboard shortcuts with their switch. */
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

  /** Listens to the shortcuts from now on, except where the user types text or a dialog is open. */
  listen(shortcuts: Shortcuts): void {
    addEventListener("keydown", (event) => {
      const isText = event.target instanceof HTMLElement && event.target.matches("input:not([type=radio], [type=checkbox])");
      if (isText || !this.#keys.checked || document.querySelector("dialog[open]")) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^[1-9]$/.test(event.key)) shortcuts["1-9"](Number(event.key));
      else if (event.key === "p" || event.key === "t") shortcuts[event.key]();
      else if (event.key === "?") this.open();
      else return;
      event.preventDefault();
    });
  }

  open(): void {
    this.#dialog.showModal();
  }
}

import { byId, h, setText, setAttribute, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import { ageText, clockTime } from "../format.ts";
import { SIGN } from "../../client/sign.ts";
import type { Status } from "../../client/api.ts";

export interface HeaderView {
  readonly service: string;
  readonly status: Status;
  readonly sinceMs: number | undefined;
  readonly nowMs: number;
  readonly lastSampleMs: number | undefined;
  /** Whether the newest sample is overdue. */
  readonly isStale: boolean;
  readonly pausedMs: number | undefined;
  readonly windows: readonly string[];
  readonly window: string;
}

/** Service, status, age of the newest sample, and the choice of a window. */
export class Header {
  readonly #mark = byId("overall-mark");
  readonly #service = byId("service");
  readonly #status = byId("overall-status");
  readonly #since = byId("overall-since");
  readonly #freshness = byId("freshness");
  readonly #pause = byId("pause");
  readonly #windows = byId("windows");
  readonly #icon = byId("icon");
  readonly #announcer = byId("announcer");
  readonly #choose: (window: string) => void;
  #shownWindows = "";
  #announced: Status | undefined;

  constructor(choose: (window: string) => void) {
    this.#choose = choose;
  }

  update(view: HeaderView): void {
    const { service, status, sinceMs, nowMs, pausedMs } = view;
    const shown = view.isStale ? "unknown" : status;
    showMark(this.#mark, shown);
    setAttribute(this.#mark, "class", `overall ${shown}`);
    setText(this.#service, service);
    setText(this.#status, view.isStale ? "no data" : status);
    const since = sinceMs === undefined ? "" : `since ${clockTime(sinceMs, nowMs)} (${ageText(nowMs - sinceMs)})`;
    setText(this.#since, view.isStale ? `was ${status}` : since);
    this.#showFreshness(view);
    setText(this.#pause, pausedMs === undefined ? "Pause" : "Resume");
    setAttribute(this.#pause, "aria-pressed", String(pausedMs !== undefined));
    this.#showWindows(view);
    this.#showTab(view);
  }

  #showFreshness({ lastSampleMs, nowMs, isStale, pausedMs }: HeaderView): void {
    const ageMs = lastSampleMs === undefined ? undefined : Math.max(0, nowMs - lastSampleMs);
    const fresh = ageMs === undefined ? "no sample yet" : isStale ? `no data for ${ageText(ageMs)}` : `last sample ${duration(ageMs)} ago`;
    const text = pausedMs === undefined ? fresh : `paused at ${clockTime(pausedMs, nowMs)} · ${fresh}`;
    setText(this.#freshness, text);
    setAttribute(this.#freshness, "class", `head-fresh${isStale ? " stale" : ""}${pausedMs === undefined ? "" : " paused"}`);
  }

  /** Title and icon of the tab. A screen reader announces each change of the status. */
  #showTab({ service, status, isStale }: HeaderView): void {
    const shown = isStale ? "unknown" : status;
    const title = `${SIGN[shown]} ${isStale ? "no data" : status} · ${service}`;
    if (document.title !== title) document.title = title;
    setAttribute(this.#icon, "href", `page/icon-${shown}.svg`);
    if (this.#announced !== undefined && this.#announced !== status) setText(this.#announcer, `${service} is ${status}`);
    this.#announced = status;
  }

  #showWindows({ windows, window }: HeaderView): void {
    if (this.#shownWindows !== windows.join()) {
      this.#shownWindows = windows.join();
      const legend = this.#windows.querySelector("legend") as HTMLElement;
      const choices = windows.map((each) => {
        const input = h("input", { type: "radio", name: "window", value: each });
        input.addEventListener("change", () => this.#choose(each));
        return h("label", {}, input, h("span", {}, each));
      });
      this.#windows.replaceChildren(legend, ...choices);
    }
    for (const input of this.#windows.querySelectorAll("input")) input.checked = input.value === window;
  }
}

import { byId, h, say, set, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import { clockTime } from "../format.ts";
import { SIGN } from "../status.ts";
import type { Status } from "../api.ts";

export interface HeadView {
  readonly service: string;
  readonly status: Status;
  readonly sinceMs: number | undefined;
  readonly nowMs: number;
  readonly lastSampleMs: number | undefined;
  /** The newest sample is older than it should be. */
  readonly isSilent: boolean;
  readonly pausedMs: number | undefined;
  readonly windows: readonly string[];
  readonly window: string;
}

/** Service, status, freshness, and the choice of a window. */
export class Head {
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
  #offered = "";
  #announced: Status | undefined;

  constructor(choose: (window: string) => void) {
    this.#choose = choose;
  }

  update(view: HeadView): void {
    const { service, status, sinceMs, nowMs, pausedMs } = view;
    const shown = view.isSilent ? "unknown" : status;
    showMark(this.#mark, shown);
    set(this.#mark, "class", `overall ${shown}`);
    say(this.#service, service);
    say(this.#status, view.isSilent ? "no data" : status);
    const since = sinceMs === undefined ? "" : `since ${clockTime(sinceMs, nowMs)} (${duration(nowMs - sinceMs)})`;
    say(this.#since, view.isSilent ? `was ${status}` : since);
    this.#tellFreshness(view);
    say(this.#pause, pausedMs === undefined ? "Pause" : "Go on");
    set(this.#pause, "aria-pressed", String(pausedMs !== undefined));
    this.#offer(view);
    this.#tellTab(view);
  }

  #tellFreshness({ lastSampleMs, nowMs, isSilent, pausedMs }: HeadView): void {
    const ageMs = lastSampleMs === undefined ? undefined : Math.max(0, nowMs - lastSampleMs);
    const fresh =
      ageMs === undefined ? "no sample yet" : isSilent ? `no data for ${duration(ageMs)}` : `last sample ${duration(ageMs)} ago`;
    const words = pausedMs === undefined ? fresh : `paused at ${clockTime(pausedMs, nowMs)} · ${fresh}`;
    say(this.#freshness, words);
    set(this.#freshness, "class", `head-fresh${isSilent ? " stale" : ""}${pausedMs === undefined ? "" : " paused"}`);
  }

  /** What the tab shows, and what is said aloud: only a change. */
  #tellTab({ service, status, isSilent }: HeadView): void {
    const shown = isSilent ? "unknown" : status;
    const title = `${SIGN[shown]} ${isSilent ? "no data" : status} · ${service}`;
    if (document.title !== title) document.title = title;
    set(this.#icon, "href", `page/icon-${shown}.svg`);
    if (this.#announced !== undefined && this.#announced !== status) say(this.#announcer, `${service} is ${status}`);
    this.#announced = status;
  }

  #offer({ windows, window }: HeadView): void {
    if (this.#offered !== windows.join()) {
      this.#offered = windows.join();
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

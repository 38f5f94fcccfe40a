import { byId, h, setText, setAttribute, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import { ageText, clockTime } from "../../client/times.ts";
import type { Overview } from "../overview.ts";
import { SIGN } from "../../client/sign.ts";
import type { Status } from "../../client/api.ts";

export interface HeaderView {
  readonly service: string;
  /** What the page says about health now. */
  readonly overview: Pick<Overview, "status" | "word" | "isCurrent">;
  /** The last known status. */
  readonly known: Status;
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
  #announced: string | undefined;

  constructor(choose: (window: string) => void) {
    this.#choose = choose;
  }

  update(view: HeaderView): void {
    const { service, overview, known, sinceMs, nowMs, pausedMs } = view;
    showMark(this.#mark, overview.status);
    setAttribute(this.#mark, "class", `overall ${overview.status}`);
    setText(this.#service, service);
    setText(this.#status, overview.word);
    const since = sinceMs === undefined ? "" : `since ${clockTime(sinceMs, nowMs)} (${ageText(nowMs - sinceMs)})`;
    setText(this.#since, overview.isCurrent || sinceMs === undefined ? since : `was ${known}`);
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
    setAttribute(this.#freshness, "class", `header-fresh${isStale ? " stale" : ""}${pausedMs === undefined ? "" : " paused"}`);
  }

  /** Title and icon of the tab. A screen reader announces each change of the status. */
  #showTab({ service, overview: { status, word } }: HeaderView): void {
    const title = `${SIGN[status]} ${word} · ${service}`;
    if (document.title !== title) document.title = title;
    setAttribute(this.#icon, "href", `page/icon-${status}.svg`);
    if (this.#announced !== undefined && this.#announced !== word)
      setText(this.#announcer, status === "unknown" ? `${service}: ${word}` : `${service} is ${word}`);
    this.#announced = word;
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

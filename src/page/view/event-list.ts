import { byId, h, KeyedList, say, set, showMark } from "../dom.ts";
import { clockTime } from "../format.ts";
import { momentLink } from "../view-range.ts";
import type { Happening } from "../happenings.ts";

const MOST_SHOWN = 100;

/** What happened, newest first, each with a link to its moment. */
export class EventList {
  readonly #list: KeyedList<Happening>;
  readonly #none = byId("events-none");
  #nowMs = 0;

  constructor() {
    this.#list = new KeyedList(byId("events"), (happening) => this.#item(happening));
  }

  update(happenings: readonly Happening[], nowMs: number): void {
    this.#nowMs = nowMs;
    set(this.#none, "hidden", happenings.length > 0);
    this.#list.show(
      [...happenings].sort((a, b) => b.timeMs - a.timeMs || b.key.localeCompare(a.key, "en", { numeric: true })).slice(0, MOST_SHOWN),
      ({ key }) => key,
    );
  }

  #item({ timeMs, status, what, reason, event }: Happening): { readonly element: HTMLElement; update(): void } {
    const holder = h("span", {});
    showMark(holder, status);
    const time = h("time", { datetime: new Date(timeMs).toISOString() });
    const link = h("a", { href: momentLink({ atMs: timeMs, ...(event === undefined ? {} : { event }) }) }, time);
    const element = h(
      "li",
      { "data-status": status },
      link,
      holder,
      h("span", { class: "what" }, what),
      h("span", { class: "reason" }, reason),
    );
    return { element, update: () => say(time, clockTime(timeMs, this.#nowMs)) };
  }
}

import { byId, h, KeyedList, setText, setAttribute, showMark } from "../dom.ts";
import { clockTime } from "../../client/times.ts";
import { runbookLinks } from "./runbook-links.ts";
import { linkTo } from "../address.ts";
import type { EventEntry } from "../../client/event-entries.ts";

const MAX_SHOWN = 100;

/** Transitions and alerts, newest first, each with a link to its time. */
export class EventList {
  readonly #list: KeyedList<EventEntry>;
  readonly #none = byId("events-none");
  #nowMs = 0;
  #topologyBefore: (entry: EventEntry) => string = () => "";

  constructor() {
    this.#list = new KeyedList(byId("events"), (entry) => this.#item(entry));
  }

  /** @param topologyBefore how the graphs changed before an entry; empty if they did not */
  update(entries: readonly EventEntry[], nowMs: number, topologyBefore: (entry: EventEntry) => string): void {
    this.#nowMs = nowMs;
    this.#topologyBefore = topologyBefore;
    setAttribute(this.#none, "hidden", entries.length > 0);
    this.#list.show(
      [...entries].sort((a, b) => b.timeMs - a.timeMs || b.key.localeCompare(a.key, "en", { numeric: true })).slice(0, MAX_SHOWN),
      ({ key }) => key,
    );
  }

  #item(entry: EventEntry): { readonly element: HTMLElement; update(): void } {
    const { timeMs, status, what, reason, event, alert } = entry;
    const topology = h("span", { class: "topology" });
    const holder = h("span", {});
    showMark(holder, status);
    const time = h("time", { datetime: new Date(timeMs).toISOString() });
    const link = h("a", { href: linkTo({ linked: { atMs: timeMs, ...(event === undefined ? {} : { event }) } }) }, time);
    const element = h(
      "li",
      { "data-status": status },
      link,
      holder,
      h("span", { class: "what" }, what, ...runbookLinks(alert === undefined ? [] : [alert])),
      h("span", { class: "reason" }, reason),
      topology,
    );
    return {
      element,
      update: () => {
        setText(time, clockTime(timeMs, this.#nowMs));
        setText(topology, this.#topologyBefore(entry));
      },
    };
  }
}

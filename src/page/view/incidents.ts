import { runbookLinks } from "./runbook-links.ts";
import { byId, h, KeyedList, setAttribute, setText, showMark } from "../dom.ts";
import { ageText, clockTime } from "../../client/times.ts";
import type { Overview } from "../overview.ts";
import { summariesOf } from "../summaries.ts";
import type { Alert, ComponentReport } from "../../client/api.ts";

/** What is known of a component besides its report. */
export interface IncidentDetails {
  /** How the graphs changed before it got its status; empty if they did not. */
  readonly topologyBefore: (component: string) => string;
  /** The alerts that fire for it. */
  readonly alertsOf: (component: string) => readonly Alert[];
}

/** The style sheet shows as many until the user asks for all. */
const SHOWN = 6;

/** The components that are not healthy, at the top of the page: since when, and the reason, which also says what clears each. */
export class Incidents {
  readonly #section = byId("incidents");
  readonly #title = byId("incidents-title");
  readonly #list: KeyedList<ComponentReport>;
  readonly #all = byId("incidents-all");
  #isAll = false;
  #nowMs = 0;
  #topologyBefore: (component: string) => string = () => "";
  #alertsOf: IncidentDetails["alertsOf"] = () => [];

  constructor() {
    this.#list = new KeyedList(byId("incidents-list"), () => this.#item());
    this.#all.addEventListener("click", () => {
      this.#isAll = !this.#isAll;
      this.#showAll(byId("incidents-list").childElementCount);
    });
  }

  update({ incidents, isCurrent, status, title }: Overview, nowMs: number, { topologyBefore, alertsOf }: IncidentDetails): void {
    this.#nowMs = nowMs;
    this.#topologyBefore = topologyBefore;
    this.#alertsOf = alertsOf;
    setText(this.#title, title);
    setAttribute(this.#section, "data-status", status);
    this.#section.classList.toggle("outdated", !isCurrent);
    setAttribute(this.#all, "hidden", incidents.length <= SHOWN);
    this.#showAll(incidents.length);
    this.#list.show(incidents, ({ component }) => component);
  }

  #showAll(count: number): void {
    byId("incidents-list").classList.toggle("all", this.#isAll);
    setAttribute(this.#all, "aria-expanded", String(this.#isAll));
    setText(this.#all, this.#isAll ? "Show fewer" : `Show all ${count}`);
  }

  #item(): { readonly element: HTMLElement; update(item: ComponentReport): void } {
    const holder = h("span", {});
    const name = h("strong", {});
    const status = h("span", { class: "word" });
    const since = h("span", { class: "since" });
    const summary = h("p", { class: "summary" });
    const reason = h("p", { class: "reason" });
    const topology = h("p", { class: "topology" });
    const runbooks = h("p", { class: "runbooks" });
    let linked = "";
    const element = h("li", {}, holder, h("div", {}, h("p", {}, name, " is ", status, " ", since), summary, reason, topology, runbooks));
    return {
      element,
      update: (item) => {
        showMark(holder, item.status);
        setAttribute(element, "data-component", item.component);
        setAttribute(element, "data-status", item.status);
        setText(name, item.component);
        setText(status, item.status);
        const sinceMs = Date.parse(item.since);
        const aside = item.affectsOverall ? "" : "; informational, does not affect the overall status";
        setText(since, `since ${clockTime(sinceMs, this.#nowMs)}, for ${ageText(this.#nowMs - sinceMs)}${aside}`);
        setText(reason, item.reason);
        setText(topology, this.#topologyBefore(item.component));
        const alerts = this.#alertsOf(item.component);
        setText(summary, summariesOf(alerts).join(" "));
        const names = alerts.map(({ labels }) => labels.alertname);
        if (names.join() !== linked) runbooks.replaceChildren(...runbookLinks(names));
        linked = names.join();
      },
    };
  }
}

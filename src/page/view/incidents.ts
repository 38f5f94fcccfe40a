import { byId, h, KeyedList, say, set, showMark } from "../dom.ts";
import { duration } from "../../base/quantity.ts";
import { clockTime } from "../format.ts";
import { byBadness } from "../status.ts";
import type { ComponentReport, HealthReport } from "../api.ts";

/** What is not well, first of all: what, since when, why, and what it needs to be well again. */
export class Trouble {
  readonly #section = byId("trouble");
  readonly #title = byId("trouble-title");
  readonly #list: KeyedList<ComponentReport>;
  #nowMs = 0;

  constructor() {
    this.#list = new KeyedList(byId("trouble-list"), () => this.#item());
  }

  update({ components }: HealthReport, nowMs: number): void {
    this.#nowMs = nowMs;
    const counted = components.filter(({ affectsOverall }) => affectsOverall);
    const bad = worstFirst(counted);
    const informing = worstFirst(components.filter(({ affectsOverall }) => !affectsOverall));
    const [are, count] = bad.length === 1 ? ["is", "One"] : ["are", String(bad.length)];
    say(
      this.#title,
      bad.length === 0 ? `All ${counted.length} components are healthy` : `${count} of ${counted.length} components ${are} not well`,
    );
    set(this.#section, "data-status", bad[0]?.status ?? "healthy");
    this.#list.show([...bad, ...informing], ({ component }) => component);
  }

  #item(): { readonly element: HTMLElement; update(item: ComponentReport): void } {
    const holder = h("span", {});
    const name = h("strong", {});
    const status = h("span", { class: "word" });
    const since = h("span", { class: "since" });
    const reason = h("p", { class: "reason" });
    const recovery = h("p", { class: "recovery" });
    const element = h("li", {}, holder, h("div", {}, h("p", {}, name, " is ", status, " ", since), reason, recovery));
    return {
      element,
      update: (item) => {
        showMark(holder, item.status);
        set(element, "data-component", item.component);
        set(element, "data-status", item.status);
        say(name, item.component);
        say(status, item.status);
        const sinceMs = Date.parse(item.since);
        const aside = item.affectsOverall ? "" : "; does not count towards the whole";
        say(since, `since ${clockTime(sinceMs, this.#nowMs)}, for ${duration(this.#nowMs - sinceMs)}${aside}`);
        say(reason, item.reason);
        say(recovery, item.recovery === undefined ? "" : `Recovers when ${item.recovery}.`);
      },
    };
  }
}

const worstFirst = (components: readonly ComponentReport[]): readonly ComponentReport[] =>
  components.filter(({ status }) => status !== "healthy").sort((a, b) => byBadness(a.status, b.status));

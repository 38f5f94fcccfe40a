import { costOf, type Cost } from "../cost.ts";
import { byId, h, KeyedList, say, set } from "../dom.ts";
import type { Stats } from "../api.ts";

/** What the collector itself costs, and how what it sends arrives. */
export class Foot {
  readonly #list: KeyedList<Cost>;

  constructor() {
    const list = h("dl", {});
    byId("foot").replaceChildren(h("h2", {}, "What this costs"), list);
    this.#list = new KeyedList(list, ([name]) => {
      const value = h("dd", {});
      return {
        element: h("div", {}, h("dt", {}, name), value),
        update([, text, detail]) {
          say(value, text);
          set(value, "title", detail);
        },
      };
    });
  }

  update(stats: Stats, before: Stats | undefined): void {
    this.#list.show(costOf(stats, before), ([name]) => name);
  }
}

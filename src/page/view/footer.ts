import { costOf, type Cost } from "../cost.ts";
import { byId, h, KeyedList, setText, setAttribute } from "../dom.ts";
import type { Stats } from "../../client/api.ts";

/** The resource use of the collector, and the state of its exporters and sinks. */
export class Footer {
  readonly #list: KeyedList<Cost>;

  constructor() {
    const list = h("dl", {});
    byId("footer").replaceChildren(h("h2", {}, "Resource use of the collector"), list);
    this.#list = new KeyedList(list, ([name]) => {
      const value = h("dd", {});
      return {
        element: h("div", {}, h("dt", {}, name), value),
        update([, text, detail]) {
          setText(value, text);
          setAttribute(value, "title", detail);
        },
      };
    });
  }

  update(stats: Stats, before: Stats | undefined): void {
    this.#list.show(costOf(stats, before), ([name]) => name);
  }
}

import { costOf, type Cost } from "../cost.ts";
import { byId, h, KeyedList, setText, setAttribute } from "../dom.ts";
import type { Stats } from "../../client/api.ts";

/** What else the collector serves, relative to the page. */
const LINKS = {
  metrics: "Metrics for Prometheus",
  health: "Health as JSON",
  "api/v1/alerts": "Alerts as JSON",
  "api/v1/collections": "Collections as JSON",
  "openapi.json": "API description (OpenAPI)",
};

/** The resource use of the collector, and the state of its exporters and sinks. */
export class Footer {
  readonly #list: KeyedList<Cost>;

  constructor() {
    const list = h("dl", {});
    const links = Object.entries(LINKS).flatMap(([href, text]) => [h("a", { href }, text), " "]);
    byId("footer").replaceChildren(h("h2", {}, "Resource use of the collector"), list, h("p", { class: "links" }, ...links));
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

import { entriesOf } from "../../client/event-entries.ts";
import type { Model } from "../../client/model.ts";
import { componentRow } from "../component-row.ts";
import type { Overview } from "../overview.ts";
import { TopologyBefore } from "../topology-changes.ts";
import { ComponentTable, type ComponentView } from "./component-table.ts";
import { EventList } from "./event-list.ts";
import { Incidents } from "./incidents.ts";

/** What is not healthy, every component, and the events. */
export class HealthPanels {
  readonly #model: Model;
  readonly #topology: TopologyBefore;
  readonly #incidents = new Incidents();
  readonly #components = new ComponentTable();
  readonly #events = new EventList();

  constructor(model: Model) {
    this.#model = model;
    this.#topology = new TopologyBefore(() => model.collections.values());
  }

  update(overview: Overview, nowMs: number): void {
    const { transitions, alerts } = this.#model;
    this.#incidents.update(overview, nowMs, {
      topologyBefore: (component) => this.#topologyBefore(this.#model.transitionsOf([component]).at(-1)),
      alertsOf: (component) => alerts.filter(({ state, labels }) => state === "firing" && labels.component === component),
    });
    const views = (reports: Overview["components"]): readonly ComponentView[] => reports.map((report) => this.#viewOf(report, nowMs));
    this.#components.update(views(overview.components), views(overview.internals));
    const byId = new Map(transitions.map((transition) => [transition.id, transition]));
    this.#events.update(entriesOf(transitions, alerts), nowMs, ({ event = "" }) => this.#topologyBefore(byId.get(event)));
  }

  #topologyBefore(transition: Model["transitions"][number] | undefined): string {
    return transition ? this.#topology.textOf(transition) : "";
  }

  #viewOf(report: Overview["components"][number], nowMs: number): ComponentView {
    return {
      report,
      row: componentRow(
        report,
        [...this.#model.collections.values()].map((each) => each.report),
      ),
      transitions: this.#model.transitionsOf([report.component]),
      completeSinceMs: this.#model.completeSinceMs(report.component),
      nowMs,
    };
  }
}

import type { Clock } from "../base/clock.ts";
import type { AlertStore, RuleOf } from "./alert.ts";
import type { Component } from "./component.ts";
import type { History, HistoryBounds } from "./history.ts";
import { OVERALL, type OverallStatus } from "./overall.ts";
import type { Alert } from "./record.ts";
import type { SavedComponent, SavedGrace, SavedHealth, SavedHistory } from "./saved.ts";
import type { StartupGrace, SentBefore } from "./startup-grace.ts";
import type { Status } from "./status.ts";

/** The parts of health that remember something. */
export interface MemoryParts {
  readonly clock: Clock;
  readonly components: ReadonlyMap<string, Component>;
  readonly alerts: AlertStore;
  readonly history: History;
  readonly overall: OverallStatus;
  readonly grace: () => StartupGrace;
}

const NOTHING_WITHHELD: SavedGrace = { alerts: [], transitions: [] };

const isBad = ({ status }: { readonly status: Status }): boolean => status !== "healthy" && status !== "unknown";

/** What health remembers over a restart: saved as plain data, and restored without judging or recording anything. */
export class HealthMemory {
  readonly #parts: MemoryParts;
  /** When recording began, ISO 8601. */
  #since: string;
  /** What was withheld from sinks before a restart, until the start-up grace knows it. */
  #withheld = NOTHING_WITHHELD;
  /** The monotonic time at which what is restored was saved. */
  #savedMs = Number.NaN;
  /** What was saved of components that do not exist, or not yet. Undefined once those that are not there count as removed. */
  #awaited: Map<string, SavedComponent> | undefined;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.#since = new Date(parts.clock.wallMs()).toISOString();
  }

  get historyBounds(): HistoryBounds {
    return { since: this.#since, forgotten: this.#parts.history.forgotten };
  }

  /** The present: statuses, states of rules, open alerts. Call it between two assessments. */
  save(): SavedHealth {
    const { alerts, clock, components, grace, overall } = this.#parts;
    const nowMs = clock.monotonicMs();
    const present = [...components].map(([name, component]) => [name, component.save(nowMs)] as const);
    return {
      components: Object.fromEntries([...(this.#awaited ?? []), ...present]),
      overall: overall.save(),
      alerts: alerts.save(nowMs),
      grace: this.#withheld === NOTHING_WITHHELD ? grace().save() : this.#withheld,
    };
  }

  /** The past; it changes only with a transition or an alert. */
  saveHistory(): SavedHistory {
    const { alerts, history } = this.#parts;
    return { since: this.#since, ...history.save(), resolved: [...alerts.resolved] };
  }

  /**
   * Continues from what another collector saved. Call it before the start.
   *
   * @param savedMs the monotonic time at which it was saved
   */
  restore(saved: SavedHealth, history: SavedHistory | undefined, savedMs: number): void {
    const { alerts, components, overall } = this.#parts;
    this.#savedMs = savedMs;
    this.#awaited = new Map(Object.entries(saved.components));
    for (const [name, component] of components) this.adopt(name, component);
    overall.restore(saved.overall);
    const ruleOf: RuleOf = (component, alertname) => components.get(component)?.ruleOf(alertname)?.rule;
    alerts.restore(saved.alerts, history?.resolved ?? [], savedMs, ruleOf);
    this.#withheld = saved.grace;
    if (!history) return;
    this.#since = history.since;
    this.#parts.history.restore(history);
    for (const name of components.keys()) this.#parts.history.retain(name);
  }

  /** A component was added: it continues from what was saved of one of its name. */
  adopt(name: string, component: Component): void {
    const saved = this.#awaited?.get(name);
    if (saved) component.restore(saved, this.#savedMs, this.#parts.clock.monotonicMs());
    this.#awaited?.delete(name);
  }

  /** What sinks have received by a restart, for the start-up grace that begins now. */
  handOver(): SentBefore {
    const { alerts, components, overall } = this.#parts;
    const { alerts: withheld, transitions } = this.#withheld;
    this.#withheld = NOTHING_WITHHELD;
    const isWithheld = new Set([...withheld, ...transitions.map(({ component }) => component)]);
    const open = alerts.open().flatMap(({ fingerprint, inhibitedBy }) => (inhibitedBy === undefined ? [fingerprint] : []));
    const bad = [...components.values(), { name: OVERALL, status: overall.status }].filter(isBad);
    return {
      alerts: open.filter((fingerprint) => !isWithheld.has(fingerprint)),
      components: bad.map(({ name }) => name).filter((name) => !isWithheld.has(name)),
      withheld: { alerts: open.filter((fingerprint) => isWithheld.has(fingerprint)), transitions },
    };
  }

  /** Once after a restart, when the start-up grace is over: resolves the alerts whose component or rule does not exist any more. */
  endLost(): readonly Alert[] {
    if (!this.#awaited) return [];
    for (const name of this.#awaited.keys()) this.#parts.history.release(name);
    this.#awaited = undefined;
    return this.endWithoutRule();
  }

  /** Resolves the alerts that no rule raises any more. Those of components that are awaited stay. */
  endWithoutRule(): readonly Alert[] {
    const { alerts, clock, components } = this.#parts;
    const whyEnded = (name: string, alertname: string): string | undefined => {
      const component = components.get(name);
      if (!component && this.#awaited?.has(name)) return undefined;
      if (component?.affectsOverall === false) return "the component is informational now";
      return component?.ruleOf(alertname)?.status === undefined ? "its rule was removed or changed" : undefined;
    };
    return alerts.endWithoutRule(whyEnded, new Date(clock.wallMs()).toISOString(), clock.monotonicMs());
  }
}

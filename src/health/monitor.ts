import type { BatchObservableResult, Counter, Meter } from "@opentelemetry/api";
import type { Clock } from "../clock.ts";
import { VitalsError } from "../errors.ts";
import { AlertBook } from "./alert.ts";
import { BackgroundCheck, userCheckOptions, type UserCheck, type UserCheckConfig } from "./background-check.ts";
import { Component } from "./component.ts";
import { History } from "./history.ts";
import type { Alert, ComponentReport, Finding, HealthReport, Transition } from "./record.ts";
import { compareStatus, STATUSES, worstStatus, type Severity } from "./status.ts";

/** Where the monitor writes what happens. */
export interface HealthLog {
  /** Gives the transition its number. */
  transition(transition: Omit<Transition, "seq">): Transition;
  alert(alert: Alert): void;
}

export interface MonitorSettings {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: HealthLog;
  /** Transitions kept. */
  readonly history: number;
  /** Labels that every alert carries. */
  readonly identity: Readonly<Record<string, string>>;
}

/** Name of the component that stands for all of them. */
export const OVERALL = "overall";

const SEVERITIES: readonly Severity[] = ["info", "warning", "error", "critical"];

/** Keeps every component's status, and tells what changes. Knows nothing of what it judges but what each check finds. */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #log: HealthLog;
  readonly #alerts: AlertBook;
  readonly #history: History;
  readonly #transitions: Counter;
  readonly #components = new Map<string, Component>();
  readonly #background = new Map<string, BackgroundCheck>();
  readonly #overall: Component;
  #running = false;

  constructor({ clock, meter, log, history, identity }: MonitorSettings) {
    this.#clock = clock;
    this.#log = log;
    this.#alerts = new AlertBook(identity);
    this.#history = new History(history);
    this.#overall = new Component(OVERALL, () => this.#overallFinding(), true, clock.wallMs());
    this.#transitions = meter.createCounter("vitals.component.transitions", {
      unit: "{transition}",
      description: "Changes of a component's status.",
    });
    this.#observe(meter);
  }

  /** Adds a component whose check answers at once. @throws VitalsError `config_invalid` when the name is taken */
  add(name: string, check: (nowMs: number) => Finding, options: { readonly counts?: boolean } = {}): void {
    if (this.#components.has(name) || name === OVERALL)
      throw new VitalsError("config_invalid", `a component named "${name}" is there already`);
    this.#components.set(name, new Component(name, check, options.counts ?? true, this.#clock.wallMs()));
  }

  /**
   * Adds a program's own component. Its check runs in the background; asking for health only reads what it said last.
   *
   * @param options `interval` (default 30 s), `timeout` (default 5 s), `counts` towards the overall status (default true)
   * @throws VitalsError `config_invalid` when the name is taken
   */
  register(name: string, check: UserCheck, options: UserCheckConfig = {}): void {
    const parsed = userCheckOptions.parse(options);
    const background = new BackgroundCheck(check, parsed, this.#clock);
    this.add(name, () => background.last, { counts: parsed.counts });
    this.#background.set(name, background);
    if (this.#running) void background.run(() => this.assess([name]));
  }

  /** Begins to run the registered checks. */
  start(): void {
    this.#running = true;
    for (const [name, background] of this.#background) void background.run(() => this.assess([name]));
  }

  /** Nothing changes any more: stopping is no degradation. */
  stop(): void {
    this.#running = false;
    for (const background of this.#background.values()) background.stop();
  }

  /** Looks at these components, or at all, and then at the whole. */
  assess(names: Iterable<string> = this.#components.keys()): void {
    if (!this.#running) return;
    for (const name of names) {
      const component = this.#components.get(name);
      if (component) this.#look(component);
    }
    this.#look(this.#overall);
  }

  report(): HealthReport {
    const { finding, since } = this.#overall;
    const components = [...this.#components.values()].map(reportOf);
    return { time: new Date(this.#clock.wallMs()).toISOString(), status: finding.status, since, reason: finding.reason, components };
  }

  history(filter?: { readonly component?: string; readonly since?: Date }): readonly Transition[] {
    return this.#history.list(filter);
  }

  alerts(state: "firing" | "resolved" | "all" = "firing"): readonly Alert[] {
    return this.#alerts.list(state);
  }

  #look(component: Component): void {
    const from = component.look(this.#clock.monotonicMs(), this.#clock.wallMs());
    if (from === undefined) return;
    const { status, reason, value, unit, expected } = component.finding;
    const measured = { ...(value === undefined ? {} : { value }), ...(unit === undefined ? {} : { unit }) };
    const transition = this.#log.transition({ time: component.since, component: component.name, from, to: status, reason, ...measured });
    this.#history.add(transition);
    this.#transitions.add(1, { "vitals.component.name": component.name, "vitals.component.status": status });
    // The whole only repeats what its parts have said, and what only informs wakes nobody.
    if (component === this.#overall || !component.counts || expected) return;
    for (const alert of this.#alerts.follow(transition)) this.#log.alert(alert);
  }

  #overallFinding(): Finding {
    const counted = [...this.#components.values()].filter(({ counts, finding }) => counts && !finding.expected);
    const status = worstStatus(counted.map(({ finding }) => finding.status));
    const first = counted.find(({ finding }) => finding.status === status);
    if (status === "healthy") return { status, reason: `${counted.length} components are healthy` };
    if (!first) return { status, reason: "there is nothing to judge yet" };
    const more = counted.filter(({ finding }) => compareStatus(finding.status, "healthy") > 0).length - 1;
    return { status, reason: `${first.name}: ${first.finding.reason}${more > 0 ? `; and ${more} more not healthy` : ""}` };
  }

  #observe(meter: Meter): void {
    const status = meter.createObservableGauge("vitals.component.status", {
      unit: "{component}",
      description: "1 for the status a component has, 0 for the others.",
    });
    const active = meter.createObservableGauge("vitals.alert.active", { unit: "{alert}", description: "Alerts that are firing." });
    meter.addBatchObservableCallback(
      (result) => {
        for (const component of [...this.#components.values(), this.#overall]) observeStatus(result, component, status);
        for (const severity of SEVERITIES) result.observe(active, this.#alerts.count(severity), { "vitals.alert.severity": severity });
      },
      [status, active],
    );
  }
}

function observeStatus(result: BatchObservableResult, component: Component, gauge: Parameters<BatchObservableResult["observe"]>[0]): void {
  for (const status of STATUSES) {
    const attributes = { "vitals.component.name": component.name, "vitals.component.status": status };
    result.observe(gauge, component.finding.status === status ? 1 : 0, attributes);
  }
}

function reportOf(component: Component): ComponentReport {
  const { name, finding, since, time, trend, counts } = component;
  const { status, reason, measure, value, unit } = finding;
  return {
    component: name,
    status,
    since,
    time,
    reason,
    ...(measure === undefined ? {} : { measure }),
    ...(value === undefined ? {} : { value }),
    ...(unit === undefined ? {} : { unit }),
    trend,
    counts: counts && !finding.expected,
  };
}

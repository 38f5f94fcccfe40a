import type { BatchObservableResult, Counter, Histogram, Meter } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import { AlertStore } from "./alert.ts";
import { BackgroundCheck, userCheckOptions, type UserCheck, type UserCheckConfig, ruleOfCheck } from "./check.ts";
import { Component, type ComponentSpec } from "./component.ts";
import { History, type HistoryBounds } from "./history.ts";
import type { Alert, ComponentReport, HealthReport, Transition } from "./record.ts";
import type { RuleChange } from "./watched-rule.ts";
import { compareStatus, STATUSES, worstStatus, type Severity, type Status } from "./status.ts";

/** Where the monitor writes what happens. */
export interface HealthLog {
  /** Gives the transition its number. */
  transition(transition: Omit<Transition, "seq">): Transition;
  /** Alerts that changed together. */
  alerts(alerts: readonly Alert[]): void;
}

export interface MonitorSettings {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: HealthLog;
  /** Transitions kept of each component. */
  readonly history: number;
  /** Labels that every alert carries. */
  readonly identity: Readonly<Record<string, string>>;
  /** A rule that fires again within this time of resolving is held for as long. Milliseconds. */
  readonly flapping: number;
  /** Names of components that only inform, whatever they say themselves. Default: none. */
  readonly informational?: readonly string[];
}

/** Name of the component that stands for all of them. */
export const OVERALL = "overall";

/** Seconds; a round of a thousand rules takes some milliseconds. */
const ROUND_BOUNDARIES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

const SEVERITIES: readonly Severity[] = ["info", "warning", "error", "critical"];

/** Keeps every component's status, and tells what changes. Knows nothing of what it judges but what each check finds. */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #log: HealthLog;
  readonly #alerts: AlertStore;
  readonly #history: History;
  readonly #madeAt: string;
  readonly #transitions: Counter;
  readonly #components = new Map<string, Component>();
  readonly #background = new Map<string, BackgroundCheck>();
  readonly #round: Histogram;
  readonly #flappingMs: number;
  readonly #informational: ReadonlySet<string>;
  #overall: { readonly status: Status; readonly reason: string; readonly sinceMs: number };
  #isKnown = false;
  #running = false;

  constructor({ clock, meter, log, history, identity, flapping, informational }: MonitorSettings) {
    this.#clock = clock;
    this.#log = log;
    this.#alerts = new AlertStore(identity);
    this.#history = new History(history);
    this.#madeAt = new Date(clock.wallMs()).toISOString();
    this.#flappingMs = flapping;
    this.#informational = new Set(informational);
    this.#overall = { status: "unknown", reason: "not looked at yet", sinceMs: clock.wallMs() };
    this.#transitions = meter.createCounter("vitals.component.transitions", {
      unit: "{transition}",
      description: "Changes of a component's status.",
    });
    this.#round = meter.createHistogram("vitals.health.round.duration", {
      unit: "s",
      description: "Time that a full assessment of all components takes.",
      advice: { explicitBucketBoundaries: ROUND_BOUNDARIES },
    });
    this.#observe(meter);
  }

  /** Adds a component with the rules that judge it. @throws VitalsError `config_invalid` when the name is taken */
  add(name: string, spec: ComponentSpec): void {
    if (this.#components.has(name) || name === OVERALL)
      throw new VitalsError("config_invalid", `a component named "${name}" is there already`);
    const counts = spec.counts !== false && !this.#informational.has(name);
    this.#components.set(name, new Component(name, { ...spec, counts }, this.#flappingMs, this.#clock.wallMs()));
  }

  /**
   * Adds a program's own component. Its check runs in the background; asking for health only reads what it said last.
   *
   * @param options `interval` (default 30 s), `timeout` (default 5 s), `keepFiringFor` (how long it has to report better before that counts;
   *   default 30 s), `counts` towards the overall status (default true)
   * @throws VitalsError `config_invalid` when the name is taken
   */
  register(name: string, check: UserCheck, options: UserCheckConfig = {}): void {
    const parsed = userCheckOptions.parse(options);
    const background = new BackgroundCheck(check, parsed, this.#clock);
    this.add(name, { rules: [ruleOfCheck(() => background.last, parsed.keepFiringFor)], counts: parsed.counts });
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
  assess(names?: Iterable<string>): void {
    if (!this.#running) return;
    const startMs = this.#clock.monotonicMs();
    for (const name of names ?? this.#components.keys()) {
      const component = this.#components.get(name);
      if (component) this.#look(component);
    }
    this.#tellAlerts(this.#alerts.release(startMs));
    this.#judgeOverall();
    if (!names) this.#round.record((this.#clock.monotonicMs() - startMs) / 1_000);
  }

  report(): HealthReport {
    const { status, reason, sinceMs } = this.#overall;
    const nowMs = this.#clock.monotonicMs();
    const components = [...this.#components.values()].map((component) => reportOf(component, nowMs));
    const time = new Date(this.#clock.wallMs()).toISOString();
    return { time, status, since: new Date(sinceMs).toISOString(), reason, components };
  }

  history(filter?: { readonly component?: string; readonly since?: Date }): readonly Transition[] {
    return this.#history.list(filter);
  }

  get historyBounds(): HistoryBounds {
    return { since: this.#madeAt, forgotten: this.#history.forgotten };
  }

  alerts(state: "firing" | "resolved" | "all" = "firing"): readonly Alert[] {
    return this.#alerts.list(state);
  }

  #look(component: Component): void {
    const { from, rules } = component.look(this.#clock.monotonicMs(), this.#clock.wallMs());
    if (from !== undefined) {
      const { value, unit } = component.measured;
      this.#tell({ time: component.since, component: component.name, from, to: component.status, reason: component.reason }, value, unit);
    }
    // What only informs wakes nobody.
    if (component.counts) this.#alert(component, rules);
  }

  #alert(component: Component, changes: readonly RuleChange[]): void {
    const { name, follows } = component;
    const nowMs = this.#clock.monotonicMs();
    const time = new Date(this.#clock.wallMs()).toISOString();
    this.#tellAlerts(changes.flatMap((change) => this.#alerts.follow({ ...change, component: name, follows, time }, nowMs)));
    for (const { rule, reason, value } of component.holding(nowMs)) this.#alerts.refresh(name, rule.alert, reason, value);
  }

  #tellAlerts(changed: readonly Alert[]): void {
    if (changed.length > 0) this.#log.alerts(changed);
  }

  #tell(change: Omit<Transition, "seq" | "value" | "unit">, value?: number, unit?: string): void {
    const measured = { ...(value === undefined ? {} : { value }), ...(unit === undefined ? {} : { unit }) };
    this.#history.add(this.#log.transition({ ...change, ...measured }));
    this.#transitions.add(1, { "vitals.component.name": change.component, "vitals.component.status": change.to });
  }

  /** The whole is as bad as the worst of what counts. It only repeats what its parts have said, so it alerts nobody. */
  #judgeOverall(): void {
    const { status: from } = this.#overall;
    const { status, reason } = this.#overallFinding();
    const wallMs = this.#clock.wallMs();
    this.#overall = { status, reason, sinceMs: status === from ? this.#overall.sinceMs : wallMs };
    if (status === from || (from === "unknown" && status === "healthy" && !this.#isKnown)) {
      this.#isKnown ||= status !== "unknown";
      return;
    }
    this.#isKnown = true;
    this.#tell({ time: new Date(wallMs).toISOString(), component: OVERALL, from, to: status, reason });
  }

  #overallFinding(): { readonly status: Status; readonly reason: string } {
    const counted = [...this.#components.values()].filter(({ counts, isExpected }) => counts && !isExpected);
    const status = worstStatus(counted.map((component) => component.status));
    const first = counted.find((component) => component.status === status);
    if (status === "healthy") return { status, reason: `${counted.length} components are healthy` };
    if (!first) return { status, reason: "there is nothing to judge yet" };
    const more = counted.filter((component) => compareStatus(component.status, "healthy") > 0).length - 1;
    return { status, reason: `${first.name}: ${first.reason}${more > 0 ? `; and ${more} more not healthy` : ""}` };
  }

  #observe(meter: Meter): void {
    const status = meter.createObservableGauge("vitals.component.status", {
      unit: "{component}",
      description: "1 for the status a component has, 0 for the others.",
    });
    const active = meter.createObservableGauge("vitals.alert.active", { unit: "{alert}", description: "Alerts that are firing." });
    const held = meter.createObservableCounter("vitals.alert.suppressed", {
      unit: "{notification}",
      description: "Fires and resolves that were not told, by why.",
    });
    meter.addBatchObservableCallback(
      (result) => {
        for (const component of this.#components.values()) {
          observeStatus(result, component.name, component.status, status);
          if (component.heldBack > 0)
            result.observe(held, component.heldBack, { "vitals.component.name": component.name, "vitals.suppression.reason": "hold" });
        }
        const { inhibited } = this.#alerts;
        if (inhibited > 0) result.observe(held, inhibited, { "vitals.suppression.reason": "inhibited" });
        observeStatus(result, OVERALL, this.#overall.status, status);
        for (const severity of SEVERITIES) result.observe(active, this.#alerts.count(severity), { "vitals.alert.severity": severity });
      },
      [status, active, held],
    );
  }
}

function observeStatus(
  result: BatchObservableResult,
  name: string,
  now: Status,
  gauge: Parameters<BatchObservableResult["observe"]>[0],
): void {
  for (const status of STATUSES) {
    result.observe(gauge, now === status ? 1 : 0, { "vitals.component.name": name, "vitals.component.status": status });
  }
}

function reportOf(component: Component, nowMs: number): ComponentReport {
  const recovery = component.recovery(nowMs);
  const { status, since, time, reason, measured, p95, trend, counts, isExpected } = component;
  const { measure, value, unit } = measured;
  return {
    component: component.name,
    status,
    since,
    time,
    reason,
    ...(recovery === undefined ? {} : { recovery }),
    ...(measure === undefined ? {} : { measure }),
    ...(value === undefined ? {} : { value }),
    ...(unit === undefined ? {} : { unit }),
    ...(p95 === undefined ? {} : { p95 }),
    trend,
    counts: counts && !isExpected,
  };
}

import type { Clock } from "../base/clock.ts";
import { AlertStore } from "./alert.ts";
import type { UserCheck, UserCheckConfig } from "./check.ts";
import { Checks } from "./checks.ts";
import type { Component, ComponentSpec } from "./component.ts";
import { Components, type ComponentOptions } from "./components.ts";
import { History, type HistoryBounds } from "./history.ts";
import { HealthInstruments } from "./instruments.ts";
import { HealthMemory } from "./memory.ts";
import { OVERALL, OverallStatus } from "./overall.ts";
import type { Alert, HealthEvent, HealthReport, Transition } from "./record.ts";
import type { EvaluationTime, Trigger } from "./rule.ts";
import type { HealthLog, MonitorSettings } from "./settings.ts";
import { StartupGrace } from "./startup-grace.ts";
import type { RuleChange } from "./watched-rule.ts";

/** Evaluates components and records transitions and alerts. What a component is about is known to its rules alone. */
export class HealthMonitor {
  /** What it remembers over a restart. */
  readonly memory: HealthMemory;
  readonly #clock: Clock;
  readonly #log: HealthLog;
  readonly #alerts: AlertStore;
  readonly #history: History;
  readonly #set: Components;
  readonly #components: ReadonlyMap<string, Component>;
  readonly #checks: Checks;
  readonly #instruments: HealthInstruments;
  readonly #startupGraceMs: number;
  #grace: StartupGrace;
  readonly #overall: OverallStatus;
  #isRunning = false;

  constructor(settings: MonitorSettings) {
    const { clock, meter, log, history, identity, startupGrace = 0 } = settings;
    this.#clock = clock;
    this.#set = new Components(clock, settings);
    this.#components = this.#set.byName;
    this.#log = log;
    this.#checks = new Checks(clock, (name) => this.assessChange([name]));
    // What fires during the start-up grace is not sent, so it needs no pace, unless it was sent before a restart.
    this.#alerts = new AlertStore(identity, (isSent) => (isSent || this.#grace.isOver ? this.#set.flappingMs : 0));
    this.#history = new History(history);
    this.#startupGraceMs = startupGrace;
    this.#grace = new StartupGrace(Number.POSITIVE_INFINITY, clock.monotonicMs());
    this.#overall = new OverallStatus(clock.wallMs());
    this.memory = new HealthMemory({
      clock,
      components: this.#components,
      alerts: this.#alerts,
      history: this.#history,
      overall: this.#overall,
      grace: () => this.#grace,
    });
    this.#instruments = new HealthInstruments(meter, {
      components: () => this.#components.values(),
      nowMs: () => this.#clock.monotonicMs(),
      overall: () => ({ name: OVERALL, status: this.#overall.status }),
      alerts: this.#alerts,
      suppressedAtStartup: () => this.suppressedAtStartup,
    });
  }

  /** Adds a component with the rules that judge it. @throws VitalsError `config_invalid` when the name is taken */
  add(name: string, spec: ComponentSpec): void {
    this.memory.adopt(name, this.#set.add(name, spec));
    this.#history.retain(name);
    this.#instruments.componentAdded(name);
  }

  /**
   * Removes a component; one that does not exist is ignored. Its firing alerts are resolved with `reason`, the overall status is updated,
   * and the history keeps its transitions.
   */
  remove(name: string, reason = "the component was removed"): void {
    this.#checks.remove(name);
    if (!this.#set.delete(name)) return;
    this.#history.release(name);
    this.#instruments.componentRemoved(name);
    if (!this.#isRunning) return;
    const nowMs = this.#clock.monotonicMs();
    this.#recordAlerts(this.#alerts.remove(name, reason, new Date(this.#clock.wallMs()).toISOString(), nowMs));
    this.#recordAlerts(this.#alerts.releaseInhibited(nowMs));
    this.#updateOverall();
  }

  has(name: string): boolean {
    return this.#components.has(name);
  }

  /** Continues a component by another specification; `Component.change` explains what stays. Call `configured` afterwards. */
  change(name: string, spec: ComponentSpec, awaitsEvidence = false): void {
    this.#components.get(name)?.change(spec, awaitsEvidence);
  }

  /** Continues with other options: what components remember stays, and alerts of those that are not informational any more fire. */
  configure({ history, ...options }: ComponentOptions & Pick<MonitorSettings, "history">): void {
    this.#history.limit(history);
    for (const component of this.#set.configure(options)) {
      this.#updateAlerts(component, component.present(this.#clock.monotonicMs()), this.#now());
    }
  }

  /** Ends alerts that no rule raises any more, and assesses what changed. */
  configured(): void {
    if (!this.#isRunning) return;
    this.#recordAlerts(this.memory.endWithoutRule());
    this.assessChange([...this.#components.keys()]);
  }

  /**
   * Adds a component of the program's own. Its check runs in the background; reading health only reads its latest finding.
   *
   * @returns removes the component when disposed: its check stops and its firing alerts are resolved
   * @throws VitalsError `config_invalid` when the name is empty or taken, `check` is no function, or an option is invalid
   */
  register(name: string, check: UserCheck, options: UserCheckConfig = {}): Disposable {
    const isCurrent = this.#checks.add(name, check, options, (spec) => this.add(name, spec));
    return {
      [Symbol.dispose]: () => {
        // Another component may have the name by now.
        if (isCurrent()) this.remove(name, "the check was removed");
      },
    };
  }

  /** Starts the registered checks and the start-up grace. */
  start(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#isRunning = true;
    this.#grace = new StartupGrace(nowMs + this.#startupGraceMs, nowMs, this.memory.handOver());
    this.#instruments.observe();
    this.#checks.start();
    if (this.#grace.isOver) this.#log.send(this.#grace.end(this.#alerts.open()));
  }

  /** Stops the checks. From now on nothing changes: stopping is no degradation. */
  stop(): void {
    this.#isRunning = false;
    this.#checks.stop();
  }

  /** Removes the callbacks. */
  close(): void {
    this.#instruments.close();
  }

  /** A full assessment: evaluates all components, and then the overall status. */
  assess(): void {
    const startMs = this.#clock.monotonicMs();
    this.#assess("full");
    if (this.#isRunning) this.#instruments.recordRound(this.#clock.monotonicMs() - startMs);
  }

  /** Evaluates the components that a tick affects, and then the overall status. */
  assessTick(names: readonly string[], time: EvaluationTime): void {
    this.#assess("tick", names, time);
  }

  /** Evaluates components that something else happened to, such as a pause, and then the overall status. */
  assessChange(names: readonly string[]): void {
    this.#assess("change", names);
  }

  /** Fires and resolves within the start-up grace that were never sent; 0 while it lasts. */
  get suppressedAtStartup(): number {
    return this.#grace.suppressed;
  }

  /** When the start-up grace ends, on the monotonic clock; undefined once it is over. An assessment then ends it. */
  get graceEndsMs(): number | undefined {
    return this.#grace.isOver ? undefined : this.#grace.endsMs;
  }

  report(): HealthReport {
    const { status, reason, sinceMs } = this.#overall;
    const components = [...this.#components.values()].map((component) => component.report(this.#clock.monotonicMs()));
    const time = new Date(this.#clock.wallMs()).toISOString();
    return { time, status, since: new Date(sinceMs).toISOString(), reason, components };
  }

  history(filter?: { readonly component?: string; readonly since?: Date }): readonly Transition[] {
    return this.#history.list(filter);
  }

  get historyBounds(): HistoryBounds {
    return this.memory.historyBounds;
  }

  alerts(state: "firing" | "resolved" | "all" = "firing"): readonly Alert[] {
    return this.#alerts.list(state);
  }

  /**
   * Every alert that fired and was not resolved, the milder severities of the listed ones included.
   *
   * @param components only of these; default: of all
   */
  openAlerts(components?: readonly string[]): readonly Alert[] {
    return this.#alerts.open(components);
  }

  /** Whether the condition of a resolved alert holds again, but not for long enough yet. */
  isPending({ labels: { alertname, component, severity } }: Alert): boolean {
    return this.#components.get(component)?.isPending(alertname, severity) ?? false;
  }

  /** Milliseconds between two evaluations of a component besides the full assessments; undefined without any. */
  intervalMs(component: string): number | undefined {
    return this.#components.get(component)?.intervalMs;
  }

  /** Whether receivers hold an alert open: the start-up grace is over, or it was sent before a restart. */
  isSent(alert: Alert): boolean {
    return this.#grace.isOver || this.#grace.wasSent(alert);
  }

  #assess(trigger: Trigger, names?: readonly string[], time = this.#now()): void {
    if (!this.#isRunning) return;
    this.#evaluateAll(trigger, names, time);
    if (this.#grace.isOver) this.#recordAlerts(this.memory.endLost());
    if (!this.#grace.isDue(this.#clock.monotonicMs())) return;
    this.#evaluateAll("grace-end", undefined, this.#now());
    // A collection can be judged before its source: the cause may have fired after the alerts that it explains.
    this.#recordAlerts(this.#alerts.inhibitExplained((alert) => this.#grace.wasSent(alert)));
    this.#alerts.restartPace(this.#clock.monotonicMs());
    this.#log.send(this.#grace.end(this.#alerts.open()));
    this.#recordAlerts(this.memory.endLost());
  }

  /** Evaluates these components, or all, and then the overall status. */
  #evaluateAll(trigger: Trigger, names: readonly string[] | undefined, time: EvaluationTime): void {
    for (const name of names ?? this.#components.keys()) {
      const component = this.#components.get(name);
      if (component) this.#evaluate(component, trigger, time);
    }
    const nowMs = this.#clock.monotonicMs();
    this.#recordAlerts(this.#alerts.releaseInhibited(nowMs));
    this.#recordAlerts(this.#alerts.releaseWaiting(new Date(this.#clock.wallMs()).toISOString(), nowMs));
    this.#updateOverall();
    this.#log.evaluated?.(names);
  }

  #now(): EvaluationTime {
    const nowMs = this.#clock.monotonicMs();
    return { nowMs, dueMs: nowMs };
  }

  #evaluate(component: Component, trigger: Trigger, time: EvaluationTime): void {
    const { from, rules } = component.evaluate(trigger, time, this.#clock.wallMs());
    if (from !== undefined) {
      const { value, unit } = component.measured;
      const { since: time, name, status: to, reason } = component;
      this.#recordTransition({
        time,
        component: name,
        from,
        to,
        reason,
        ...(value === undefined ? {} : { value }),
        ...(unit === undefined ? {} : { unit }),
      });
    }
    if (component.affectsOverall) this.#updateAlerts(component, rules, time);
  }

  #updateAlerts(component: Component, changes: readonly RuleChange[], { dueMs }: EvaluationTime): void {
    const { name, dependsOn } = component;
    const nowMs = this.#clock.monotonicMs();
    const time = new Date(this.#clock.wallMs()).toISOString();
    const { failingSinceMs } = (dependsOn === undefined ? undefined : this.#components.get(dependsOn)) ?? component;
    const context = { component: name, dependsOn, failingSinceMs, time };
    this.#recordAlerts(changes.flatMap((change) => this.#alerts.apply({ ...change, ...context }, nowMs)));
    for (const active of component.active(dueMs)) this.#alerts.update(name, active);
  }

  #recordAlerts(changed: readonly Alert[]): void {
    if (changed.length === 0) return;
    this.#log.alerts(changed);
    this.#send(changed.map((alert) => ({ kind: "alert", alert })));
  }

  #recordTransition(transition: Transition): void {
    this.#history.add(transition);
    this.#log.transition(transition);
    this.#send([{ kind: "transition", transition }]);
    this.#instruments.recordTransition(transition);
  }

  #send(events: readonly HealthEvent[]): void {
    const passed = this.#grace.pass(events);
    if (passed.length > 0) this.#log.send(passed);
  }

  #updateOverall(): void {
    const wallMs = this.#clock.wallMs();
    const change = this.#overall.update(this.#components.values(), wallMs);
    if (change) this.#recordTransition({ time: new Date(wallMs).toISOString(), component: OVERALL, ...change });
  }
}

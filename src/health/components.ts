import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import { Component, type ComponentSpec } from "./component.ts";
import { OVERALL } from "./overall.ts";
import type { MonitorSettings } from "./settings.ts";
import type { SharedSettings } from "./watched-rule.ts";

/** What a configuration says about all components. */
export type ComponentOptions = Pick<MonitorSettings, "flapping" | "interval" | "informational">;

/** The components by name, in the order in which they were added. */
export class Components {
  readonly #clock: Clock;
  readonly #components = new Map<string, Component>();
  /** Components that are informational whatever the configuration says. */
  readonly #informational = new Set<string>();
  readonly #shared: { -readonly [K in keyof SharedSettings]: SharedSettings[K] };
  #configured: ReadonlySet<string>;

  constructor(clock: Clock, options: ComponentOptions) {
    this.#clock = clock;
    this.#shared = sharedOf(options);
    this.#configured = new Set(options.informational);
  }

  /** Milliseconds within which a rule that worsens again flaps. */
  get flappingMs(): number {
    return this.#shared.flappingMs;
  }

  get byName(): ReadonlyMap<string, Component> {
    return this.#components;
  }

  /** @throws VitalsError `config_invalid` when the name is taken */
  add(name: string, spec: ComponentSpec): Component {
    if (this.#components.has(name) || name === OVERALL)
      throw new VitalsError("config_invalid", `a component named "${name}" exists already; expected another name`);
    if (spec.affectsOverall === false) this.#informational.add(name);
    const component = new Component(name, { ...spec, affectsOverall: this.#affectsOverall(name) }, this.#shared, this.#clock.wallMs());
    this.#components.set(name, component);
    return component;
  }

  /** @returns whether there was one */
  delete(name: string): boolean {
    this.#informational.delete(name);
    return this.#components.delete(name);
  }

  /** Continues with other options. @returns the components that affect the overall status from now on, and did not before */
  configure(options: ComponentOptions): readonly Component[] {
    Object.assign(this.#shared, sharedOf(options));
    this.#configured = new Set(options.informational);
    const raised: Component[] = [];
    for (const [name, component] of this.#components) {
      const affectsOverall = this.#affectsOverall(name);
      if (affectsOverall && !component.affectsOverall) raised.push(component);
      component.affectsOverall = affectsOverall;
    }
    return raised;
  }

  #affectsOverall(name: string): boolean {
    return !this.#informational.has(name) && !this.#configured.has(name);
  }
}

const sharedOf = ({ flapping, interval = Number.POSITIVE_INFINITY }: ComponentOptions): SharedSettings => ({
  flappingMs: flapping,
  fullEveryMs: interval,
});

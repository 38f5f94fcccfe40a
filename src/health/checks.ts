import type { Clock } from "../base/clock.ts";
import { BackgroundCheck, parseCheck, ruleOfCheck, type UserCheck, type UserCheckConfig } from "./check.ts";
import type { ComponentSpec } from "./component.ts";

/** The checks of a program, by the name of their component. */
export class Checks {
  readonly #clock: Clock;
  readonly #onFinding: (name: string) => void;
  readonly #checks = new Map<string, BackgroundCheck>();
  #isRunning = false;

  /** @param onFinding called after each run of a check */
  constructor(clock: Clock, onFinding: (name: string) => void) {
    this.#clock = clock;
    this.#onFinding = onFinding;
  }

  /**
   * Adds a check, which runs at once if the others do.
   *
   * @param addComponent adds its component; if it throws, nothing is added
   * @returns whether the component of this name is still that of this check
   * @throws VitalsError `config_invalid`
   */
  add(name: string, check: UserCheck, options: UserCheckConfig, addComponent: (spec: ComponentSpec) => void): () => boolean {
    const parsed = parseCheck(name, check, options);
    const background = new BackgroundCheck(check, parsed, this.#clock);
    const { affectsOverall, for: forMs, interval, keepFiringFor } = parsed;
    const rule = ruleOfCheck(() => background.latest, keepFiringFor, forMs);
    addComponent({ rules: [rule], affectsOverall, intervalMs: () => interval, hasEvidence: () => background.hasRun });
    this.#checks.set(name, background);
    if (this.#isRunning) this.#run(name, background);
    return () => this.#checks.get(name) === background;
  }

  /** Stops and forgets a check; a name without one is ignored. */
  remove(name: string): void {
    this.#checks.get(name)?.stop();
    this.#checks.delete(name);
  }

  start(): void {
    this.#isRunning = true;
    for (const [name, background] of this.#checks) this.#run(name, background);
  }

  stop(): void {
    this.#isRunning = false;
    for (const background of this.#checks.values()) background.stop();
  }

  #run(name: string, background: BackgroundCheck): void {
    void background.run(() => this.#onFinding(name));
  }
}

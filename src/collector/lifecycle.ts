import { diag } from "@opentelemetry/api";
import type { Lifecycle as LifecycleState } from "../answer/stats.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf, stackOf, VitalsError } from "../base/errors.ts";
import { PACKAGE_NAME } from "../base/version.ts";
import type { SelfCheck } from "./collector.ts";

/** What a loop that should still run ended with. */
interface LoopFailure {
  readonly loop: string;
  readonly reason: string;
}

/** The state of a collector, and the loops it runs: one that ends before it is stopped fails the whole. */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #loops = new Map<string, Promise<void>>();
  /** Loops that were told to end. */
  readonly #ending = new Set<string>();
  #state: LifecycleState = "starting";
  #failure: LoopFailure | undefined;
  #hasStarted = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** Aborts when the shutdown starts. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Whether a loop ended on its own, as the liveness probe shows it. */
  get check(): SelfCheck {
    const failed = this.#failure;
    return { name: "loops", ok: !failed, detail: failed ? `${failed.loop} ended: ${failed.reason}` : `${this.#loops.size} running` };
  }

  /** @throws VitalsError `lifecycle` where it has been started, or stopped, before */
  start(): void {
    if (this.#state !== "starting" || this.#hasStarted) {
      throw new VitalsError("lifecycle", `a collector can be started once; this one is ${this.#state}`);
    }
    this.#hasStarted = true;
    this.#state = "running";
  }

  /** Runs a loop until the shutdown, or until `end` with its name. */
  run(name: string, loop: () => Promise<void>): void {
    this.#ending.delete(name);
    const running = (async () => loop())().then(
      () => this.#ended(name, undefined),
      (error: unknown) => this.#ended(name, error),
    );
    this.#loops.set(name, running);
  }

  /** Waits for a loop that has been told to end. */
  async end(name: string, deadlineMs: number): Promise<void> {
    this.#ending.add(name);
    const loop = this.#loops.get(name);
    if (loop) await this.within(deadlineMs, loop);
    this.#loops.delete(name);
  }

  stop(): void {
    this.#state = "stopping";
    this.#stopping.abort();
  }

  stopped(): void {
    this.#state = "stopped";
  }

  /** Every loop that was started. */
  loops(): Promise<unknown> {
    return Promise.all(this.#loops.values());
  }

  /** Waits for `work`, but not beyond `deadlineMs` on the monotonic clock. Never rejects. */
  async within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const settle = (): void => done.abort();
    void work.then(settle, settle);
    await this.#clock.sleepUntil(deadlineMs, done.signal);
  }

  #ended(name: string, error: unknown): void {
    if (this.#stopping.signal.aborted || this.#ending.has(name)) return;
    this.#failure ??= { loop: name, reason: error === undefined ? "without an error" : messageOf(error) };
    this.#state = "failed";
    diag.error(`${PACKAGE_NAME}: ${name} ended unexpectedly: ${error === undefined ? "it returned" : stackOf(error)}`);
  }
}

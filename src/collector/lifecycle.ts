import type { Lifecycle as LifecycleState } from "../answer/stats.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf, stackOf, VitalsError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { SelfCheck } from "./collector.ts";

/** A loop of a collector, such as the ticks of a collection. */
interface Loop {
  readonly name: string;
  isEnding: boolean;
  done: Promise<void>;
}

/** The state of a collector, and the loops it runs. A loop that ends unexpectedly sets the state `failed`. */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #loops = new Set<Loop>();
  #state: LifecycleState = "starting";
  #hasBegun = false;
  /** Name of the first loop that failed, and the reason. */
  #failure: string | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** Aborts when the shutdown starts. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The liveness check: fails once a loop has ended unexpectedly. */
  get check(): SelfCheck {
    return { name: "loops", ok: this.#failure === undefined, detail: this.#failure ?? `${this.#loops.size} running` };
  }

  /** A start begins. @throws VitalsError `lifecycle` if it was started or stopped before */
  begin(): void {
    const state = this.#hasBegun && this.#state === "starting" ? "being started" : this.#state;
    if (state !== "starting") throw new VitalsError("lifecycle", `a collector can be started once; this one is ${state}`);
    this.#hasBegun = true;
  }

  /** The start ends. @throws VitalsError `lifecycle` if it was stopped meanwhile */
  start(): void {
    if (this.#state !== "starting") throw new VitalsError("lifecycle", "the collector was shut down while it was being started");
    this.#state = "running";
  }

  /**
   * Runs a loop until the shutdown, or until the returned function is called.
   *
   * @returns a function that expects the loop to end and waits for it, but not beyond `deadlineMs` on the monotonic clock; never rejects
   */
  run(name: string, start: () => Promise<void>): (deadlineMs: number) => Promise<void> {
    const loop: Loop = { name, isEnding: false, done: Promise.resolve() };
    this.#loops.add(loop);
    loop.done = (async () => start())().then(
      () => this.#ended(loop, "it returned"),
      (error: unknown) => this.#ended(loop, messageOf(error), error),
    );
    return async (deadlineMs) => {
      loop.isEnding = true;
      await this.within(deadlineMs, loop.done);
    };
  }

  /** Sets the state `stopping` and aborts `stopping`, which ends the loops. */
  stop(): void {
    this.#state = "stopping";
    this.#stopping.abort();
  }

  /** Sets the state `stopped`. */
  stopped(): void {
    this.#state = "stopped";
  }

  /** Resolves when every loop has ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#loops].map(({ done }) => done));
  }

  /** Waits for `work`, but not beyond `deadlineMs` on the monotonic clock. Never rejects. */
  async within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const settle = (): void => done.abort();
    void work.then(settle, settle);
    await this.#clock.sleepUntil(deadlineMs, done.signal);
  }

  #ended(loop: Loop, reason: string, error?: unknown): void {
    this.#loops.delete(loop);
    if (loop.isEnding || this.stopping.aborted) return;
    this.#state = "failed";
    this.#failure ??= `${loop.name} ended unexpectedly: ${reason}`;
    this.#logger.error(`${loop.name} ended unexpectedly: ${error === undefined ? reason : stackOf(error)}`);
  }
}

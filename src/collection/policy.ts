import { circuitBreaker, CircuitState, ConsecutiveBreaker, ExponentialBackoff, handleWhen, isBrokenCircuitError } from "cockatiel";
import { untilAborted } from "../base/deadline.ts";
import { VitalsError, isVitalsError } from "../base/errors.ts";
import type { BreakerOptions } from "./options.ts";

export type BreakerState = "closed" | "open" | "half-open";
export const BREAKER_STATES: readonly BreakerState[] = ["closed", "open", "half-open"];

/** Protects one source from being asked too often while it fails. All collections on the source share it. */
export class SourcePolicy {
  readonly #source: string;
  readonly #breaker: ReturnType<typeof circuitBreaker>;
  #consecutiveFailures = 0;

  constructor(source: string, options: BreakerOptions) {
    this.#source = source;
    this.#breaker = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(options.failures),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: options.initial, maxDelay: options.max }),
    });
  }

  /** As of the last call: an open breaker whose wait is over reads open until the next tick asks the source. */
  get state(): BreakerState {
    if (this.#breaker.state === CircuitState.Closed) return "closed";
    return this.#breaker.state === CircuitState.HalfOpen ? "half-open" : "open";
  }

  /** Failures and timeouts since the source last answered. */
  get consecutiveFailures(): number {
    return this.#consecutiveFailures;
  }

  /**
   * Asks the source, unless the breaker is open.
   *
   * @param signal ends the wait; its reason is the rejection
   * @throws VitalsError `source_rejected` while the breaker is open; otherwise whatever `ask` throws
   */
  async execute<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const answer = this.#breaker.execute(() => this.#counted(ask, signal), signal);
    try {
      // The outer wait: a second collection must not hang on the first one's probe of a half-open breaker.
      return unwrap(await untilAborted(answer, signal));
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      throw new VitalsError("source_rejected", `source "${this.#source}" was not read because its circuit breaker is open`, {
        cause: error,
        retryable: true,
      });
    }
  }

  async #counted<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<Answer<T>> {
    if (signal.aborted) throw new VitalsError("aborted", "the wait was over before the source was asked");
    try {
      const value = await ask();
      this.#consecutiveFailures = 0;
      return { value };
    } catch (error) {
      if (isOutage(error)) this.#consecutiveFailures += 1;
      // An answer that is wrong is still an answer: returned, so that the breaker counts it as one.
      if (isVitalsError(error) && error.code === "reading_invalid") {
        this.#consecutiveFailures = 0;
        return { wrong: error };
      }
      throw error;
    }
  }
}

type Answer<T> = { readonly value: T } | { readonly wrong: VitalsError };

function unwrap<T>(answer: Answer<T>): T {
  if ("wrong" in answer) throw answer.wrong;
  return answer.value;
}

/** A shutdown is nobody's failure. */
const isOutage = (error: unknown): boolean => !(isVitalsError(error) && error.code === "aborted");

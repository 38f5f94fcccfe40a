import { circuitBreaker, CircuitState, ConsecutiveBreaker, ExponentialBackoff, handleWhen, isBrokenCircuitError } from "cockatiel";
import { untilAborted } from "../base/deadline.ts";
import { VitalsError, isVitalsError, messageOf, type ErrorCode } from "../base/errors.ts";
import type { BreakerOptions } from "./options.ts";

/** State of a circuit breaker: closed reads, open does not, half-open reads once to find out whether the source has recovered. */
export type BreakerState = "closed" | "open" | "half-open";
/** Every state of a circuit breaker. */
export const BREAKER_STATES: readonly BreakerState[] = ["closed", "open", "half-open"];

/** A circuit breaker that spares a failing source. All collections of the source share it. */
export class SourcePolicy {
  readonly #source: string;
  readonly #breaker: ReturnType<typeof circuitBreaker>;
  #consecutiveFailures = 0;
  #lastError: string | undefined;
  #hasResponded = false;

  constructor(source: string, options: BreakerOptions) {
    this.#source = source;
    // A probe that was given up says nothing good about the source: the breaker opens again.
    const isFailure = (error: unknown): boolean => isOutage(error) || this.state === "half-open";
    this.#breaker = circuitBreaker(handleWhen(isFailure), {
      breaker: new ConsecutiveBreaker(options.failures),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: options.initial, maxDelay: options.max }),
    });
  }

  /** State as of the last call: an open breaker whose wait has ended stays `open` until the next tick reads the source. */
  get state(): BreakerState {
    if (this.#breaker.state === CircuitState.Closed) return "closed";
    return this.#breaker.state === CircuitState.HalfOpen ? "half-open" : "open";
  }

  /** Failures and timeouts since the source last responded. */
  get consecutiveFailures(): number {
    return this.#consecutiveFailures;
  }

  /** Whether the source has ever responded. */
  get hasResponded(): boolean {
    return this.#hasResponded;
  }

  /** Message of the newest of those failures; undefined while the source responds. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /**
   * Reads the source, unless the breaker is open.
   *
   * @param signal ends the wait; the promise then rejects with its reason
   * @throws VitalsError `source_rejected` while the breaker is open; otherwise whatever `read` throws
   */
  async execute<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const response = this.#breaker.execute(() => this.#counted(read, signal), signal);
    try {
      // A second collection must not wait beyond its own timeout for the first one's probe of a half-open breaker.
      return unwrap(await untilAborted(response, signal));
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      const because = this.#lastError === undefined ? "" : `; last error: ${this.#lastError}`;
      throw new VitalsError("source_rejected", `not read: the circuit breaker of source "${this.#source}" is open${because}`, {
        cause: error,
        retryable: true,
      });
    }
  }

  async #counted<T>(read: () => Promise<T>, signal: AbortSignal): Promise<Result<T>> {
    if (signal.aborted) throw new VitalsError("aborted", "the reading was aborted before the source was read");
    try {
      const value = await read();
      this.#responded();
      return { value };
    } catch (error) {
      // The source answered, although without a valid reading: returned, so that the breaker counts a success.
      if (isVitalsError(error) && ANSWERS.has(error.code)) {
        this.#responded();
        return { answer: error };
      }
      // The reason of an abort, such as a timeout, explains more than what a source throws because of it.
      const cause: unknown = signal.aborted ? signal.reason : error;
      if (isOutage(cause)) {
        this.#consecutiveFailures += 1;
        this.#lastError = messageOf(cause);
      }
      throw error;
    }
  }

  #responded(): void {
    this.#hasResponded = true;
    this.#consecutiveFailures = 0;
    this.#lastError = undefined;
  }
}

type Result<T> = { readonly value: T } | { readonly answer: VitalsError };

/** Errors by which a source answers: its reading is invalid, or it waits for its first write. Neither is a failure of the source. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set(["reading_invalid", "source_waiting"]);

function unwrap<T>(result: Result<T>): T {
  if ("answer" in result) throw result.answer;
  return result.value;
}

/** Whether an error counts as a failure of the source; an abort, such as at shutdown, does not. */
const isOutage = (error: unknown): boolean => !(isVitalsError(error) && error.code === "aborted");

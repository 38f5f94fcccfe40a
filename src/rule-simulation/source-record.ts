import type { SourceFacts } from "../health/rules/built-in.ts";
import type { Sample } from "../sample/sample.ts";

/**
 * The state of a source's breaker as its ticks imply it: open from the failure that reaches the limit, or from a rejected tick,
 * until the source responds. The real breaker uses the system clock and cannot be simulated.
 */
export class SourceRecord {
  readonly #limit: number;
  #failures = 0;
  #isOpen = false;
  #lastError: string | undefined;
  #hasResponded = false;

  /** @param limit consecutive failures that open the breaker */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get facts(): SourceFacts {
    return { breaker: this.#isOpen ? "open" : "closed", consecutiveFailures: this.#failures, lastError: this.#lastError };
  }

  /** Whether it is known how the source does: it has responded, or its breaker has opened. */
  get hasEvidence(): boolean {
    return this.#hasResponded || this.#isOpen;
  }

  take({ error, outcome }: Pick<Sample, "outcome" | "error">): void {
    if (outcome === "missed") return;
    if (outcome === "success" || outcome === "invalid" || outcome === "waiting") {
      this.#failures = 0;
      this.#lastError = undefined;
      this.#hasResponded = true;
    } else if (outcome !== "rejected") {
      this.#failures += 1;
      this.#lastError = error?.message;
    }
    // The real breaker counts a timeout only once its reading has ended, right after the sample was evaluated.
    if (outcome !== "timeout") this.#isOpen = outcome === "rejected" || this.#failures >= this.#limit;
  }

  /** The newest sample was evaluated. */
  evaluated(): void {
    this.#isOpen ||= this.#failures >= this.#limit;
  }
}

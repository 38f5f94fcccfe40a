import type { SourceFacts } from "../health/built-in-rules.ts";
import type { Outcome } from "../sample/outcome.ts";

/**
 * A source as the ticks that are written tell of it: its breaker is open from the failure that reaches its limit, or from a tick that
 * was rejected, until the source has answered. The breaker itself keeps the machine's time and cannot be simulated.
 */
export class SourceRecord {
  readonly #limit: number;
  #failures = 0;
  #isOpen = false;

  /** @param limit consecutive failures that open the breaker */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get facts(): SourceFacts {
    return { breaker: this.#isOpen ? "open" : "closed", consecutiveFailures: this.#failures };
  }

  take(outcome: Outcome): void {
    if (outcome === "missed") return;
    if (outcome === "success" || outcome === "invalid") this.#failures = 0;
    else if (outcome !== "rejected") this.#failures += 1;
    this.#isOpen = outcome === "rejected" || this.#failures >= this.#limit;
  }
}

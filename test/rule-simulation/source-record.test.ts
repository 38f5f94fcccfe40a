import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/sample/outcome.ts";
import { SourceRecord } from "../../src/rule-simulation/source-record.ts";

/** The state of a source whose breaker opens at the third failure, after these ticks. */
function after(...outcomes: readonly Outcome[]): string {
  const record = new SourceRecord(3);
  for (const outcome of outcomes) record.take({ outcome });
  const { breaker, consecutiveFailures } = record.facts;
  return `${breaker} after ${consecutiveFailures}`;
}

describe("SourceRecord", () => {
  it("SourceRecord has an open breaker from the failure that reaches the limit until a success", () => {
    expect(after("failed", "timeout")).toBe("closed after 2");
    expect(after("failed", "timeout", "failed")).toBe("open after 3");
    expect(after("failed", "timeout", "failed", "missed", "rejected")).toBe("open after 3");
    expect(after("failed", "timeout", "failed", "rejected", "success")).toBe("closed after 0");
  });

  it("SourceRecord has an open breaker from a rejected tick on, and closes it at an invalid reading", () => {
    expect(after("success", "rejected")).toBe("open after 0");
    expect(after("rejected", "invalid")).toBe("closed after 0");
  });

  it("SourceRecord closes its breaker when the source waits for its first write, because it answers", () => {
    expect(after("failed", "waiting")).toBe("closed after 0");
    expect(after("failed", "failed", "failed", "waiting")).toBe("closed after 0");
  });

  it("SourceRecord opens its breaker at a timeout only once the sample was evaluated, as the real breaker does", () => {
    const record = new SourceRecord(2);
    record.take({ outcome: "failed" });
    record.take({ outcome: "timeout", error: { type: "source_timeout", message: "did not respond" } });
    expect(record.facts).toEqual({ breaker: "closed", consecutiveFailures: 2, lastError: "did not respond" });
    record.evaluated();
    expect(record.facts.breaker).toBe("open");
  });

  it("SourceRecord does not count a missed tick as a failure, and a success resets the count", () => {
    expect(after("failed", "missed", "failed")).toBe("closed after 2");
    expect(after("failed", "success", "failed")).toBe("closed after 1");
  });
});

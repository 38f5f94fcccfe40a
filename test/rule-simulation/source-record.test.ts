import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/sample/outcome.ts";
import { SourceRecord } from "../../src/rule-simulation/simulation.ts";

/** What a source whose breaker opens at the third failure is taken for after these ticks. */
function after(...outcomes: readonly Outcome[]): string {
  const record = new SourceRecord(3);
  for (const outcome of outcomes) record.take(outcome);
  const { breaker, consecutiveFailures } = record.facts;
  return `${breaker} after ${consecutiveFailures}`;
}

describe("a source as its ticks tell of it", () => {
  it("has an open breaker from the failure that reaches the limit until it answers", () => {
    expect(after("failed", "timeout")).toBe("closed after 2");
    expect(after("failed", "timeout", "failed")).toBe("open after 3");
    expect(after("failed", "timeout", "failed", "missed", "rejected")).toBe("open after 3");
    expect(after("failed", "timeout", "failed", "rejected", "success")).toBe("closed after 0");
  });

  it("has one from a rejected tick on, and closes it by a wrong answer too", () => {
    expect(after("success", "rejected")).toBe("open after 0");
    expect(after("rejected", "invalid")).toBe("closed after 0");
  });

  it("has failed nothing by a tick that was missed or refused", () => {
    expect(after("failed", "missed", "failed")).toBe("closed after 2");
    expect(after("failed", "success", "failed")).toBe("closed after 1");
  });
});

import { describe, expect, it } from "vitest";
import { isPausedReason, pausedReason } from "../../src/collector/components.ts";

describe("The reason of a pause", () => {
  it("isPausedReason recognises the reason of every pause, as a replay reads it from the history, and no other", () => {
    for (const pauser of [{}, { by: "Ada" }, { address: "192.0.2.7" }, { by: "Ada", access: "token", address: "192.0.2.7" }] as const) {
      expect([pauser, isPausedReason(pausedReason(pauser) ?? "")]).toEqual([pauser, true]);
    }
    expect(pausedReason(undefined)).toBeUndefined();
    for (const reason of ["no collection reads it", "pausedly", "not paused by Ada"])
      expect([reason, isPausedReason(reason)]).toEqual([reason, false]);
  });
});

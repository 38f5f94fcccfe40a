import { describe, expect, it } from "vitest";
import { titleOf } from "../../src/sample/field.ts";

describe("titleOf", () => {
  it("titleOf writes a field's key as a title, with the usual abbreviations in capitals", () => {
    expect(["cpuUtilization", "loadAverage1m", "eventLoopDelayP99", "networkIo", "nodes"].map(titleOf)).toEqual([
      "CPU utilization",
      "Load average 1m",
      "Event loop delay p99",
      "Network I/O",
      "Nodes",
    ]);
  });
});

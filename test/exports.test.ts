import { describe, expect, it } from "vitest";
import * as http from "../src/http/index.ts";
import * as main from "../src/index.ts";
import * as telemetry from "../src/telemetry/export/index.ts";
import * as testing from "../src/testing.ts";
import * as topology from "../src/topology/index.ts";

describe("the package's exports", () => {
  it("the package exports exactly these names", () => {
    expect(Object.keys(main).sort()).toEqual(
      [
        "OTHER",
        "OUTCOMES",
        "STATUSES",
        "VitalsError",
        "agentMemory",
        "counter",
        "createCollector",
        "defineSampleType",
        "defineSource",
        "duration",
        "gauge",
        "getCollector",
        "graphMetrics",
        "graphService",
        "initializeCollector",
        "incomplete",
        "isSinkRefusal",
        "isVitalsError",
        "oneOf",
        "reading",
        "severityOf",
        "systemClock",
        "systemMetrics",
        "total",
        "upDownCounter",
        "upTo",
      ].sort(),
    );
    expect(Object.keys(http).sort()).toEqual(["createApp", "createHandler", "serve", "serveMetrics"]);
    expect(Object.keys(testing).sort()).toEqual(["ManualClock", "RecordingSink", "checkSource", "readOnce"]);
    expect(Object.keys(telemetry)).toEqual(["createTelemetry"]);
    expect(Object.keys(topology)).toEqual(["measureGraph"]);
  });

  it("OUTCOMES and STATUSES list the values of the contract", () => {
    expect(main.OUTCOMES).toEqual(["success", "failed", "timeout", "invalid", "rejected", "missed", "waiting"]);
    expect(main.STATUSES).toEqual(["unknown", "healthy", "degraded", "unhealthy", "critical"]);
  });

  it("isVitalsError recognises errors by code, including those of another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { name: "VitalsError", code: "lifecycle" });
    expect(main.isVitalsError(foreign)).toBe(true);
    expect(main.isVitalsError(new Error("x"))).toBe(false);
    expect(main.isSinkRefusal(Object.assign(new Error("x"), { name: "VitalsError", code: "sink_refused" }))).toBe(true);
    expect(main.isSinkRefusal(foreign)).toBe(false);
    expect(new main.VitalsError("config_invalid", "x", { cause: foreign })).toMatchObject({
      code: "config_invalid",
      retryable: false,
      errorType: "config_invalid",
      cause: foreign,
    });
  });
});

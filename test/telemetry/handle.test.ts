import { expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { isVitalsError } from "../../src/base/errors.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { internalsOf, type Telemetry } from "../../src/telemetry/telemetry.ts";

it("a Telemetry shows its public members only", async () => {
  await using telemetry = createTelemetry({ readers: [] }, { resource: {} });
  expect(Object.keys(telemetry).sort()).toEqual(["exporters", "forceFlush", "logTargets", "meterProvider", "scrape", "shutdown"]);
});

it("internalsOf rejects an object that createTelemetry did not make", async () => {
  await using telemetry = createTelemetry({ readers: [] }, { resource: {} });
  const copy: Telemetry = { ...telemetry };
  expect(() => internalsOf(copy)).toThrow(/^telemetry was not made by createTelemetry of this package/);
  const create = (): unknown => createCollector({}, { telemetry: copy });
  expect(create).toThrow(expect.objectContaining({ code: "config_invalid" }) as Error);
  try {
    create();
  } catch (error) {
    expect(isVitalsError(error)).toBe(true);
  }
});

/**
 * Pins a fault of opentelemetry-js sdk-metrics 3.1.0: a collection waits for every callback without a limit, so that one observable callback
 * that never settles, of the embedding program for example, held every scrape for ever.
 */
import { afterEach, expect, it, vi } from "vitest";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { gauge } from "../../src/sample/field.ts";
import { instrumented } from "../support/instrumented.ts";

const idle = defineSampleType("idle", { load: gauge("idle.load", "1") });

afterEach(() => void vi.useRealTimers());

it("a scrape waits five seconds for a callback that never settles, and then returns all other series", async () => {
  const { meter, scrape } = instrumented(idle);
  meter.createObservableGauge("stuck").addCallback(() => new Promise(() => {}));
  meter.createObservableGauge("healthy").addCallback((result) => result.observe(1));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const response = scrape();
  await vi.advanceTimersByTimeAsync(5_000);
  const { text, errors } = await response;
  expect(text).toMatch(/^healthy 1$/m);
  expect(text).not.toContain("stuck");
  expect(errors).toBe(1);
});

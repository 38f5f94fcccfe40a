/**
 * Pins https://github.com/open-telemetry/opentelemetry-js/issues/3664 and #3667: sdk-metrics 3.1.0 drops the reset of a sum when it merges
 * deltas that a reader has not collected, so that one of two readers with different intervals reports a wrong counter for ever.
 */
import { describe, expect, it } from "vitest";
import { counter, duration, gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { instrumented } from "../support/instrumented.ts";
import { keeper } from "../support/otlp-keeper.ts";

const jobs = defineSampleType("jobs", {
  done: counter("jobs.done", "{job}"),
  wait: duration("jobs.wait"),
  load: gauge("jobs.load", "1"),
});

describe("two readers of one provider: opentelemetry-js#3664", () => {
  it("a scrape and a push of one counter both report every increment, each at its own pace", async () => {
    await using backend = await keeper();
    const { telemetry, record } = instrumented(jobs, { endpoint: backend.url });
    record({ done: 5, wait: 0.1, load: 0.5 });
    await telemetry.scrape?.();
    record({ done: 9, wait: 0.2, load: 0.6 });
    const [scrape] = await Promise.all([telemetry.scrape?.(), telemetry.forceFlush(5_000)]);
    expect(scrape?.text).toMatch(/^jobs_done_total\{.*\} 9$/m);
    expect(scrape?.text).toMatch(/^jobs_wait_seconds_count\{.*\} 2$/m);
    expect(backend.received).toMatchObject([{ "jobs.done": 9, "jobs.wait": 2, "jobs.load": 0.6 }]);
    await telemetry.shutdown(1_000);
  });

  it("a push of deltas reports every increment after a stale period, although a scrape collected in between", async () => {
    await using backend = await keeper();
    const { clock, telemetry, record } = instrumented(jobs, { endpoint: backend.url, temporality_preference: "delta" });
    record({ done: 5, wait: 0.1, load: 0.5 });
    clock.block(1_000);
    record({ done: 9, wait: 0.2, load: 0.6 });
    await telemetry.scrape?.();
    clock.block(10_000);
    await telemetry.forceFlush(5_000);
    record({ done: 10, wait: 0.3 });
    await telemetry.forceFlush(5_000);
    expect(backend.received[0]).toMatchObject({ "jobs.done": 9 - 5, "jobs.wait": 2 });
    expect(backend.received[0]).not.toHaveProperty(["jobs.load"]);
    expect(backend.received[1]).toMatchObject({ "jobs.done": 1, "jobs.wait": 1 });
    await telemetry.shutdown(1_000);
  });
});

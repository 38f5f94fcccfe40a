import { describe, expect, it } from "vitest";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";

function set() {
  const clock = new ManualClock();
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const meter = telemetry.meterProvider.getMeter("test");
  const scrape = async () => (await telemetry.scrape?.()) ?? { text: "", errors: -1 };
  return { clock, telemetry, meter, scrape };
}

describe("a scrape", () => {
  it("a scrape contains HELP and TYPE of each family, but no UNIT, which this format does not have", async () => {
    const { meter, scrape } = set();
    meter.createCounter("sent", { unit: "By", description: "What was sent." }).add(7);
    const { text } = await scrape();
    expect(text).toContain("# HELP sent_bytes_total What was sent.\n# TYPE sent_bytes_total counter\nsent_bytes_total 7\n");
    expect(text).not.toContain("# UNIT");
  });

  it("a scrape contains the SDK's own metrics", async () => {
    const { scrape } = set();
    await scrape();
    expect((await scrape()).text).toMatch(/^otel_sdk_metric_reader_collection_duration_seconds_count\{.*\} 1$/m);
  });

  it("a scrape after shutdown fails with the code lifecycle", async () => {
    const { telemetry, scrape } = set();
    await telemetry.shutdown(1_000);
    await expect(scrape()).rejects.toMatchObject({ code: "lifecycle" });
  });
});

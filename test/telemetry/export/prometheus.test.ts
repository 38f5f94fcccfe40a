import type { Attributes } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";

function set(resource: Attributes = {}) {
  const clock = new ManualClock();
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource, clock });
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

  it("a scrape joins resource attributes that share a label, prefixes a digit, and leaves out empty ones", async () => {
    const { scrape } = set({
      deployment_environment: "other",
      "deployment.environment": "prod",
      "1st.team": "a",
      "service.instance.id": "",
    });
    const line = /^target_info\{(.*)\} 1$/m.exec((await scrape()).text)?.[1];
    expect(line).toContain('deployment_environment="prod;other",key_1st_team="a"');
    expect(line).not.toContain("instance_id");
    expect(line?.match(/deployment_environment/g)).toHaveLength(1);
  });

  it("a scrape stays readable with a program's attributes that share a label, begin with a digit, or are called le", async () => {
    const { meter, scrape } = set();
    const attributes = { "a.b": "1", a_b: "2", "9lives": "cat", le: "5", plain: "" };
    meter.createGauge("g").record(1, attributes);
    meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1] } }).record(2, attributes);
    for (const { text } of [await scrape(), await scrape()]) {
      expect(text).toContain('g{a_b="1;2",key_9lives="cat",le="5"} 1\n');
      expect(text).toContain('h_count{a_b="1;2",key_9lives="cat"} 1\n');
      expect(text).toContain('h_bucket{a_b="1;2",key_9lives="cat",le="1"} 0\nh_bucket{a_b="1;2",key_9lives="cat",le="+Inf"} 1\n');
    }
  });
});

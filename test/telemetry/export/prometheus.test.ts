import { afterEach, describe, expect, it, vi } from "vitest";
import { gauge, upTo } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";
import { internalsOf } from "../../../src/telemetry/telemetry.ts";
import { SampleInstruments } from "../../../src/telemetry/instruments.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { SimulatedClock } from "../../support/simulated-clock.ts";
import { everyField } from "../../support/cadence.ts";

function set() {
  const clock = new SimulatedClock();
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const meter = telemetry.meterProvider.getMeter("test");
  const scrape = async () => (await telemetry.scrape?.()) ?? { text: "", errors: -1 };
  return { clock, telemetry, meter, scrape };
}

const links = defineSampleType("links", { io: gauge("link.io", "By", { by: [upTo(2, "link.name")] }) });

afterEach(() => void vi.useRealTimers());

describe("a scrape", () => {
  it("waits five seconds for a callback that never settles, and tells the rest", async () => {
    const { meter, scrape } = set();
    meter.createObservableGauge("stuck").addCallback(() => new Promise(() => {}));
    meter.createObservableGauge("well").addCallback((result) => result.observe(1));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const answer = scrape();
    await vi.advanceTimersByTimeAsync(5_000);
    const { text, errors } = await answer;
    expect(text).toMatch(/^well 1$/m);
    expect(text).not.toContain("stuck");
    expect(errors).toBe(1);
  });

  it("describes each family, without a UNIT line that this format has not", async () => {
    const { meter, scrape } = set();
    meter.createCounter("sent", { unit: "By", description: "What was sent." }).add(7);
    const { text } = await scrape();
    expect(text).toContain("# HELP sent_bytes_total What was sent.\n# TYPE sent_bytes_total counter\nsent_bytes_total 7\n");
    expect(text).not.toContain("# UNIT");
  });

  it("tells how the SDK itself fares", async () => {
    const { scrape } = set();
    await scrape();
    expect((await scrape()).text).toMatch(/^otel_sdk_metric_reader_collection_duration_seconds_count\{.*\} 1$/m);
  });

  it("still shows new series after thousands have come and gone, although the SDK forgets none", async () => {
    const { clock, telemetry, meter, scrape } = set();
    const instruments = new SampleInstruments(meter, clock, internalsOf(telemetry).freshness);
    instruments.observe();
    instruments.register({ name: "net", type: links, cadence: everyField(links, 1_000) });
    const record = (names: readonly string[]): void => {
      const values = { io: Object.fromEntries(names.map((name) => [name, 1])) };
      const sample = { time: "", collection: "net", outcome: "success" as const, durationMs: 1, values };
      instruments.record("net", { sample, atMs: 0, latenessMs: 0 });
    };
    record(Array.from({ length: 2_500 }, (_, n) => `veth${n}`));
    await scrape();
    clock.block(3_000);
    record(["eth0"]);
    expect((await scrape()).text.match(/^link_io_bytes\{.*/gm)).toEqual(['link_io_bytes{vitals_collection_name="net",link_name="eth0"} 1']);
  });

  it("after shutdown is refused in our words", async () => {
    const { telemetry, scrape } = set();
    await telemetry.shutdown(1_000);
    await expect(scrape()).rejects.toMatchObject({ code: "lifecycle" });
  });
});

import { describe, expect, it } from "vitest";
import { counter, duration, gauge, upDownCounter } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";
import { internalsOf } from "../../../src/telemetry/telemetry.ts";
import { SampleInstruments } from "../../../src/telemetry/instruments.ts";
import { StoreMeter } from "../../../src/telemetry/store-meter.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { serveHttp } from "../../support/http-server.ts";
import { keeper } from "../../support/otlp-keeper.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { everyField } from "../../support/cadence.ts";
import { resolved } from "../../support/points.ts";

const jobs = defineSampleType("jobs", {
  done: counter("jobs.done", "{job}"),
  wait: duration("jobs.wait"),
  load: gauge("jobs.load", "1"),
  waiting: upDownCounter("jobs.waiting", "{job}"),
});

function set(endpoint: string, otlp: object = {}) {
  const clock = new ManualClock();
  const otlpHttp = { endpoint, encoding: "json" as const, timeout: 5_000, ...otlp };
  const telemetry = createTelemetry(
    { readers: [{ pull: { exporter: { "prometheus/development": {} } } }, { periodic: { exporter: { otlp_http: otlpHttp } } }] },
    { resource: {}, clock },
  );
  const instruments = new SampleInstruments(new StoreMeter(internalsOf(telemetry).metrics), clock);
  instruments.observe();
  instruments.register({ name: "c", type: jobs, cadence: everyField(jobs, 1_000) });
  const record = (values: object): void => {
    instruments.record("c", resolved(instruments, jobs, values));
  };
  const report = () => telemetry.exporters()[0];
  return { clock, telemetry, record, report };
}

describe("an up-down counter field", () => {
  it.each(["cumulative", "delta", "low_memory"])(
    "an up-down counter is exported with preference %s as a cumulative non-monotonic sum, and disappears when stale",
    async (temporality_preference) => {
      await using backend = await keeper();
      const { clock, telemetry, record } = set(backend.url, { temporality_preference });
      record({ waiting: 7 });
      record({ waiting: 3 });
      await telemetry.forceFlush(5_000);
      const waiting = backend.metrics.find(({ name }) => name === "jobs.waiting");
      expect(waiting?.sum).toMatchObject({ aggregationTemporality: 2, isMonotonic: false, dataPoints: [{ asDouble: 3 }] });
      const before = (await telemetry.scrape?.())?.text ?? "";
      expect(before).toMatch(/^# TYPE jobs_waiting gauge\njobs_waiting\{vitals_collection_name="c"\} 3$/m);
      clock.block(3_000);
      await telemetry.forceFlush(5_000);
      expect(backend.received[1]).not.toHaveProperty(["jobs.waiting"]);
      expect((await telemetry.scrape?.())?.text).not.toContain("jobs_waiting");
      await telemetry.shutdown(1_000);
    },
  );
});

describe("OtlpExporter", () => {
  it("OtlpExporter appears in the SDK's own metrics", async () => {
    await using backend = await keeper();
    const { telemetry, record } = set(backend.url);
    record({ load: 1 });
    await telemetry.forceFlush(5_000);
    const { text } = (await telemetry.scrape?.()) ?? { text: "" };
    expect(text).toMatch(/^otel_sdk_exporter_metric_data_point_exported_total\{.*\} [1-9]\d*$/m);
    await telemetry.shutdown(1_000);
  });

  it.each([
    [404, "the backend returned 404 Not Found"],
    [503, "the backend is temporarily unavailable (it returned 429, 502, 503 or 504)"],
  ])("OtlpExporter reports the reason of a response %i, without its body", async (code, reason) => {
    await using backend = await serveHttp((request, response) =>
      request.resume().on("end", () => response.writeHead(code, { "retry-after": "60" }).end("hunter2")),
    );
    const { telemetry, record, report } = set(backend.url);
    record({ load: 1 });
    await telemetry.forceFlush(5_000);
    expect(report()).toMatchObject({ failures: 1, consecutiveFailures: 1, lastError: reason });
    await telemetry.shutdown(1_000);
  });
});

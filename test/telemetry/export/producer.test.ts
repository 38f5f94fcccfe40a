import { emptyResource } from "@opentelemetry/resources";
import { AggregationTemporality, DataPointType } from "@opentelemetry/sdk-metrics";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../../../src/base/version.ts";
import { counter, duration, gauge, upDownCounter } from "../../../src/sample/field.ts";
import { producerOf } from "../../../src/telemetry/export/producer.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { MetricStore } from "../../../src/telemetry/metric-store.ts";
import { StoreMeter } from "../../../src/telemetry/store-meter.ts";
import { internalsOf } from "../../../src/telemetry/telemetry.ts";
import { keeper } from "../../support/otlp-keeper.ts";

/** Records one value on an instrument of every kind. */
function recordAll(meter: StoreMeter): void {
  for (const field of [
    counter("source.counter", "By"),
    upDownCounter("source.amount", "By"),
    gauge("source.gauge", "1"),
    duration("source.duration"),
  ])
    meter.field(field).series({}).record(1, Infinity);
  meter.createCounter("own.counter").add(1);
}

describe("producerOf", () => {
  it("producerOf describes each metric as the SDK does, in the scope of this package", async () => {
    const store = new MetricStore(new ManualClock());
    const producer = producerOf(store, () => AggregationTemporality.CUMULATIVE, emptyResource());
    recordAll(new StoreMeter(store));
    const { resourceMetrics, errors } = await producer.collect();
    expect(errors).toEqual([]);
    const [scope, ...more] = resourceMetrics.scopeMetrics;
    expect(more).toEqual([]);
    expect(scope?.scope).toEqual({ name: PACKAGE_NAME, version: PACKAGE_VERSION, schemaUrl: SCHEMA_URL });
    expect(scope?.metrics).toMatchObject([
      { descriptor: { name: "source.counter", unit: "By" }, dataPointType: DataPointType.SUM, isMonotonic: true },
      { descriptor: { name: "source.amount", unit: "By" }, dataPointType: DataPointType.SUM, isMonotonic: false },
      { descriptor: { name: "source.gauge", unit: "1" }, dataPointType: DataPointType.GAUGE },
      { descriptor: { name: "source.duration", unit: "s" }, dataPointType: DataPointType.HISTOGRAM },
      { descriptor: { name: "own.counter", unit: "" }, dataPointType: DataPointType.SUM, isMonotonic: true },
    ]);
  });

  it("producerOf has no scope without metrics", async () => {
    const producer = producerOf(new MetricStore(new ManualClock()), () => AggregationTemporality.DELTA, emptyResource());
    expect((await producer.collect()).resourceMetrics.scopeMetrics).toEqual([]);
  });

  // By OpenTelemetry's OTLP exporter specification; in OTLP, 1 is delta and 2 cumulative.
  it.each([
    ["cumulative", { "source.counter": 2, "source.amount": 2, "source.duration": 2, "own.counter": 2 }],
    ["delta", { "source.counter": 1, "source.amount": 2, "source.duration": 1, "own.counter": 1 }],
    ["low_memory", { "source.counter": 2, "source.amount": 2, "source.duration": 1, "own.counter": 1 }],
  ] as const)("a push with the preference %s has the temporality of each kind of instrument", async (temporality_preference, expected) => {
    await using backend = await keeper();
    const otlp = { endpoint: backend.url, encoding: "json" as const, temporality_preference };
    const readers = [{ pull: { exporter: { "prometheus/development": {} } } }, { periodic: { exporter: { otlp_http: otlp } } }];
    await using telemetry = createTelemetry({ readers }, { resource: {} });
    recordAll(new StoreMeter(internalsOf(telemetry).metrics));
    await telemetry.forceFlush(5_000);
    const found = backend.metrics.flatMap(({ name, sum, histogram }) => {
      const temporality = (sum ?? histogram)?.aggregationTemporality;
      return temporality === undefined || name.startsWith("otel.") ? [] : [[name, temporality] as const];
    });
    expect(Object.fromEntries(found)).toEqual(expected);
    expect((await telemetry.scrape?.())?.text).toMatch(/^source_counter_bytes_total 1$/m);
  });
});

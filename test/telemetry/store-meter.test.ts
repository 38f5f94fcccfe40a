import { metrics, type BatchObservableCallback } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { PACKAGE_NAME } from "../../src/base/version.ts";
import { counter, gauge } from "../../src/sample/field.ts";
import { CARDINALITY_LIMIT, MetricStore, type StoreCollection } from "../../src/telemetry/metric-store.ts";
import type { HistogramValue } from "../../src/telemetry/buckets.ts";
import { providerWith, StoreMeter } from "../../src/telemetry/store-meter.ts";

/** A store with a cumulative reader and one that takes counters and histograms as deltas. */
function stored() {
  const clock = new ManualClock();
  const store = new MetricStore(clock);
  const cumulative = store.addReader(() => false);
  const delta = store.addReader(({ kind }) => kind === "counter" || kind === "histogram");
  return { clock, store, meter: new StoreMeter(store), cumulative: () => values(cumulative()), delta: () => values(delta()) };
}

/** Values by name and attributes; of a histogram its count. */
const values = ({ metrics: all }: StoreCollection): Readonly<Record<string, number>> =>
  Object.fromEntries(
    all.flatMap(({ definition, points }) =>
      points.map(({ attributes, value }) => {
        const labels = Object.values(attributes).join(",");
        return [labels === "" ? definition.name : `${definition.name} ${labels}`, typeof value === "number" ? value : value.count];
      }),
    ),
  );

describe("StoreMeter", () => {
  it("StoreMeter records each kind of synchronous instrument, for every reader", () => {
    const { cumulative, delta, meter } = stored();
    const [sent, open] = [meter.createCounter("sent"), meter.createUpDownCounter("open")];
    const [level, took] = [meter.createGauge("level"), meter.createHistogram("took")];
    for (const amount of [3, 4]) {
      sent.add(amount, { to: "a" });
      open.add(amount);
      level.record(amount);
      took.record(amount);
    }
    open.add(-5);
    expect(cumulative()).toEqual({ "sent a": 7, open: 2, level: 4, took: 2 });
    expect(delta()).toEqual({ "sent a": 7, open: 2, level: 4, took: 2 });
    sent.add(1, { to: "a" });
    expect(cumulative()).toEqual({ "sent a": 8, open: 2, level: 4, took: 2 });
    expect(delta()).toEqual({ "sent a": 1, open: 2, level: 4 });
    expect(delta()).toEqual({ open: 2, level: 4 });
  });

  it("StoreMeter ignores what would spoil a sum for good: values that are not finite, and negative ones", () => {
    const { cumulative, meter } = stored();
    const [sent, took] = [meter.createCounter("sent"), meter.createHistogram("took")];
    for (const value of [NaN, Infinity, -1, 2]) {
      sent.add(value);
      took.record(value);
    }
    expect(cumulative()).toEqual({ sent: 2, took: 1 });
  });

  it("StoreMeter takes attributes in any order, and a histogram's boundaries from its advice", () => {
    const { meter, store } = stored();
    const read = store.addReader(() => false);
    const took = meter.createHistogram("took", { unit: "s", advice: { explicitBucketBoundaries: [1] } });
    took.record(0.5, { a: "1", b: "2" });
    took.record(2, { b: "2", a: "1" });
    const [metric] = read().metrics;
    expect(metric?.definition).toMatchObject({ name: "took", unit: "s", kind: "histogram" });
    expect(metric?.points.map(({ value }) => (value as HistogramValue).buckets)).toEqual([{ boundaries: [1], counts: [1, 1] }]);
  });

  it("StoreMeter exports exactly what callbacks observe in a collection, and again once it is observed again", () => {
    const { cumulative, delta, meter } = stored();
    const [level, total] = [meter.createObservableGauge("level"), meter.createObservableCounter("total")];
    let observed: Readonly<Record<string, number>> = { a: 1, b: 2 };
    const observe: BatchObservableCallback = (result) => {
      for (const [name, value] of Object.entries(observed)) {
        result.observe(level, value, { name });
        result.observe(total, value, { name });
      }
    };
    meter.addBatchObservableCallback(observe);
    expect(cumulative()).toEqual({ "level a": 1, "level b": 2, "total a": 1, "total b": 2 });
    expect(delta()).toEqual({ "level a": 1, "level b": 2, "total a": 1, "total b": 2 });
    observed = { b: 5 };
    expect(cumulative()).toEqual({ "level b": 5, "total b": 5 });
    expect(delta()).toEqual({ "level b": 5, "total b": 3 });
    observed = { a: 1, b: 5 };
    expect(cumulative()).toEqual({ "level a": 1, "level b": 5, "total a": 1, "total b": 5 });
    meter.removeBatchObservableCallback(observe);
    expect(cumulative()).toEqual({});
  });

  it("StoreMeter reports what callbacks throw and exports the others", () => {
    const { meter, store } = stored();
    const read = store.addReader(() => false);
    const [broken, fine] = [meter.createObservableGauge("broken"), meter.createObservableGauge("fine")];
    const throwing = (): void => {
      throw new Error("no");
    };
    broken.addCallback(throwing);
    fine.addCallback((result) => result.observe(1));
    const collected = read();
    expect(collected.errors).toEqual([new Error("no")]);
    expect(values(collected)).toEqual({ fine: 1 });
    broken.removeCallback(throwing);
    expect(read().errors).toEqual([]);
  });

  it("StoreMeter adds up counters that two collectors share, and keeps their sum when one of them ends", () => {
    const { cumulative, delta, meter, store } = stored();
    const other = new StoreMeter(store);
    const totals = new Map([
      [meter, 5],
      [other, 3],
    ]);
    for (const each of [meter, other]) {
      each.createCounter("sent").add(2);
      each.createObservableCounter("total").addCallback((result) => result.observe(totals.get(each) ?? 0));
    }
    expect(cumulative()).toEqual({ sent: 4, total: 8 });
    totals.set(other, 4);
    expect(cumulative()).toEqual({ sent: 4, total: 9 });
    meter.close();
    expect(cumulative()).toEqual({ sent: 4, total: 9 });
    expect(delta()).toEqual({ sent: 4, total: 9 });
    other.close();
    expect(cumulative()).toEqual({});
  });

  it("StoreMeter that is closed ends its series after their last delta, and records nothing more", () => {
    const { cumulative, delta, meter } = stored();
    const sent = meter.createCounter("sent");
    sent.add(2);
    expect(delta()).toEqual({ sent: 2 });
    sent.add(3);
    meter.close();
    sent.add(100);
    expect(cumulative()).toEqual({});
    expect(delta()).toEqual({ sent: 3 });
    expect(delta()).toEqual({});
  });

  it("StoreMeter starts again from zero with a collector that follows one that was closed", () => {
    const { cumulative, delta, meter, store } = stored();
    meter.createCounter("sent").add(7);
    cumulative();
    meter.close();
    const next = new StoreMeter(store);
    next.createCounter("sent").add(1);
    expect(cumulative()).toEqual({ sent: 1 });
    expect(delta()).toEqual({ sent: 8 });
  });

  it("StoreMeter sums what is over the cardinality limit in one series", () => {
    const { cumulative, meter } = stored();
    const sent = meter.createCounter("sent");
    for (let n = 0; n < CARDINALITY_LIMIT + 5; n += 1) sent.add(1, { n });
    const all = cumulative();
    expect(Object.keys(all)).toHaveLength(CARDINALITY_LIMIT + 1);
    expect(all["sent true"]).toBe(5);
  });

  it("StoreMeter keeps one series of a field while either of two collectors records it", () => {
    const { clock, cumulative, meter, store } = stored();
    const done = counter("jobs.done", "{job}");
    const untilMs = clock.monotonicMs() + 1_000;
    const [first, second] = [meter, new StoreMeter(store)].map((each) => each.field(done).series({ name: "jobs" }));
    first?.record(5, untilMs);
    second?.record(6, untilMs);
    first?.end();
    expect(cumulative()).toEqual({ "jobs.done jobs": 6 });
    second?.end();
    expect(cumulative()).toEqual({});
  });

  it("StoreMeter exports the last delta of a field that has ended, once", () => {
    const { clock, cumulative, delta, meter } = stored();
    const series = meter.field(counter("jobs.done", "{job}")).series({});
    series.record(100, clock.monotonicMs() + 1_000);
    expect(delta()).toEqual({ "jobs.done": 0 });
    series.record(104, clock.monotonicMs() + 1_000);
    series.end();
    expect(cumulative()).toEqual({});
    expect(delta()).toEqual({ "jobs.done": 4 });
    expect(delta()).toEqual({});
  });

  it("StoreMeter exports the value of a field until its time, exclusively", () => {
    const { clock, cumulative, meter } = stored();
    const series = meter.field(gauge("load", "1")).series({});
    series.record(0.5, clock.monotonicMs() + 1_000);
    clock.block(999);
    expect(cumulative()).toEqual({ load: 0.5 });
    clock.block(1);
    expect(cumulative()).toEqual({});
  });
});

it("providerWith returns the collector's meter for the scope of this package, and the program's for every other", () => {
  const { meter } = stored();
  const others = metrics.getMeterProvider();
  const provider = providerWith(meter, others);
  expect(provider.getMeter(PACKAGE_NAME, "1")).toBe(meter);
  expect(provider.getMeter("program")).not.toBe(meter);
});

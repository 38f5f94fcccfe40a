import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { CARDINALITY_LIMIT, keyOf, MetricStore, type InstrumentDefinition } from "../../src/telemetry/metric-store.ts";

const total: InstrumentDefinition = { name: "io", description: "", unit: "By", kind: "counter", isObserved: true, isFromZero: false };

function stored({ isDelta = false } = {}) {
  const clock = new ManualClock();
  const store = new MetricStore(clock);
  const collect = store.addReader(() => isDelta);
  return { clock, store, collect, pointsOf: () => collect().metrics.flatMap(({ points }) => points) };
}

describe("MetricStore", () => {
  it("MetricStore shares an instrument of one definition, and keeps those apart that differ in unit or kind", () => {
    const { store } = stored();
    const instrument = store.instrument(total);
    expect(store.instrument({ ...total })).toBe(instrument);
    expect(store.instrument({ ...total, unit: "1" })).not.toBe(instrument);
    expect(store.instrument({ ...total, kind: "gauge" })).not.toBe(instrument);
  });

  it("MetricStore holds every reader's points at its own collection time", () => {
    const { clock, store, pointsOf } = stored();
    const seldom = store.addReader(() => false);
    const series = store.instrument(total).open({ name: "a" }, clock.wallMs());
    series.record(5, clock.wallMs());
    expect(pointsOf()).toMatchObject([{ startTime: [clock.wallMs() / 1_000, 0], endTime: [clock.wallMs() / 1_000, 0] }]);
    clock.block(1_500);
    const [point] = seldom().metrics[0]?.points ?? [];
    expect(point).toMatchObject({ endTime: [Math.floor(clock.wallMs() / 1_000), 500_000_000] });
    expect(point?.startTime).toEqual(point?.endTime);
  });

  it("MetricStore opens a series again as a new one after it had ended, with and without growth that waits for a delta", () => {
    for (const isDelta of [false, true]) {
      const { clock, store, pointsOf } = stored({ isDelta });
      const instrument = store.instrument(total);
      const first = instrument.open({ name: "a" }, clock.wallMs());
      first.record(5, clock.wallMs());
      first.record(7, clock.wallMs());
      instrument.release(first);
      const again = instrument.open({ name: "a" }, clock.wallMs());
      again.record(100, clock.wallMs());
      expect(pointsOf().map(({ value }) => value)).toEqual([isDelta ? 2 : 100]);
      again.record(101, clock.wallMs());
      expect(pointsOf().map(({ value }) => value)).toEqual([isDelta ? 1 : 101]);
    }
  });

  it("MetricStore bounds the series that have ended and wait for their last delta", () => {
    const { clock, store, pointsOf } = stored({ isDelta: true });
    const instrument = store.instrument(total);
    for (let n = 0; n < 2 * CARDINALITY_LIMIT; n += 1) {
      const series = instrument.open({ n }, clock.wallMs());
      series.record(1, clock.wallMs());
      series.record(2, clock.wallMs());
      instrument.release(series);
    }
    expect(pointsOf()).toHaveLength(CARDINALITY_LIMIT);
    expect(pointsOf()).toEqual([]);
  });
});

it("keyOf is the same for attributes in any order, and differs in names and values", () => {
  expect(keyOf({ a: "1", b: "2" })).toBe(keyOf({ b: "2", a: "1" }));
  expect(new Set([{}, { a: "1" }, { a: "2" }, { b: "1" }, { a: "1", b: "" }].map(keyOf)).size).toBe(5);
});

describe("keyOf", () => {
  it("keyOf is equal for attributes in another order, and different for attributes whose values contain names and separators", () => {
    expect(keyOf({ a: "x", b: "y" })).toBe(keyOf({ b: "y", a: "x" }));
    const values = ["x", "y\0b\0z", "x\0b\0y", "z", '","', '"],["b","'];
    const pairs = values.flatMap((a) => values.map((b) => ({ a, b })));
    expect(new Set(pairs.map(keyOf)).size).toBe(pairs.length);
  });
});

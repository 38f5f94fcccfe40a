/**
 * Pins https://github.com/open-telemetry/opentelemetry-js/issues/4096: with cumulative temporality the SDK exports the last value of an
 * observable instrument for ever, with a current timestamp, after its callback stopped observing it.
 */
import { describe, expect, it } from "vitest";
import { counter, duration, gauge, oneOf, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { instrumented } from "../support/instrumented.ts";

const queue = defineSampleType("queue", {
  depth: gauge("queue.depth", "{job}", { by: [upTo(10, "queue.name")] }),
  done: counter("queue.done", "By", { by: [oneOf("direction", "in", "out")] }),
  load: gauge("queue.load", "1"),
  wait: duration("queue.wait"),
});

describe("stale series: opentelemetry-js#4096", () => {
  it("gauges, counters and histograms outlive a failed reading, and disappear from scrapes after three intervals without data", async () => {
    const { clock, record, fail, lines } = instrumented(queue);
    record({ depth: { a: 2, b: 3 }, done: { in: 100, out: 50 }, load: 0.5, wait: 0.02 });
    clock.block(2_999);
    fail();
    expect((await lines("queue_")).length).toBeGreaterThan(10);
    clock.block(1);
    expect(await lines("queue_")).toEqual([]);
    expect(await lines("queue_")).toEqual([]);
    record({ load: 1 });
    expect(await lines("queue_")).toEqual(['queue_load_ratio{vitals_collection_name="c"} 1']);
  });

  it("a series that samples no longer contain disappears although others of its instrument continue", async () => {
    const { clock, record, lines } = instrumented(queue);
    record({ depth: { a: 1, b: 1 } });
    for (let n = 0; n < 3; n += 1) {
      clock.block(1_000);
      record({ depth: { b: 2 } });
    }
    expect(await lines("queue_")).toEqual(['queue_depth{vitals_collection_name="c",queue_name="b"} 2']);
  });
});

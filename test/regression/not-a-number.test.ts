/**
 * Pins a property of opentelemetry-js sdk-metrics 3.1.0: adding NaN to a counter, or recording Infinity in a histogram, makes its sum
 * NaN or infinite for the rest of the process.
 */
import { expect, it } from "vitest";
import { counter, duration, gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { instrumented } from "../support/instrumented.ts";

const queue = defineSampleType("queue", {
  done: counter("queue.done", "{job}"),
  load: gauge("queue.load", "1"),
  wait: duration("queue.wait"),
});

it("NaN and Infinity never reach an instrument, and the values after them are exported", async () => {
  const { record, lines } = instrumented(queue);
  record({ done: Number.NaN, load: Number.NaN, wait: Number.POSITIVE_INFINITY });
  expect(await lines("queue_")).toEqual([]);
  record({ done: 7, load: 0.5, wait: 0.25 });
  const after = await lines("queue_");
  expect(after.filter((line) => !line.includes("bucket"))).toEqual([
    'queue_done_total{vitals_collection_name="c"} 7',
    'queue_load_ratio{vitals_collection_name="c"} 0.5',
    'queue_wait_seconds_count{vitals_collection_name="c"} 1',
    'queue_wait_seconds_sum{vitals_collection_name="c"} 0.25',
  ]);
});

/**
 * Pins https://github.com/open-telemetry/opentelemetry-js/issues/3664 and #3667: sdk-metrics 3.1.0 drops the reset of a sum when it merges
 * deltas that a reader has not collected. A counter of a source that restarted was wrong for ever in the reader that collects less often,
 * and a first delta contained everything since the source's boot.
 */
import { describe, expect, it } from "vitest";
import { counter, gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { instrumented } from "../support/instrumented.ts";
import { keeper, type OtlpPoint } from "../support/otlp-keeper.ts";

const jobs = defineSampleType("jobs", { done: counter("jobs.done", "{job}"), load: gauge("jobs.load", "1") });

type Backend = Awaited<ReturnType<typeof keeper>>;

/** Value, and start and end in seconds since the test began, of each exported point of the counter. */
const pointsOf = ({ metrics }: Backend): readonly { value: number; from: number; to: number }[] =>
  metrics.filter(({ name }) => name === "jobs.done").flatMap(({ sum }) => (sum?.dataPoints ?? []).map(pointOf));

const seconds = (nanoseconds = "0"): number =>
  Number((BigInt(nanoseconds) - BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n) / 1_000_000n) / 1_000;

const pointOf = ({ asDouble = NaN, startTimeUnixNano, timeUnixNano }: OtlpPoint) => ({
  value: asDouble,
  from: seconds(startTimeUnixNano),
  to: seconds(timeUnixNano),
});

/** A counter that is measured once a second, scraped after each measurement, and pushed when the test says so. */
async function scrapedAndPushed(backend: Backend, temporality_preference = "cumulative") {
  const parts = instrumented(jobs, { endpoint: backend.url, temporality_preference });
  const scraped: number[] = [];
  return {
    ...parts,
    scraped,
    push: () => parts.telemetry.forceFlush(5_000),
    measure: async (...totals: readonly number[]) => {
      for (const done of totals) {
        parts.record({ done });
        const [line = ""] = await parts.lines("jobs_done_total");
        scraped.push(Number(line.split(" ")[1]));
        parts.clock.block(1_000);
      }
    },
  };
}

describe("a source's counter that restarts: opentelemetry-js#3664", () => {
  it("a counter that restarts is right in a frequent scrape and a rare push, whose start time moves", async () => {
    await using backend = await keeper();
    const { measure, push, scraped, telemetry } = await scrapedAndPushed(backend);
    await measure(1_000, 1_050);
    await push();
    await measure(1_100);
    await push();
    await measure(65, 100, 165);
    await push();
    await measure(200);
    await push();
    expect(scraped).toEqual([1_000, 1_050, 1_100, 65, 100, 165, 200]);
    expect(pointsOf(backend)).toEqual([
      { value: 1_050, from: 2, to: 2 },
      { value: 1_100, from: 2, to: 3 },
      { value: 165, from: 3, to: 6 },
      { value: 200, from: 3, to: 7 },
    ]);
    await telemetry.shutdown(1_000);
  });

  it("a counter that restarts and outgrows its old value before the next push has a new start time", async () => {
    await using backend = await keeper();
    const { measure, push, telemetry } = await scrapedAndPushed(backend);
    await measure(1_000);
    await push();
    await measure(1_001, 1_002, 7, 2_000);
    await push();
    expect(pointsOf(backend)).toEqual([
      { value: 1_000, from: 1, to: 1 },
      { value: 2_000, from: 2, to: 5 },
    ]);
    await telemetry.shutdown(1_000);
  });

  it("a counter that was pushed only once before it restarted has a later start time", async () => {
    await using backend = await keeper();
    const { measure, push, telemetry } = await scrapedAndPushed(backend);
    await measure(1_000);
    await push();
    await measure(5);
    await push();
    expect(pointsOf(backend)).toEqual([
      { value: 1_000, from: 1, to: 1 },
      { value: 5, from: 1.001, to: 2 },
    ]);
    await telemetry.shutdown(1_000);
  });

  it("a delta contains all that a counter grew, across every restart between two pushes", async () => {
    await using backend = await keeper();
    const { measure, push, telemetry } = await scrapedAndPushed(backend, "delta");
    await measure(1_000);
    await push();
    await measure(1_010, 5, 8, 2, 3);
    await push();
    await push();
    expect(pointsOf(backend)).toEqual([
      { value: 0, from: 0, to: 1 },
      { value: 10 + 5 + 3 + 2 + 1, from: 1, to: 6 },
      { value: 0, from: 6, to: 6 },
    ]);
    await telemetry.shutdown(1_000);
  });

  it("a counter that restarts is right in a frequent push and a rare scrape", async () => {
    await using backend = await keeper();
    const { record, clock, push, telemetry, lines } = await scrapedAndPushed(backend);
    for (const done of [1_000, 1_100, 65, 165]) {
      record({ done });
      await push();
      clock.block(1_000);
    }
    expect(await lines("jobs_done_total")).toEqual(['jobs_done_total{vitals_collection_name="c"} 165']);
    expect(pointsOf(backend).map(({ value }) => value)).toEqual([1_000, 1_100, 65, 165]);
    await telemetry.shutdown(1_000);
  });
});

describe("a source's counter that is absent for a while", () => {
  it("a counter that returns within an hour continues its sequence", async () => {
    await using backend = await keeper();
    const { clock, measure, push, telemetry } = await scrapedAndPushed(backend);
    await measure(1_000);
    await push();
    clock.block(3_598_000);
    await push();
    await measure(1_500);
    await push();
    expect(pointsOf(backend)).toEqual([
      { value: 1_000, from: 1, to: 1 },
      { value: 1_500, from: 1, to: 3_600 },
    ]);
    await telemetry.shutdown(1_000);
  });

  it("a counter that its source did not have for more than an hour starts a new sequence, of which nothing is known", async () => {
    await using backend = await keeper();
    const { clock, measure, push, record, telemetry } = await scrapedAndPushed(backend, "delta");
    await measure(1_000, 1_001);
    await push();
    clock.block(3_603_000);
    record({ load: 1 });
    record({ done: 5_000 });
    await push();
    await measure(5_002);
    await push();
    expect(pointsOf(backend).map(({ value }) => value)).toEqual([1, 0, 2]);
    await telemetry.shutdown(1_000);
  });
});

describe("the first export of a source's counter", () => {
  it("the first delta of a counter starts at the first observation, not at the boot of its source", async () => {
    await using backend = await keeper();
    const { measure, push, telemetry } = await scrapedAndPushed(backend, "delta");
    await measure(1_000_000, 1_000_004);
    await push();
    expect(pointsOf(backend)).toEqual([{ value: 4, from: 0, to: 2 }]);
    await telemetry.shutdown(1_000);
  });

  it("the first point of a counter has equal start and end times, as OpenTelemetry's data model has it for an unknown start", async () => {
    await using backend = await keeper();
    const { measure, push, telemetry } = await scrapedAndPushed(backend);
    await measure(1_000_000, 1_000_004);
    await push();
    await measure(1_000_005);
    await push();
    expect(pointsOf(backend)).toEqual([
      { value: 1_000_004, from: 2, to: 2 },
      { value: 1_000_005, from: 2, to: 3 },
    ]);
    await telemetry.shutdown(1_000);
  });
});

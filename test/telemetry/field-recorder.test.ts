import { emptyResource } from "@opentelemetry/resources";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { counter, duration, gauge, upDownCounter } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { MeterRecorder } from "../../src/telemetry/field-recorder.ts";
import { SampleInstruments } from "../../src/telemetry/instruments.ts";
import { everyField } from "../support/cadence.ts";
import { resolved } from "../support/points.ts";

const queue = defineSampleType("queue", {
  depth: upDownCounter("queue.depth", "{job}"),
  done: counter("queue.done", "{job}"),
  load: gauge("queue.load", "1"),
  wait: duration("queue.wait"),
});

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** Sample instruments on a program's own meter provider. */
function embedded() {
  const clock = new ManualClock();
  const reader = new Reader();
  const provider = new MeterProvider({ readers: [reader], resource: emptyResource() });
  const instruments = new SampleInstruments(new MeterRecorder(provider.getMeter("otel-vitals"), clock), clock);
  instruments.register({ name: "jobs", type: queue, cadence: everyField(queue, 1_000) });
  const collect = async (): Promise<Readonly<Record<string, unknown>>> => {
    const { resourceMetrics } = await reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    return Object.fromEntries(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map(({ value }) => value)]));
  };
  const record = (values: object): void => instruments.record("jobs", resolved(instruments, queue, values));
  return { clock, collect, instruments, record };
}

describe("MeterRecorder", () => {
  it("MeterRecorder makes an instrument of each kind on the program's meter, whose callbacks observe from observe to close", async () => {
    const { collect, instruments, record } = embedded();
    record({ depth: 3, done: 1_000, load: 0.5, wait: 0.02 });
    expect(Object.keys(await collect())).toEqual(["queue.wait"]);
    instruments.observe();
    expect(await collect()).toMatchObject({
      "queue.depth": [3],
      "queue.done": [1_000],
      "queue.load": [0.5],
      "queue.wait": [{ count: 1, sum: 0.02, buckets: { boundaries: expect.arrayContaining([0.0005, 0.025, 60]) as number[] } }],
    });
    instruments.close();
    record({ depth: 4 });
    expect(await collect()).toMatchObject({ "queue.depth": [3] });
  });

  it("MeterRecorder leaves a restart of a counter to the SDK, which recognises it if its reader collects in between", async () => {
    const { collect, instruments, record } = embedded();
    instruments.observe();
    for (const [done, seen] of [
      [1_000, 1_000],
      [65, 65],
      [165, 165],
    ] as const) {
      record({ done });
      expect(await collect()).toMatchObject({ "queue.done": [seen] });
    }
  });

  it("MeterRecorder observes no stale value; the SDK repeats the last", async () => {
    const { clock, collect, instruments, record } = embedded();
    instruments.observe();
    record({ depth: 3 });
    clock.block(3_000);
    expect(await collect()).toEqual({});
    record({ depth: 4 });
    await collect();
    clock.block(3_000);
    expect(await collect()).toEqual({ "queue.depth": [4] });
  });
});

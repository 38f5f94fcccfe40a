import type { Meter } from "@opentelemetry/api";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { Collector, CollectorSettings } from "../../src/collector/collector.ts";
import { createApp } from "../../src/http/index.ts";
import { counter, duration, gauge, upDownCounter, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

const queue = defineSampleType("queue", {
  depth: upDownCounter("queue.depth", "{job}", { by: [upTo(5, "queue.name")] }),
  done: counter("queue.done", "{job}"),
  load: gauge("queue.load", "1"),
  wait: duration("queue.wait"),
});
const queueKind = defineSource({
  kind: "queue",
  options: z.strictObject({}),
  open: () => ({}),
  readings: [reading(queue, () => ({ depth: { mail: 3 }, done: 5, load: 0.5, wait: 0.1 }))],
});

/** Makes a collector with one collection and the event stream's metrics. */
function make(name: string, clock: ManualClock, settings: CollectorSettings<typeof queueKind>): Collector {
  const config = {
    sources: { [`${name}-source`]: { kind: "queue" as const } },
    collections: { [name]: { source: `${name}-source`, interval: "1s" } },
  };
  const collector = createCollector(config, { ...settings, clock, sourceKinds: [queueKind] });
  createApp(collector, { clock });
  return collector;
}

/** Series of a scrape that are not the SDK's. */
const seriesOf = (text: string): readonly string[] => text.split("\n").filter((line) => /^(queue|vitals)_/.test(line));

describe("a meter provider shared by collectors", () => {
  it("our own reader exports no series of collectors that were shut down", async () => {
    const clock = new ManualClock();
    await using telemetry = createTelemetry(
      { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
      { resource: {}, clock },
    );
    const scrape = async (): Promise<readonly string[]> => seriesOf((await telemetry.scrape?.())?.text ?? "");
    for (const name of ["a", "b", "c", "d", "e"]) {
      const collector = make(name, clock, { telemetry });
      expect(await scrape()).toEqual([]);
      await collector.start();
      await clock.advance(3_000);
      const series = await scrape();
      for (const family of ["queue_depth", "queue_done_total", "queue_load_ratio", "queue_wait_seconds_count", "vitals_collection_up"])
        expect(series).toContainEqual(expect.stringMatching(`^${family}\\{vitals_collection_name="${name}"`));
      expect(series).toContainEqual(expect.stringMatching(/^vitals_collection_ticks_total\{/));
      await collector.shutdown();
      expect(await scrape()).toEqual([]);
    }
  });

  it("our own reader keeps the series of a running collector when another is shut down", async () => {
    const clock = new ManualClock();
    await using telemetry = createTelemetry(
      { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
      { resource: {}, clock },
    );
    await using stays = make("stays", clock, { telemetry });
    const ends = make("ends", clock, { telemetry });
    await Promise.all([stays.start(), ends.start()]);
    await clock.advance(3_000);
    const before = seriesOf((await telemetry.scrape?.())?.text ?? "").join("\n");
    for (const label of ['vitals_component_name="collection:ends"', 'vitals_source_name="ends-source"']) expect(before).toContain(label);
    await ends.shutdown();
    await clock.advance(1_000);
    const text = seriesOf((await telemetry.scrape?.())?.text ?? "").join("\n");
    expect(text).not.toContain("ends");
    for (const family of ["queue_depth", "vitals_collection_up", "vitals_collection_ticks_total", "vitals_component_status"])
      expect(text).toMatch(new RegExp(`^${family}\\{.*stays`, "m"));
  });

  it("our own reader ends counters of a collector that was shut down although they name no collection, while another is running", async () => {
    await using telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
    const clock = new ManualClock();
    const scripted = (name: string) => {
      const fail = (): never => {
        throw new Error("no");
      };
      return scriptedCollector({ [name]: fail }, each([name]), { telemetry, clock }).collector;
    };
    const [stays, ends] = [scripted("stays"), scripted("ends")];
    await Promise.all([stays.start(), ends.start()]);
    await clock.advance(60_000);
    const transitions = async (): Promise<readonly string[]> =>
      seriesOf((await telemetry.scrape?.())?.text ?? "").filter((line) => line.startsWith("vitals_component_transitions_total{"));
    expect((await transitions()).join("\n")).toMatch(/"collection:ends"[^]*"collection:stays"|"collection:stays"[^]*"collection:ends"/);
    await ends.shutdown();
    const left = (await transitions()).join("\n");
    expect(left).toContain('"collection:stays"');
    expect(left).not.toContain('"collection:ends"');
    await stays.shutdown();
  });

  it("a meter provider holds no callback of a collector before start and after shutdown", async () => {
    const clock = new ManualClock();
    const { provider, callbacks } = counting();
    for (const name of ["a", "b", "c", "d", "e"]) {
      const collector = make(name, clock, { meterProvider: provider });
      expect(callbacks.size).toBe(0);
      await collector.start();
      await clock.advance(1_000);
      expect(callbacks.size).toBeGreaterThan(3);
      await collector.shutdown();
      expect(callbacks.size).toBe(0);
    }
  });
});

/** A meter provider that knows the callbacks that were added and not removed. */
function counting() {
  const callbacks = new Set<unknown>();
  const provider = new MeterProvider();
  const getMeter = (...args: Parameters<MeterProvider["getMeter"]>): Meter => {
    const meter = provider.getMeter(...args);
    const wrap = <T extends { addCallback(callback: never): void; removeCallback(callback: never): void }>(observable: T): T =>
      Object.assign(observable, {
        addCallback: (callback: unknown) => callbacks.add(callback),
        removeCallback: (callback: unknown) => callbacks.delete(callback),
      });
    return {
      createGauge: meter.createGauge.bind(meter),
      createHistogram: meter.createHistogram.bind(meter),
      createCounter: meter.createCounter.bind(meter),
      createUpDownCounter: meter.createUpDownCounter.bind(meter),
      createObservableGauge: (name, options) => wrap(meter.createObservableGauge(name, options)),
      createObservableCounter: (name, options) => wrap(meter.createObservableCounter(name, options)),
      createObservableUpDownCounter: (name, options) => wrap(meter.createObservableUpDownCounter(name, options)),
      addBatchObservableCallback: (callback) => callbacks.add(callback),
      removeBatchObservableCallback: (callback) => callbacks.delete(callback),
    };
  };
  return { provider: { getMeter }, callbacks };
}

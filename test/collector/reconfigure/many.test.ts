import { createNoopMeter, type Meter } from "@opentelemetry/api";
import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ManualClock, settle } from "../../../src/base/manual-clock.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { running, type WorldConfig } from "../../support/reconfigured.ts";

const SECOND = 1_000;
const PULL = { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] };

/** A clock that counts who sleeps on it. */
class CountingClock extends ManualClock {
  sleepers = 0;

  override async sleepUntil(monotonicMs: number, signal: AbortSignal): Promise<void> {
    this.sleepers += 1;
    await super.sleepUntil(monotonicMs, signal);
    this.sleepers -= 1;
  }
}

/** A program's meter provider, with the callbacks that are registered. */
function countingProvider() {
  const callbacks = new Set<unknown>();
  const observable = () => ({
    addCallback: (each: unknown) => void callbacks.add(each),
    removeCallback: (each: unknown) => void callbacks.delete(each),
  });
  const meter: Meter = createNoopMeter();
  meter.createObservableGauge = meter.createObservableCounter = meter.createObservableUpDownCounter = observable;
  meter.addBatchObservableCallback = (each) => void callbacks.add(each);
  meter.removeBatchObservableCallback = (each) => void callbacks.delete(each);
  return { callbacks, provider: { getMeter: () => meter } };
}

/** Everything of it differs but the collection `steady`. */
const alternating = (n: number): WorldConfig => {
  const isEven = n % 2 === 0;
  const steady = { source: "s", type: "queue", interval: "100ms", retain: 100 };
  const changing = isEven ? { interval: "100ms", retain: 100 } : { interval: "300ms", retain: 50 };
  return {
    windows: isEven ? ["1m"] : ["2m", "3m"],
    sources: {
      s: { kind: "world" },
      other: { kind: "world", at: isEven ? "even" : "odd" },
      ...(isEven ? { extra: { kind: "world", at: "extra" } } : {}),
    },
    collections: {
      steady,
      changing: { source: "s", type: "queue", ...changing },
      moved: { source: "other", type: "queue", interval: "100ms", retain: 100 },
      typed: { source: "s", type: isEven ? "queue" : "worker", interval: "1s" },
      ...(isEven ? { extra: { source: "extra", type: "worker", interval: "100ms", retain: 100 } } : {}),
    },
    health: {
      startup_grace: "0s",
      history: isEven ? 20 : 10,
      informational: isEven ? ["source:s"] : [],
      rules: [{ name: "Deep", collection: "changing", field: "depth", above: isEven ? 0.5 : 5, keep_firing_for: "0s", window: "5s" }],
    },
    alerts: isEven ? { webhook: { url: "http://127.0.0.1:1/" } } : {},
  };
};

const collectGarbage = (): void => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
};

it("1 000 reconfigurations under load leave as many listeners, callbacks, sleepers, connections and components as one, and miss no tick", async () => {
  const warnings: string[] = [];
  const warn = (warning: Error): void => void warnings.push(warning.name);
  process.on("warning", warn);
  const clock = new CountingClock();
  const { callbacks, provider } = countingProvider();
  const { collector, connections } = await running(alternating(0), { clock, meterProvider: provider });
  await clock.advance(10 * SECOND);
  const cycle = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n += 1) {
      await collector.reconfigure(alternating(n + 1));
      await clock.advance(20);
    }
  };
  const counts = async () => {
    await clock.advance(SECOND);
    await settle();
    collectGarbage();
    return {
      listeners: getEventListeners(collector.stopping, "abort").length,
      callbacks: callbacks.size,
      sleepers: clock.sleepers,
      open: connections.filter((line) => line.startsWith("open")).length - connections.filter((line) => line.startsWith("close")).length,
      components: collector.health
        .report()
        .components.map(({ component }) => component)
        .toSorted(),
      loops: collector.liveness().find(({ name }) => name === "loops")?.detail,
    };
  };
  await cycle(0, 100);
  const before = await counts();
  const heapBefore = process.memoryUsage().heapUsed;
  await cycle(100, 1_100);
  expect(await counts()).toEqual(before);
  const grownMb = (process.memoryUsage().heapUsed - heapBefore) / 1024 / 1024;
  expect(grownMb).toBeLessThan(4);
  expect(before.callbacks).toBeGreaterThan(3);
  expect(before.open).toBe(3);
  const { steady } = collector.stats().ticks;
  // The first tick is due up to 200 ms after the start.
  const due = (10 * SECOND + 1_100 * 20 + 2 * SECOND) / 100;
  expect(steady?.success).toBeGreaterThanOrEqual(due - 2);
  expect(steady).toMatchObject({ failed: 0, timeout: 0, missed: 0, rejected: 0, invalid: 0 });
  await collector.shutdown();
  await clock.advance(SECOND);
  expect(callbacks.size).toBe(0);
  process.off("warning", warn);
  expect(warnings).toEqual([]);
}, 240_000);

const kinds = fc.constantFrom("queue" as const, "worker" as const);
const source = fc.record({
  kind: fc.constant("world"),
  at: fc.constantFrom("here", "there"),
  breaker: fc.constantFrom({}, { failures: 3 }),
});
const subset = <T>(items: readonly T[], minLength = 0): fc.Arbitrary<T[]> => fc.subarray([...items], { minLength });

/** A valid configuration of a small world. */
const configuration: fc.Arbitrary<WorldConfig> = subset(["s", "t"], 1).chain((names) =>
  fc
    .record({
      sources: fc.record(Object.fromEntries(names.map((name) => [name, source]))),
      collections: subset(["a", "b", "c"]).chain((each) =>
        fc.record(
          Object.fromEntries(
            each.map((name) => [
              name,
              fc.record({
                source: fc.constantFrom(...names),
                type: kinds,
                interval: fc.constantFrom("500ms", "1s", "2s"),
                retain: fc.constantFrom(200, 300),
                slow: fc.constantFrom("300ms", "400ms"),
              }),
            ]),
          ),
        ),
      ),
      windows: fc.constantFrom<string[]>(["1m"], ["30s", "2m"]),
      above: fc.constantFrom(undefined, 3, 4),
      informational: fc.boolean(),
      flapping: fc.constantFrom("5m", "1m"),
      webhook: fc.constantFrom("", "http://127.0.0.1:1/", "http://127.0.0.1:2/"),
      alertmanager: fc.constantFrom("", "http://127.0.0.1:1"),
    })
    .map(({ above, alertmanager, collections, flapping, informational, sources, webhook, windows }) => {
      const measured = { queue: { field: "depth", above }, worker: { field: "busy", above: above && above / 5 } };
      const rules = Object.entries(collections).map(([collection, { type }]) => ({ name: "High", collection, ...measured[type] }));
      return {
        sources,
        collections,
        windows,
        alerts: { webhook: { url: webhook }, alertmanager: { url: alertmanager } },
        health: {
          startup_grace: "0s",
          flapping,
          informational: informational ? Object.keys(sources).map((name) => `source:${name}`) : [],
          rules: above === undefined ? [] : rules,
        },
      };
    }),
);

/** What of a collector depends on its configuration, whatever happened before. */
async function surfaces(configs: readonly WorldConfig[]) {
  const clock = new ManualClock();
  const telemetry = createTelemetry(PULL, { resource: {}, clock });
  const [first, ...others] = configs as [WorldConfig, ...WorldConfig[]];
  const { collector, connections } = await running(first, { clock, telemetry });
  for (const config of others) {
    await clock.advance(700);
    await collector.reconfigure(config);
  }
  await clock.advance(6 * SECOND);
  const components = collector.health.report().components.map(({ component, affectsOverall }) => `${component} ${affectsOverall}`);
  const names = new Set(
    collector.health
      .report()
      .components.map(({ component }) => component)
      .concat("overall"),
  );
  const text = (await telemetry.scrape?.())?.text ?? "";
  const series = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.slice(0, line.lastIndexOf(" ")))
    // What a removed component had is 0 for an hour, and what happened is counted.
    .filter((line) => !/^vitals_component_transitions|^vitals_alert/.test(line))
    .filter((line) => names.has(/vitals_component_name="([^"]*)"/.exec(line)?.[1] ?? "overall"));
  const found = {
    collections: collector
      .collections()
      .map((handle) => handle.report())
      .map(({ name, source: from, type, intervalMs, timeoutMs, retain, state, thresholds }) => ({
        name,
        from,
        type,
        intervalMs,
        timeoutMs,
        retain,
        state,
        thresholds,
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
    components: components.toSorted(),
    series: series.toSorted(),
    windows: collector.windows,
    sinks: collector
      .stats()
      .sinks.map(({ name, target }) => `${name} ${target}`)
      .toSorted(),
    unread: collector.readiness().filter(({ ok }) => !ok),
  };
  // A source that nothing reads any more may stay open.
  const open = connections.filter((line) => line.startsWith("open")).length - connections.filter((line) => line.startsWith("close")).length;
  expect(open).toBeLessThanOrEqual(Object.keys(configs.at(-1)?.sources ?? {}).length);
  await collector.shutdown();
  await telemetry.shutdown(1_000);
  return found;
}

it("Any sequence of configurations ends in the same surfaces as a fresh collector of the last one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(configuration, { minLength: 2, maxLength: 5 }), async (configs) => {
      const found = await surfaces(configs);
      expect(found).toEqual(await surfaces(configs.slice(-1)));
      expect(found.series.length).toBeGreaterThan(20);
    }),
    { numRuns: 40 },
  );
}, 240_000);

import { createNoopMeter, diag, DiagLogLevel, type Counter } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { each, scriptedKind } from "../support/scripted.ts";
import { settle, ManualClock } from "../../src/base/manual-clock.ts";

/** A meter whose counters can be made to throw, which the collector does not expect. */
function breakableMeter() {
  const state = { isBroken: false };
  const throwing: Counter = {
    add: () => {
      if (state.isBroken) throw new Error("the counter is broken");
    },
  };
  const meter = Object.assign(createNoopMeter(), { createCounter: () => throwing });
  return { state, meterProvider: { getMeter: () => meter } };
}

function setUp(health: { readonly interval?: string } = {}) {
  const errors: string[] = [];
  const quiet = (): void => {};
  const logger = { error: (message: string) => void errors.push(message), warn: quiet, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const clock = new ManualClock();
  const { state, meterProvider } = breakableMeter();
  const sourceKinds = [scriptedKind({ a: () => ({ depth: 1 }) })];
  const collector = createCollector({ ...each(["a"]), health }, { clock, meterProvider, sourceKinds });
  const loops = () => collector.liveness().find(({ name }) => name === "loops");
  return { clock, collector, errors, loops, state };
}

afterEach(() => diag.disable());

describe("Lifecycle", () => {
  it("A loop that ends unexpectedly fails the collector and its liveness, and is logged with its stack", async () => {
    const { clock, collector, errors, loops, state } = setUp();
    await collector.start();
    await clock.advance(2_000);
    expect([collector.lifecycle, loops()]).toEqual(["running", { name: "loops", ok: true, detail: "2 running" }]);
    state.isBroken = true;
    await clock.advance(1_000);
    expect(collector.lifecycle).toBe("failed");
    expect(loops()).toMatchObject({ ok: false, detail: 'collection "a" ended unexpectedly: the counter is broken' });
    expect(errors[0]).toMatch(/collection "a" ended unexpectedly: Error: the counter is broken\n\s+at /);
    expect(collector.readiness()[0]).toMatchObject({ name: "lifecycle", ok: false });
  });

  it("A collector is alive through a block of the event loop that is longer than three short intervals of health, but not for ever", async () => {
    const { clock, collector } = setUp({ interval: "10ms" });
    const isAlive = () => collector.liveness().every(({ ok }) => ok);
    await collector.start();
    await clock.advance(100);
    clock.block(1_000);
    expect(isAlive()).toBe(true);
    clock.block(5_000);
    expect(isAlive()).toBe(false);
    await clock.advance(10);
    expect(isAlive()).toBe(true);
    await collector.shutdown();
  });

  it("A failed collector can still be shut down", async () => {
    const { clock, collector, state } = setUp();
    await collector.start();
    state.isBroken = true;
    await clock.advance(1_000);
    state.isBroken = false;
    const stopped = collector.shutdown();
    await settle();
    await clock.advance(10_000);
    await stopped;
    expect(collector.lifecycle).toBe("stopped");
  });

  it("A loop that ends because of the shutdown does not fail the collector", async () => {
    const { clock, collector, errors } = setUp();
    await collector.start();
    await clock.advance(2_000);
    await collector.shutdown();
    expect(collector.lifecycle).toBe("stopped");
    expect(errors).toEqual([]);
  });

  it("Collector.start throws when it is called twice", async () => {
    const { collector } = setUp();
    await collector.start();
    await expect(collector.start()).rejects.toMatchObject({ code: "lifecycle" });
    await collector.shutdown();
    await expect(collector.start()).rejects.toMatchObject({ code: "lifecycle" });
  });
});

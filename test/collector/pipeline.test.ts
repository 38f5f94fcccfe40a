import * as z from "zod";
import { diag, DiagLogLevel } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { ManualClock, settle } from "../../src/base/manual-clock.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { counter } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";

afterEach(() => diag.disable());

const PULL = { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] };

describe("Pipeline", () => {
  it("A subscriber finds a sample applied to buffer, counts and health, and its transitions and alerts behind it", async () => {
    let isDown = false;
    const { clock, collector } = scriptedCollector({ a: () => (isDown ? "nonsense" : { depth: 1 }) }, each(["a"]));
    const order: string[] = [];
    collector.journal.subscribe(({ seq, event }) => {
      order.push(event.kind);
      if (event.kind !== "sample") return;
      const handle = collector.collection("a");
      expect(handle.recent(1)[0]?.time).toBe(event.sample.time);
      expect(handle.report().lastOutcome).toBe(event.sample.outcome);
      // Committed together with the sample, so they are already in the journal.
      expect(collector.journal.head).toBeGreaterThanOrEqual(seq);
    });
    await collector.start();
    await clock.advance(5_000);
    isDown = true;
    await clock.advance(120_000);
    expect(new Set(order)).toEqual(new Set(["sample", "transition", "alert"]));
    for (const [n, kind] of order.entries()) if (kind === "alert") expect(order[n - 1]).not.toBe("sample");
    const worst = collector.journal.since(0)?.find(({ event }) => event.kind === "transition" && event.transition.to === "critical");
    const before = collector.journal.since(0)?.findLast(({ seq, event }) => seq < (worst?.seq ?? 0) && event.kind === "sample");
    expect(before?.event).toMatchObject({ sample: { outcome: "invalid" } });
    await collector.shutdown();
  });

  it("Samples, transitions and alerts carry no number of the journal", async () => {
    const { clock, collector } = scriptedCollector({ a: () => "nonsense" }, each(["a"]));
    await collector.start();
    await clock.advance(60_000);
    const entries = collector.journal.since(0) ?? [];
    expect(new Set(entries.map(({ event }) => event.kind))).toEqual(new Set(["sample", "transition", "alert"]));
    for (const { json } of entries) expect(json).not.toContain('"seq"');
    await collector.shutdown();
  });

  it("A subscriber that throws is logged with its stack and counted, and the other subscribers are called", async () => {
    const errors: string[] = [];
    const quiet = (): void => {};
    const logger = { error: (message: string) => void errors.push(message), warn: quiet, info: quiet, debug: quiet, verbose: quiet };
    diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
    const telemetry = createTelemetry(PULL, { resource: {} });
    const { clock, collector } = scriptedCollector({ a: () => ({ depth: 1 }) }, each(["a"]), { telemetry });
    let received = 0;
    collector.journal.subscribe(() => {
      throw new Error("a careless subscriber");
    });
    collector.journal.subscribe(() => void (received += 1));
    await collector.start();
    await clock.advance(3_000);
    expect(
      collector
        .collection("a")
        .recent(10)
        .map(({ outcome }) => outcome),
    ).toEqual(["success", "success", "success"]);
    expect(received).toBe(collector.journal.total);
    expect(errors).toHaveLength(received);
    expect(errors[0]).toMatch(/a journal subscriber threw: Error: a careless subscriber\n\s+at /);
    expect((await telemetry.scrape?.())?.text).toMatch(new RegExp(`^vitals_subscriber_errors_total(\\{.*\\})? ${received}$`, "m"));
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });

  it("Events that a subscriber causes are delivered after the event that it handles", async () => {
    const { clock, collector } = scriptedCollector({ a: () => "nonsense" }, each(["a"]));
    const received: string[] = [];
    collector.journal.subscribe(({ event }) => {
      if (event.kind === "alert" && event.alert.state === "firing") void collector.removeCollection("a");
    });
    collector.journal.subscribe(({ event }) => event.kind === "alert" && received.push(event.alert.state));
    await collector.start();
    await clock.advance(60_000);
    await settle();
    expect(received.slice(0, 2)).toEqual(["firing", "resolved"]);
    await collector.shutdown();
  });

  it("A logger that throws harms neither the collector nor its samples", async () => {
    const error = (): never => {
      throw new Error("the log is broken");
    };
    const logger = { debug: error, info: error, warn: error, error };
    const { clock, collector } = scriptedCollector({ a: () => ({ depth: 1 }) }, each(["a"]), { logger });
    collector.journal.subscribe(() => {
      throw new Error("a careless subscriber");
    });
    await collector.start();
    await clock.advance(3_000);
    expect([collector.collection("a").taken, collector.lifecycle]).toEqual([3, "running"]);
    await collector.shutdown();
  });

  it("A suspension of the process misses no tick, makes nothing stale, and is logged", async () => {
    const logged: string[] = [];
    const quiet = (): void => {};
    const logger = { error: quiet, warn: quiet, info: (message: string) => void logged.push(message), debug: quiet };
    const { clock, collector } = scriptedCollector({ a: () => ({ depth: 1 }) }, each(["a"]), { logger });
    await collector.start();
    await clock.advance(5_000);
    clock.suspend(3_600_000);
    await clock.advance(60_000);
    expect(collector.stats().ticks["a"]).toMatchObject({ success: 65, missed: 0 });
    expect(collector.health.history()).toEqual([]);
    expect(collector.health.report().status).toBe("healthy");
    expect(logged).toEqual(["the process was suspended for 1h"]);
    await collector.shutdown();
  });

  it("The rate of a counter is over the time that passed in the source, suspensions of the process included", async () => {
    const jobs = defineSampleType("jobs", { done: counter("jobs.done", "{job}") });
    const clock = new ManualClock();
    const steady = defineSource({
      kind: "steady",
      options: z.strictObject({}),
      open: () => ({}),
      readings: [reading(jobs, async () => ({ done: clock.wallMs() / 100 }))],
    });
    const config = { sources: { a: { kind: "steady" as const } }, collections: { a: { source: "a", interval: "1s", retain: 20 } } };
    await using collector = createCollector(config, { clock, sourceKinds: [steady] });
    await collector.start();
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(4_000);
      clock.suspend(3_600_000);
      await clock.advance(4_000);
      const { done: statistics } = collector.collection("a", jobs).aggregate("10s").fields;
      expect(statistics?.rate).toBeCloseTo(10, 9);
    }
    // The process took no sample in the suspensions, so samples of two of them are retained.
    expect(collector.collection("a", jobs).aggregate("1h").fields.done?.rate).toBeCloseTo(10, 9);
  });
});

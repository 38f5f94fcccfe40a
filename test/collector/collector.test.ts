import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { CollectorConfig } from "../../src/collector/options.ts";
import type { AnySourceKind } from "../../src/source/source.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { isVitalsError } from "../../src/base/errors.ts";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { each, queueMetrics, scriptedCollector, workerMetrics } from "../support/scripted.ts";
import { settle, ManualClock } from "../../src/base/manual-clock.ts";
import { follow } from "../../src/journal/follow.ts";

describe("createCollector", () => {
  it("createCollector runs nothing and opens no source until start", async () => {
    const { clock, collector, opened } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    await clock.advance(10_000);
    expect(collector.lifecycle).toBe("starting");
    expect(opened).toEqual([]);
    expect(collector.collection("jobs").recent(10)).toEqual([]);
    await collector.shutdown();
  });

  it("createCollector applies the defaults of a collection", async () => {
    const { collector } = scriptedCollector(
      {},
      {
        sources: { jobs: { kind: "scripted" } },
        collections: {
          slow: { source: "jobs", type: "queue", interval: "30s" },
          fast: { source: "jobs", type: "queue", interval: "100ms" },
        },
      },
    );
    expect(collector.collection("slow").report()).toMatchObject({
      intervalMs: 30_000,
      timeoutMs: 30_000,
      retain: 120,
      state: "waiting",
      lastOutcome: null,
      coverage: null,
      breaker: "closed",
    });
    expect(collector.collection("fast").report()).toMatchObject({ timeoutMs: 1_000, retain: 36_000 });
    expect(collector.windows).toEqual(["1m", "5m", "15m", "1h"]);
    await collector.shutdown();
  });

  it("Two collections of one source share one connection", async () => {
    const { clock, collector, opened, closed } = scriptedCollector(
      { jobs: () => ({}) },
      {
        sources: { jobs: { kind: "scripted" } },
        collections: { a: { source: "jobs", type: "queue", interval: "1s" }, b: { source: "jobs", type: "worker", interval: "1s" } },
      },
    );
    await collector.start();
    await clock.advance(5_000);
    expect(opened).toEqual(["jobs"]);
    expect(collector.collection("a").recent(10)).toHaveLength(5);
    expect(collector.collection("b").recent(10)).toHaveLength(5);
    await collector.shutdown();
    expect(closed).toEqual(["jobs"]);
  });

  it("A source logs to the logger of its collector, with its name as a field", async () => {
    const lines: unknown[] = [];
    const ignore = (): void => {};
    const logger = { debug: ignore, info: ignore, warn: (...line: unknown[]) => void lines.push(line), error: ignore };
    const talkative = defineSource({
      kind: "talkative",
      options: z.strictObject({}),
      open: (_, context) => context.logger.warn("no index", { table: "jobs" }),
      readings: [reading(queueMetrics, () => ({ depth: 1 }))],
    });
    const clock = new ManualClock();
    const collector = createCollector(
      { sources: { db: { kind: "talkative" } }, collections: { jobs: { source: "db", interval: "1s" } } },
      { clock, logger, sourceKinds: [talkative] },
    );
    await collector.start();
    await clock.advance(3_000);
    await collector.shutdown();
    expect(lines).toEqual([["no index", { source: "db", table: "jobs" }]]);
  });

  it("Collector.collection returns a typed handle and throws for another type or an unknown name", async () => {
    const { collector } = scriptedCollector({ jobs: () => ({ depth: 3 }) }, each(["jobs"]));
    const jobs = collector.collection("jobs", queueMetrics);
    const depth: number | undefined = jobs.recent(1)[0]?.values?.depth;
    expect(depth).toBeUndefined();
    expect(() => collector.collection("jobs", workerMetrics)).toThrow(/has the sample type "queue", not "worker"/);
    expect(() => collector.collection("jobz")).toThrow(/unknown collection "jobz"; did you mean "jobs"/);
    await collector.shutdown();
  });

  it.each<readonly [string, CollectorConfig<AnySourceKind>, RegExp]>([
    ["an unknown kind", { sources: { a: { kind: "nope" } } }, /sources\.a\.kind: unknown source kind "nope"; expected .*host/],
    ["an unknown source", { collections: { a: { source: "b" } } }, /collections\.a\.source: unknown source "b"; none is defined/],
    [
      "a type the source does not have",
      { sources: { a: { kind: "host" } }, collections: { a: { source: "a", type: "graph" } } },
      /collections\.a\.type: source "a" has no sample type "graph"; expected system/,
    ],
    [
      "an interval of zero",
      { sources: { a: { kind: "host" } }, collections: { a: { source: "a", interval: "0s" } } },
      /collections\.a\.interval: expected a duration from 10ms to 24d, found "0s"/,
    ],
    [
      "an interval of 25 days",
      { sources: { a: { kind: "host" } }, collections: { a: { source: "a", interval: "25d" } } },
      /from 10ms to 24d/,
    ],
    [
      "options its kind does not take",
      { sources: { a: { kind: "host", prox: "/x" } } },
      /sources\.a\.prox: unknown setting "prox"; did you mean "proc"\?/,
    ],
  ])("createCollector refuses %s with a message that names it", (_, config, message) => {
    expect(() => createCollector(config)).toThrow(message);
    try {
      createCollector(config);
    } catch (error) {
      expect(isVitalsError(error) && error.code).toBe("config_invalid");
    }
  });

  it("A collector can be started only once, and takes no samples after its shutdown", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    await collector.start();
    expect(collector.lifecycle).toBe("running");
    await expect(collector.start()).rejects.toThrow(/can be started once/);
    await clock.advance(3_000);
    await Promise.all([collector.shutdown(), collector.shutdown()]);
    expect(collector.lifecycle).toBe("stopped");
    const samples = collector.collection("jobs").recent(10).length;
    await clock.advance(10_000);
    expect(collector.collection("jobs").recent(100)).toHaveLength(samples);
    await expect(collector.start()).rejects.toThrow(/this one is stopped/);
  });

  it("A collector is not ready before each collection has ticked nor while it stops", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    const isReady = (): boolean => collector.readiness().every(({ ok }) => ok);
    await collector.start();
    expect(isReady()).toBe(false);
    await clock.advance(1_000);
    expect(isReady()).toBe(true);
    await collector.shutdown();
    expect(isReady()).toBe(false);
  });

  it("The journal numbers the events of all collections in order and without gaps", async () => {
    const { clock, collector } = scriptedCollector({ a: () => ({ depth: 1 }), b: () => "nonsense" }, each(["a", "b"]));
    const seen: number[] = [];
    const listening = (async () => {
      for await (const { seq } of follow(collector.journal, { after: 0, signals: [collector.stopping] })) seen.push(seq);
    })();
    await collector.start();
    await clock.advance(30_000);
    await settle();
    await collector.shutdown();
    await listening;
    // Besides the samples, the transitions and alerts of the second.
    expect(seen.length).toBeGreaterThan(60);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => n + 1));
  });

  it("createCollector accepts sample types that the configuration declares", async () => {
    const config = { sample_types: { spool: { files: { instrument: "spool.files", unit: "{file}" } } } };
    const own = defineSampleType("own", { x: gauge("x", "1") });
    const collector = createCollector(
      {
        ...config,
        sources: { a: { kind: "http-json", url: "http://127.0.0.1:1/", readings: { spool: { files: "/n" }, own: { x: "/x" } } } },
        collections: { s: { source: "a", type: "spool" } },
      },
      { sampleTypes: [own] },
    );
    expect(collector.collection("s").report().fields).toEqual({
      files: {
        title: "Files",
        kind: "gauge",
        additive: false,
        instrument: "spool.files",
        unit: "{file}",
        min: 0,
        intervalMs: 5_000,
        by: [],
      },
    });
    await collector.shutdown();
  });
});

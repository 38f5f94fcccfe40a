import * as z from "zod";
import { afterEach, describe, expect, it } from "vitest";
import { Collection } from "../../src/collection/collection.ts";
import { SourcePolicy } from "../../src/collection/policy.ts";
import { VitalsError } from "../../src/base/errors.ts";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { makeSource } from "../support/source.ts";
import type { SampleRecord } from "../../src/sample/sample.ts";

const depthType = defineSampleType("queue", { depth: gauge("queue.depth", "{job}", { max: 100 }) });

type Read = (signal: AbortSignal) => unknown;

const running: Collection[] = [];
afterEach(() => running.splice(0).forEach((collection) => (collection.stop(), collection.abandon())));

/** A collection with a source and a clock that the test controls. */
function collectionOf(read: Read, options: { intervalMs?: number; timeoutMs?: number; failures?: number; retain?: number } = {}) {
  const { intervalMs = 1_000, timeoutMs = intervalMs, failures = 1_000, retain = 60 } = options;
  const clock = new ManualClock();
  const kind = defineSource({
    kind: "scripted",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(depthType, (_: unknown, signal) => read(signal) as { depth: number })],
  });
  const source = makeSource(kind, {}, { name: "queue", baseDir: "/", clock, types: new Map() });
  const policy = new SourcePolicy("queue", { failures, initial: 1_000, max: 60_000 });
  const samples: SampleRecord[] = [];
  const each = source.readings.get("queue");
  if (!each) throw new Error("the source has its reading");
  const settings = { name: "queue", source, reading: each, policy, intervalMs, timeoutMs, retain, clock };
  const collection = new Collection(settings, (draft) => samples.push(draft));
  running.push(collection);
  const done = collection.run();
  return { clock, collection, samples, policy, done, outcomes: () => samples.map(({ sample }) => sample.outcome) };
}

const never = (): Promise<never> => new Promise(() => {});

describe("Collection", () => {
  it("Collection makes one sample at every interval of its schedule, without drift", async () => {
    const { clock, samples } = collectionOf(() => ({ depth: 3 }));
    await clock.advance(3_600_000);
    expect(samples).toHaveLength(3_600);
    const first = samples[0]?.atMs ?? Number.NaN;
    expect(samples.every(({ atMs, latenessMs }, n) => atMs === first + n * 1_000 && latenessMs === 0)).toBe(true);
    expect(samples.at(-1)?.sample).toMatchObject({ collection: "queue", outcome: "success", values: { depth: 3 } });
  });

  it("Collection reports what the source threw, and continues", async () => {
    let reads = 0;
    const { clock, samples, outcomes } = collectionOf(() => {
      reads += 1;
      if (reads === 2) throw Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" });
      return { depth: reads };
    });
    await clock.advance(3_000);
    expect(outcomes()).toEqual(["success", "failed", "success"]);
    expect(samples[1]?.sample.error).toEqual({ type: "ECONNREFUSED", message: "connection refused" });
    expect(samples[1]?.sample).not.toHaveProperty("values");
  });

  it("Collection times out although the source ignores its signal, and starts no second reading meanwhile", async () => {
    let reads = 0;
    const { clock, samples, outcomes } = collectionOf(() => ((reads += 1), never()), { intervalMs: 1_000, timeoutMs: 2_600 });
    await clock.advance(7_600);
    expect(outcomes()).toEqual(["timeout", "missed", "missed", "timeout", "missed", "missed"]);
    expect(reads).toBe(3);
    expect(samples[0]?.sample.durationMs).toBe(2_600);
    expect(samples[0]?.sample.error?.type).toBe("source_timeout");
  });

  it("Collection records the ticks that a blocked event loop missed at their due times, and runs only the newest", async () => {
    const { clock, samples, outcomes } = collectionOf(() => ({ depth: 1 }));
    await clock.advance(2_000);
    expect(outcomes()).toEqual(["success", "success"]);
    const first = samples[0]?.atMs ?? Number.NaN;
    clock.block(first + 6_100 - clock.monotonicMs());
    await clock.advance(0);
    expect(outcomes().slice(2)).toEqual(["missed", "missed", "missed", "missed", "success"]);
    expect(samples.slice(2).map(({ atMs }) => atMs - first)).toEqual([2_000, 3_000, 4_000, 5_000, 6_100]);
    expect(samples.at(-1)?.latenessMs).toBe(100);
    const [second, third] = [samples[1], samples[2]].map((draft) => Date.parse(draft?.sample.time ?? ""));
    expect(Number(third) - Number(second)).toBe(1_000);
  });

  it("A reading that violates its type is invalid, names the violated check, and does not count as a failure of the source", async () => {
    const { clock, samples, policy } = collectionOf(() => ({ depth: 1_000 }), { failures: 1 });
    await clock.advance(2_000);
    expect(samples[0]).toMatchObject({ sample: { outcome: "invalid", error: { type: "reading_invalid" } }, brokenCheck: "schema" });
    expect(samples[0]?.sample.error?.message).toContain("depth");
    expect(policy.state).toBe("closed");
  });

  it("A source that waits for its first write makes waiting samples without a duration, and its breaker stays closed", async () => {
    const { clock, samples, outcomes, policy } = collectionOf(
      async () => {
        await clock.sleepUntil(clock.monotonicMs() + 20, new AbortController().signal);
        throw new VitalsError("source_waiting", "waiting for the first write: no queue yet", { retryable: true });
      },
      { failures: 1 },
    );
    await clock.advance(3_100);
    expect(outcomes()).toEqual(samples.map(() => "waiting"));
    expect(samples.length).toBeGreaterThan(2);
    const [{ sample } = {}] = samples;
    expect(sample).toMatchObject({
      durationMs: 0,
      error: { type: "source_waiting", message: "waiting for the first write: no queue yet" },
    });
    expect(sample).not.toHaveProperty("values");
    expect(samples[0]).not.toHaveProperty("brokenCheck");
    expect(policy.state).toBe("closed");
    expect(policy.consecutiveFailures).toBe(0);
  });

  it("A response that the source rejects as malformed is invalid", async () => {
    const { clock, samples, policy } = collectionOf(
      () => {
        throw new VitalsError("reading_invalid", "expected JSON, found HTML");
      },
      { failures: 1 },
    );
    await clock.advance(1_000);
    expect(samples[0]).toMatchObject({ sample: { outcome: "invalid" }, brokenCheck: "answer" });
    expect(policy.state).toBe("closed");
  });

  it("Collection makes no sample while paused, and returns to its schedule afterwards", async () => {
    const { clock, collection, samples } = collectionOf(() => ({ depth: 1 }));
    await clock.advance(2_000);
    collection.pause();
    await clock.advance(10_000);
    expect(samples).toHaveLength(2);
    collection.resume();
    await clock.advance(2_000);
    expect(samples).toHaveLength(4);
    expect(((samples[3]?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) % 1_000).toBe(0);
    expect(samples.every(({ sample }) => sample.outcome === "success")).toBe(true);
  });

  it("Collection makes no sample for a tick that was abandoned", async () => {
    const { clock, collection, samples, policy, done } = collectionOf(() => never(), { failures: 1, timeoutMs: 60_000 });
    await clock.advance(3_000);
    collection.stop();
    collection.abandon();
    await done;
    expect(samples).toHaveLength(0);
    expect(policy.state).toBe("closed");
  });

  it("Collection delivers at most as many missed ticks as are retained", async () => {
    const { clock, samples } = collectionOf(() => ({ depth: 1 }), { retain: 10 });
    await clock.advance(1_000);
    clock.block(3_600_000);
    await clock.advance(0);
    expect(samples.length).toBeGreaterThan(1);
    expect(samples.length).toBeLessThanOrEqual(12);
  });
});

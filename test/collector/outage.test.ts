import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/base/quantity.ts";
import type { CollectorConfig } from "../../src/collector/options.ts";
import { resolve } from "../../src/collector/resolve.ts";
import { SimulatedCollection, type HealthConfig, type SimulatedSample } from "../support/simulated-collection.ts";

const good: SimulatedSample = { outcome: "success", values: { load: 1 } };

/** A collection with all defaults that has succeeded for `ticks` ticks. */
function healthy(interval: string, ticks: number, health: HealthConfig = {}): SimulatedCollection {
  const it = new SimulatedCollection(interval, health);
  for (let n = 0; n < ticks; n += 1) it.tick(good);
  return it;
}

const firesOf = (it: SimulatedCollection) => it.sent.filter(({ alert }) => alert.state === "firing");

const INTERVALS = ["100ms", "1s", "2s", "5s", "6s", "7s", "8s", "9s", "10s", "12s", "15s", "30s", "45s", "1m", "2m", "5m", "1h"];

describe("An outage, with all defaults", () => {
  it("A collection every hour retains the six samples that its rules judge", () => {
    const config: CollectorConfig = { sources: { here: { kind: "host" } }, collections: { here: { source: "here", interval: "1h" } } };
    expect(resolve(config).collections.get("here")?.retain).toBe(6);
  });

  it.each(INTERVALS.flatMap((interval) => (["failed", "timeout", "invalid"] as const).map((outcome) => [interval, outcome] as const)))(
    "An outage of a collection every %s whose readings are %s is sent within 30 s or 4 intervals, once",
    (interval, outcome) => {
      const intervalMs = parseDuration(interval) as number;
      for (const before of [0, 5, 70_000 / intervalMs + 20]) {
        const it = healthy(interval, before);
        const startMs = it.dueMs;
        const limitMs = Math.max(30_000, 4 * intervalMs);
        // A source that hangs is known to fail only at the end of the timeout, which is by default the interval.
        const durationMs = outcome === "timeout" ? intervalMs - 1 : 1;
        while (it.nowMs < startMs + 3 * limitMs) it.tick({ outcome, durationMs });
        const fires = firesOf(it);
        expect(fires.length).toBeGreaterThan(0);
        expect((fires[0]?.atMs ?? Number.NaN) - startMs).toBeLessThanOrEqual(limitMs + 1);
      }
    },
  );

  it.each(INTERVALS)("An outage of a collection every %s ends for its receivers once it is over", (interval) => {
    const intervalMs = parseDuration(interval) as number;
    const it = healthy(interval, 70_000 / intervalMs + 20);
    const limitMs = Math.max(30_000, 4 * intervalMs);
    for (const endMs = it.dueMs + 3 * limitMs; it.dueMs < endMs;) it.tick({ outcome: "failed" });
    expect(firesOf(it).length).toBeGreaterThan(0);
    for (const endMs = it.dueMs + Math.max(60_000, 6 * intervalMs) + 30_000 + intervalMs; it.dueMs <= endMs;) it.tick(good);
    expect(it.firing()).toEqual([]);
    const open = new Set<string>();
    for (const { alert } of it.sent) open[alert.state === "firing" ? "add" : "delete"](alert.fingerprint);
    expect([...open]).toEqual([]);
  });
});

describe("The notifications of one outage, with all defaults", () => {
  it("One outage of any length, at any interval from 1 s to 1 min, is one problem to its receivers, and ends for them", () => {
    let notified = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 60_000 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom("failed", "timeout", "invalid"),
        fc.integer({ min: 2, max: 5 }),
        (intervalMs, before, ticks, outcome, probeEvery) => {
          const it = healthy(`${intervalMs}ms`, before);
          const startMs = it.dueMs;
          const limitMs = Math.max(30_000, 4 * intervalMs);
          const bad: SimulatedSample = { outcome, durationMs: outcome === "timeout" ? intervalMs - 1 : 1 };
          for (let n = 0; n < ticks; n += 1) {
            const isRejected = outcome !== "invalid" && n >= 5 && n % probeEvery !== 0;
            it.tick(isRejected ? { outcome: "rejected" } : bad);
          }
          const lastedMs = it.dueMs - startMs;
          const fires = firesOf(it);
          if (lastedMs > limitMs + intervalMs) expect((fires[0]?.atMs ?? Number.NaN) - startMs).toBeLessThanOrEqual(limitMs + 1);
          for (const endMs = it.dueMs + 420_000 + 12 * intervalMs; it.dueMs < endMs;) it.tick(good);
          const all = firesOf(it);
          notified += Math.min(1, all.length);
          expect(new Set(all.map(({ alert }) => alert.labels.alertname)).size).toBeLessThanOrEqual(1);
          // A problem that gets worse is sent once for each severity.
          expect(new Set(all.map(({ alert }) => alert.fingerprint)).size).toBe(all.length);
          expect(it.firing()).toEqual([]);
          expect(it.sent.filter(({ alert }) => alert.state === "resolved")).toHaveLength(all.length);
        },
      ),
      { numRuns: 200 },
    );
    expect(notified).toBeGreaterThan(50);
  });
});

describe("A second outage within five minutes, with all defaults", () => {
  it("A second outage notifies once the time between two fires has passed, and its effects notify nobody while its cause waits", () => {
    const it = healthy("1s", 100);
    const outage = (seconds: number): void => {
      for (let n = 0; n < seconds; n += 1) it.tick({ outcome: n < 5 ? "failed" : "rejected" });
    };
    const startMs = it.dueMs;
    outage(60);
    for (let n = 0; n < 120; n += 1) it.tick(good);
    expect(it.firing()).toEqual([]);
    outage(180);
    const [first, second, ...others] = firesOf(it);
    expect(others).toEqual([]);
    for (const fire of [first, second]) expect(fire?.alert.labels.alertname).toBe("VitalsBreakerOpen");
    expect((first?.atMs ?? Number.NaN) - startMs).toBeLessThanOrEqual(30_000);
    expect((second?.atMs ?? Number.NaN) - (first?.atMs ?? Number.NaN)).toBeGreaterThanOrEqual(300_000);
    expect(it.firing().map(({ labels }) => labels.alertname)).toContain("VitalsCollectionFailing");
  });
});

describe("What is no outage, with all defaults", () => {
  it("One failed reading sends no notification, at any time and interval", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("1s", "2s", "5s", "7s", "10s", "30s", "45s", "2m", "5m"),
        fc.integer({ min: 0, max: 90 }),
        fc.constantFrom("failed", "timeout", "invalid", "missed", "waiting"),
        (interval, before, outcome) => {
          const it = healthy(interval, before);
          it.tick({ outcome, durationMs: (parseDuration(interval) as number) - 1 });
          for (let n = 0; n < 40; n += 1) it.tick(good);
          expect(it.sent).toEqual([]);
          expect(it.changes.filter(({ labels }) => labels.severity === "critical")).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("A source that answers slowly or not at all for five seconds sends no notification", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("200ms", "500ms", "1s", "2s", "5s"),
        fc.integer({ min: 0, max: 300 }),
        fc.constantFrom("failed", "timeout", "slow"),
        (interval, before, kind) => {
          const it = healthy(interval, before);
          const ms = parseDuration(interval) as number;
          const bad: SimulatedSample =
            kind === "slow" ? { ...good, durationMs: Math.min(ms - 1, 990) } : { outcome: kind, durationMs: ms - 1 };
          let failures = 0;
          // The breaker opens after five failures and stays open for at most some seconds more.
          for (const endMs = it.dueMs + 5_000; it.dueMs < endMs; failures += 1)
            it.tick(kind !== "slow" && failures >= 5 ? { outcome: "rejected" } : bad);
          if (kind !== "slow" && failures >= 5) for (const endMs = it.dueMs + 2_000; it.dueMs < endMs;) it.tick({ outcome: "rejected" });
          for (const endMs = it.dueMs + 120_000; it.dueMs < endMs;) it.tick(good);
          expect(it.sent.map(({ alert }) => alert.reason)).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("A source that is ready up to 20 s after its collector sends no notification, and is healthy when the start-up grace ends", () => {
    for (let seconds = 1; seconds <= 20; seconds += 1) {
      const it = new SimulatedCollection("1s", {});
      for (let n = 0; n < seconds; n += 1) it.tick({ outcome: n < 5 ? "failed" : "rejected" });
      while (it.dueMs <= 31_000) it.tick(good);
      expect(it.firing()).toEqual([]);
      for (let n = 0; n < 120; n += 1) it.tick(good);
      expect(it.sent).toEqual([]);
    }
  });
});

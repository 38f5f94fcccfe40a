import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/base/quantity.ts";
import { SimulatedCollection, type HealthConfig, type SimulatedSample } from "../support/simulated-collection.ts";

type Rule = NonNullable<HealthConfig["rules"]>[number];
type Stat = NonNullable<Rule["stat"]>;

const RUNS = 100;

/** Intervals, short ones less often: a minute of them has thousands of ticks. */
const interval = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom("10ms", "50ms") },
  { weight: 60, arbitrary: fc.constantFrom("250ms", "1s", "5s", "20s", "30s", "45s", "1m", "2m", "5m", "15m", "1h") },
);

const STATS: readonly Stat[] = [
  "mean", "min", "max", "p50", "p95", "p99", "last", "rate", "increase", "trend", "successRate", "age", "durationP95",
]; // prettier-ignore

/** Samples that the statistic needs. */
const NEEDED: Partial<Record<Stat, number>> = { rate: 2, increase: 2, trend: 8, successRate: 3 };

/** A stretch of ticks that are alike. */
const stretch = fc.record({
  kind: fc.constantFrom("bad", "bad", "bad", "good", "between", "failed", "timeout", "invalid", "rejected", "missed", "waiting", "silent", "absent", "flapping", "pause"),
  ticks: fc.integer({ min: 1, max: 14 }),
}); // prettier-ignore
type Kind = Parameters<Parameters<typeof stretch.map>[0]>[0]["kind"];

/** A rule, with the samples that are bad, good and neither by its own statistic. */
interface Judged {
  readonly rule: Rule;
  readonly sample: (of: "bad" | "good" | "between") => SimulatedSample;
}

function judged(stat: Stat, windowMs: number, intervalMs: number, isAbove: boolean, holds: Pick<Rule, "for" | "keep_firing_for">): Judged {
  const window = `${windowMs}ms`;
  const seconds = intervalMs / 1_000;
  let [load, done] = [0, 0];
  const success = (values: { readonly load?: number; readonly grown?: number }, durationMs = 1): SimulatedSample => {
    load = values.load ?? 10;
    done += values.grown ?? seconds;
    return { outcome: "success", values: { load, done }, durationMs };
  };
  const base = { name: "It", collection: "it", stat, ...(stat === "age" ? {} : { window }), ...holds };
  const grows = (of: string, per: number): SimulatedSample => success({ grown: of === "bad" ? 20 * per : of === "good" ? per : 7 * per });
  switch (stat) {
    case "successRate":
      return {
        rule: { ...base, below: 0.8, clear: 0.9 },
        sample: (of) => (of === "good" ? success({}) : { outcome: "failed" }),
      };
    case "durationP95":
      return {
        rule: { ...base, above: (intervalMs * 0.5) / 1_000, clear: (intervalMs * 0.4) / 1_000 },
        sample: (of) => success({}, of === "bad" ? intervalMs * 0.9 : of === "good" ? 1 : intervalMs * 0.45),
      };
    case "age":
      return {
        rule: { ...base, above: 4 * seconds, clear: 2 * seconds },
        sample: (of) => (of === "good" ? success({}) : { outcome: "failed" }),
      };
    case "rate":
      return { rule: { ...base, field: "done", above: 10, clear: 5 }, sample: (of) => grows(of, seconds) };
    case "increase": {
      const inWindow = windowMs / 1_000;
      return { rule: { ...base, field: "done", above: 10 * inWindow, clear: 5 * inWindow }, sample: (of) => grows(of, seconds) };
    }
    case "trend": {
      const perTick = seconds / 60;
      return {
        rule: { ...base, field: "load", above: 1, clear: 0.5 },
        sample: (of) => success({ load: of === "good" ? load : load + (of === "bad" ? 4 : 0.7) * perTick }),
      };
    }
    default: {
      const levels = isAbove ? { above: 50, clear: 40 } : { below: 50, clear: 60 };
      const value = (of: string): number => (of === "between" ? (isAbove ? 45 : 55) : (of === "bad") === isAbove ? 90 : 10);
      return { rule: { ...base, field: "load", ...levels }, sample: (of) => success({ load: value(of) }) };
    }
  }
}

function take(it: SimulatedCollection, kind: Kind, n: number, { sample }: Judged): void {
  if (kind === "silent") it.tick(undefined);
  else if (kind === "flapping") it.tick(sample(n % 2 === 0 ? "bad" : "good"));
  else if (kind === "absent") it.tick({ outcome: "success", values: {} });
  else if (kind === "bad" || kind === "good" || kind === "between") it.tick(sample(kind));
  else it.tick({ outcome: kind === "pause" ? "missed" : kind });
}

describe("Alerts always end", () => {
  it(
    "Every alert resolves within its window, its hold and one evaluation once every sample is good, whatever happened before",
    { timeout: 120_000 },
    () => {
      let [runs, fired] = [0, 0];
      fc.assert(
        fc.property(
          fc.record({
            interval,
            stat: fc.constantFrom(...STATS),
            windowTicks: fc.integer({ min: 0, max: 6 }),
            isAbove: fc.boolean(),
            forTicks: fc.constantFrom(0, 0, 1, 3),
            keepTicks: fc.constantFrom(0, 1, 5),
            flappingTicks: fc.constantFrom(0, 10),
            history: fc.array(stretch, { minLength: 1, maxLength: 8 }),
          }),
          ({ interval: every, stat, windowTicks, isAbove, forTicks, keepTicks, flappingTicks, history }) => {
            const intervalMs = parseDuration(every) as number;
            const windowMs = ((NEEDED[stat] ?? 1) + windowTicks) * intervalMs;
            const holds = { for: `${forTicks * intervalMs}ms`, keep_firing_for: `${keepTicks * intervalMs}ms` };
            const each = judged(stat, windowMs, intervalMs, isAbove, holds);
            const flapping = `${flappingTicks * intervalMs}ms`;
            // At most four full assessments between two ticks.
            const roundMs = Math.max(30_000, intervalMs / 4);
            // The rules of the collection itself have the same holds, so that short intervals need not be simulated for long.
            const it = new SimulatedCollection(every, {
              ...holds,
              interval: `${roundMs}ms`,
              flapping,
              startup_grace: "0s",
              rules: [each.rule],
            });
            for (const { kind, ticks } of history) {
              if (kind === "pause") it.pause(ticks);
              else for (let n = 0; n < ticks; n += 1) take(it, kind, n, each);
            }
            runs += 1;
            if (it.changes.some(({ state }) => state === "firing")) fired += 1;

            const goodMs = it.dueMs;
            const endMs = goodMs + Math.max(keepTicks, flappingTicks) * intervalMs + Math.min(intervalMs, roundMs);
            const userMs = endMs + windowMs;
            // The rules of the collection itself cover a minute, or six intervals.
            const ownMs = endMs + Math.max(60_000, 6 * intervalMs);
            const open = (name: string): readonly string[] =>
              it.firing().flatMap(({ labels, reason }) => (labels.alertname === name ? [`${name}: ${reason}`] : []));
            while (it.dueMs <= userMs) it.tick(each.sample("good"));
            expect(open("It")).toEqual([]);
            while (it.dueMs <= ownMs) it.tick(each.sample("good"));
            expect(it.firing().map(({ labels, reason }) => `${labels.alertname}: ${reason}`)).toEqual([]);
          },
        ),
        { numRuns: RUNS },
      );
      expect(fired, `alerts fired in ${fired} of ${runs} runs`).toBeGreaterThan(runs / 2);
    },
  );
});

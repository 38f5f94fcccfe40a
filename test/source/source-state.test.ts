import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { Growth } from "../../src/source/growth.ts";
import { Changes } from "../../src/source/graph-store/changes.ts";
import { defineSource, reading, Source, type SourceContext } from "../../src/source/source.ts";
import { queueMetrics } from "../support/scripted.ts";

const HOUR_MS = 3_600_000;

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("What a source remembers", () => {
  it("Growth continues in another process as if it had never been interrupted", () => {
    const counts = fc.array(fc.nat(100), { minLength: 2, maxLength: 90 });
    fc.assert(
      fc.property(counts, fc.nat(), (values, at) => {
        const kept = new Growth();
        let replaced = new Growth();
        // Another process has another origin of its monotonic clock.
        let offsetMs = 0;
        for (const [n, value] of values.entries()) {
          const nowMs = n * 60_000;
          if (n === at % values.length) {
            const saved = throughJson(replaced.save(nowMs));
            offsetMs = 987_654_321;
            replaced = new Growth();
            replaced.restore(saved, nowMs + offsetMs);
          }
          expect(replaced.rate(value, nowMs + offsetMs)).toBe(kept.rate(value, nowMs));
          kept.record(value, nowMs);
          replaced.record(value, nowMs + offsetMs);
        }
      }),
    );
  });

  it("The changes of a graph's memories continue after a restart, with the time that it took", () => {
    const before = new ManualClock();
    const changes = new Changes(before);
    const values = (totalMemories: number, invalidatedShare: number) => ({
      totalMemories,
      invalidatedShare,
      commonestShare: 0.1,
      memories: { semantic: totalMemories },
    });
    changes.take("g", values(100, 0.1), before.monotonicMs());
    const after = new ManualClock({ monotonicMs: 5 });
    const restored = new Changes(after);
    restored.restore(throughJson(changes.save()), HOUR_MS);
    const taken = restored.take("g", values(200, 0.4), after.monotonicMs());
    expect(taken).toMatchObject({ memoryGrowthRate: 1, recentCommonestShare: 0.1 });
    expect(taken["invalidatedRise"]).toBeCloseTo(0.3, 9);
    const fresh = new Changes(after);
    fresh.restore({ g: "of another version" }, 0);
    expect(fresh.take("g", values(200, 0.4), after.monotonicMs())).toEqual({ invalidatedRise: 0 });
  });

  it("A source that has not been opened since a restart keeps what was saved, with its age", async () => {
    const clock = new ManualClock();
    const restored: (readonly [state: unknown, ageMs: number])[] = [];
    const read = reading(queueMetrics, () => ({ depth: 1 }));
    const kind = defineSource({
      kind: "stateful",
      options: z.strictObject({}),
      open: () => ({ count: 7 }),
      readings: [read],
      saveState: ({ count }) => ({ count }),
      restoreState: (_, state, ageMs) => void restored.push([state, ageMs]),
    });
    const readings = new Map([[queueMetrics.name, read]]);
    const context = { clock, baseDir: ".", types: new Map(), logger: console } as unknown as Omit<SourceContext, "signal" | "name">;
    const source = new Source({ name: "s", kind, options: {}, readings, rules: [] } as never, context);
    expect(source.saveState()).toBeUndefined();
    source.restoreState({ state: { count: 3 }, ageMs: 1_000 }, clock.monotonicMs() - 4_000);
    await clock.advance(10_000);
    expect(source.saveState()).toEqual({ state: { count: 3 }, ageMs: 15_000 });
    await source.read(read, AbortSignal.timeout(5_000));
    expect(restored).toEqual([[{ count: 3 }, 15_000]]);
    expect(source.saveState()).toEqual({ state: { count: 7 }, ageMs: 0 });
    await source.close();
  });
});

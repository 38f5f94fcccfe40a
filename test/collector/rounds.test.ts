import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/base/logger.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { ManualClock, settle } from "../../src/base/manual-clock.ts";
import { recordedEvents } from "../support/recorded.ts";
import { each, scriptedCollector, scriptedKind } from "../support/scripted.ts";

/** A clock that takes long to read, so that an assessment takes longer than the interval, and that notices when nothing else gets a turn. */
class SlowClock extends ManualClock {
  isSlow = false;
  sleeps = 0;
  #sleepsInTurn = 0;

  override wallMs(): number {
    if (this.isSlow) this.block(2_000);
    return super.wallMs();
  }

  override sleepUntil(monotonicMs: number, signal: AbortSignal): Promise<void> {
    this.sleeps += 1;
    if (this.#sleepsInTurn === 0) setImmediate(() => (this.#sleepsInTurn = 0));
    this.#sleepsInTurn += 1;
    if (this.#sleepsInTurn > 1_000) throw new Error("the event loop got no turn");
    return super.sleepUntil(monotonicMs, signal);
  }
}

const silent: Logger = { error() {}, warn() {}, info() {}, debug() {} };

describe("A full assessment that is late", () => {
  it.each([60, 300, 4_000])(
    "A full assessment that a block of %s ms delayed comes after the ticks, which are late and not missing",
    async (blockMs) => {
      const { clock, collector } = scriptedCollector(
        { jobs: () => ({ depth: 1 }) },
        {
          ...each(["jobs"], "10ms"),
          health: { startup_grace: "0s", interval: "1s" },
        },
      );
      await collector.start();
      await clock.advance(10_000);
      const events = recordedEvents(collector);
      // Full assessments are due at whole seconds since the start: the next one is due before the next tick.
      await clock.advance(999.999);
      clock.block(blockMs);
      await clock.advance(0);
      await settle();
      expect(collector.stats().ticks["jobs"]?.missed).toBeGreaterThanOrEqual(Math.floor(blockMs / 10) - 1);
      expect(collector.liveness().find(({ name }) => name === "scheduler")?.detail).toBe("last round 0s ago");
      expect(events()).toEqual([]);
      await clock.advance(5_000);
      expect(events()).toEqual([]);
      await collector.shutdown();
    },
  );

  it("Full assessments that take longer than their interval follow one another, and leave the event loop its turns", async () => {
    const clock = new SlowClock();
    const collector = createCollector(
      { ...each([]), health: { startup_grace: "0s", interval: "1s" } },
      { clock, sourceKinds: [scriptedKind({})], logger: silent },
    );
    await collector.start();
    await clock.advance(10_000);
    clock.isSlow = true;
    await clock.advance(1_000);
    const before = clock.sleeps;
    for (let n = 0; n < 50; n += 1) await settle();
    expect(clock.sleeps - before).toBeGreaterThan(10);
    expect(collector.lifecycle).toBe("running");
    clock.isSlow = false;
    await collector.shutdown({ timeoutMs: 0 });
  });
});

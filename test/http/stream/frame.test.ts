import { describe, expect, it } from "vitest";
import type { VitalsEvent } from "../../../src/collector/event.ts";
import { Frames } from "../../../src/http/stream/frame.ts";
import type { Entry } from "../../../src/journal/journal.ts";
import { each, scriptedCollector } from "../../support/scripted.ts";

describe("Frames", () => {
  it("The bytes of an entry hold no memory but their own, because they are kept as long as the entry", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    await collector.start();
    await clock.advance(20_000);
    const frames = new Frames(collector.archive);
    const kept = [...(collector.journal.since(0) ?? [])].map((entry) => frames.of(entry));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.map(({ buffer }) => buffer.byteLength)).toEqual(kept.map(({ length }) => length));
    expect(String(kept[0])).toMatch(/^id: \S+-1\nevent: sample\ndata: \{.*\}\n\n$/);
    await collector.shutdown();
  });

  it("The bytes of the newest entries are shared, and those of older ones are not kept beside the journal", () => {
    const entryOf = (seq: number): Entry<VitalsEvent> => {
      const time = "2026-01-01T00:00:00.000Z";
      const sample = {
        time,
        collection: "jobs",
        outcome: "failed",
        durationMs: 1,
        error: { type: "x", message: "x".repeat(100_000) },
      } as const;
      return { seq, event: { kind: "sample", sample }, json: JSON.stringify(sample) };
    };
    const frames = new Frames({ id: "journal" });
    const [first, second] = [entryOf(1), entryOf(2)];
    const bytes = frames.of(first);
    frames.of(second);
    expect(frames.of(first)).toBe(bytes);
    for (let seq = 3; seq <= 12; seq += 1) frames.of(entryOf(seq));
    expect(frames.of(first)).not.toBe(bytes);
    expect(frames.of(first)).toEqual(bytes);
  });
});

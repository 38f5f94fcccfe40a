import { describe, expect, it } from "vitest";
import { Frames } from "../../../src/http/stream/frame.ts";
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
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { follow } from "../../src/journal/follow.ts";
import { Journal } from "../../src/journal/journal.ts";
import { settle } from "../support/simulated-clock.ts";

interface Event {
  readonly seq: number;
  readonly text: string;
}
const append = (journal: Journal<Event>, text: string): Event => journal.append((seq) => ({ seq, text }));

describe("the journal", () => {
  it("numbers without gaps, replays what it keeps to the number, and keeps within its bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }), fc.integer({ min: 50, max: 2_000 }), (sizes, maxBytes) => {
        const journal = new Journal<Event>({ maxBytes });
        const told: number[] = [];
        journal.subscribe(({ event }) => told.push(event.seq));
        sizes.forEach((size, n) => expect(append(journal, "x".repeat(size)).seq).toBe(n + 1));
        expect(told).toEqual(sizes.map((_, n) => n + 1));
        expect(journal.head).toBe(sizes.length);
        const kept = journal.since(journal.oldest - 1) ?? [];
        expect(kept.map(({ event }) => event.seq)).toEqual(Array.from({ length: journal.head - journal.oldest + 1 }, (_, n) => journal.oldest + n));
        expect(journal.bytes).toBe(kept.reduce((sum, { json }) => sum + json.length, 0));
        if (kept.length > 1) expect(journal.bytes).toBeLessThanOrEqual(maxBytes);
        for (let seq = 0; seq <= journal.head + 1; seq += 1) {
          const after = journal.since(seq);
          if (seq < journal.oldest - 1 || seq > journal.head) expect(after).toBeUndefined();
          else expect(after?.map(({ event }) => event.seq)).toEqual(kept.map(({ event }) => event.seq).filter((each) => each > seq));
        }
      }),
    );
  });

  it("stays small over a million entries", () => {
    const journal = new Journal<Event>({ maxBytes: 10_000 });
    for (let n = 0; n < 1_000_000; n += 1) append(journal, "x");
    expect(journal.head).toBe(1_000_000);
    expect(journal.bytes).toBeLessThanOrEqual(10_000);
    expect(journal.since(journal.head - 1)).toHaveLength(1);
  });
});

describe("following it", () => {
  it("gives each event once, in order, from the past into the future, until it is told to stop", async () => {
    const journal = new Journal<Event>();
    append(journal, "a");
    append(journal, "b");
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { text } of follow(journal, { after: 1, signals: [stop.signal] })) {
        seen.push(text);
        if (text === "c") append(journal, "d");
      }
    })();
    await settle();
    append(journal, "c");
    await settle();
    stop.abort();
    await following;
    expect(seen).toEqual(["b", "c", "d"]);
  });

  it("is an error when what was asked for is gone", async () => {
    const journal = new Journal<Event>({ maxBytes: 100 });
    for (let n = 0; n < 50; n += 1) append(journal, "x".repeat(20));
    await expect(follow(journal, { after: 1 }).next()).rejects.toMatchObject({ code: "journal_gap" });
  });
});

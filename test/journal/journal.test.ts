import * as fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { VitalsError } from "../../src/base/errors.ts";
import { follow } from "../../src/journal/follow.ts";
import { Journal, type Entry } from "../../src/journal/journal.ts";
import { settle } from "../support/simulated-clock.ts";

interface Event {
  readonly seq: number;
  readonly text: string;
}
const append = (journal: Journal<Event>, text: string): Event => journal.append((seq) => ({ seq, text }));

describe("the journal", () => {
  it("numbers without gaps, replays what it keeps to the number, and keeps within its bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
        fc.integer({ min: 50, max: 2_000 }),
        (sizes, maxBytes) => {
          const journal = new Journal<Event>({ maxBytes });
          const told: number[] = [];
          journal.subscribe(({ event }) => told.push(event.seq));
          sizes.forEach((size, n) => expect(append(journal, "x".repeat(size)).seq).toBe(n + 1));
          expect(told).toEqual(sizes.map((_, n) => n + 1));
          expect(journal.head).toBe(sizes.length);
          const kept = journal.since(journal.oldest - 1) ?? [];
          expect(kept.map(({ event }) => event.seq)).toEqual(
            Array.from({ length: journal.head - journal.oldest + 1 }, (_, n) => journal.oldest + n),
          );
          expect(journal.bytes).toBe(kept.reduce((sum, { json }) => sum + json.length, 0));
          if (kept.length > 1) expect(journal.bytes).toBeLessThanOrEqual(maxBytes);
          for (let seq = 0; seq <= journal.head + 1; seq += 1) {
            const after = journal.since(seq);
            expect(journal.reaches(seq)).toBe(after !== undefined);
            expect(journal.at(seq)?.event.seq).toBe(kept.find(({ event }) => event.seq === seq)?.event.seq);
            if (seq < journal.oldest - 1 || seq > journal.head) expect(after).toBeUndefined();
            else expect(after?.map(({ event }) => event.seq)).toEqual(kept.map(({ event }) => event.seq).filter((each) => each > seq));
          }
        },
      ),
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

const numbers = (entries: readonly Entry<Event>[] | undefined): readonly number[] | undefined => entries?.map(({ event }) => event.seq);

/** What is kept is measured by the text alone. */
const small = (maxBytes: number): Journal<Event> => new Journal<Event>({ maxBytes, encode: ({ text }) => text });

describe("a journal", () => {
  it("is empty at first", () => {
    const journal = new Journal<Event>();
    expect([journal.head, journal.oldest, journal.bytes]).toEqual([0, 1, 0]);
    expect(journal.since(0)).toEqual([]);
    expect(journal.since(1)).toBeUndefined();
  });

  it("numbers what happens from 1 on, without a gap", () => {
    const journal = new Journal<Event>();
    expect([append(journal, "a"), append(journal, "b")]).toEqual([
      { seq: 1, text: "a" },
      { seq: 2, text: "b" },
    ]);
    expect([journal.head, journal.oldest]).toEqual([2, 1]);
    expect(journal.since(0)).toEqual([
      { event: { seq: 1, text: "a" }, json: '{"seq":1,"text":"a"}' },
      { event: { seq: 2, text: "b" }, json: '{"seq":2,"text":"b"}' },
    ]);
  });

  it("gives no number to what could not be made or told", () => {
    const journal = new Journal<Event>({
      encode: ({ text }) => {
        if (text === "bad") throw new Error("no");
        return text;
      },
    });
    expect(() => append(journal, "bad")).toThrow("no");
    expect(() =>
      journal.append(() => {
        throw new Error("never");
      }),
    ).toThrow("never");
    expect([journal.head, journal.bytes]).toEqual([0, 0]);
    expect(append(journal, "").seq).toBe(1);
  });

  it("encodes an event once, however many there are to read it", () => {
    let encoded = 0;
    const journal = new Journal<Event>({ encode: () => ((encoded += 1), "x") });
    journal.subscribe(() => {});
    journal.subscribe(() => {});
    append(journal, "");
    journal.since(0);
    journal.since(0);
    expect(encoded).toBe(1);
  });

  it("forgets the oldest when it is full, and says so", () => {
    const journal = small(10);
    for (const text of ["aaaa", "bbbb", "cccc"]) append(journal, text);
    expect([journal.oldest, journal.head, journal.bytes]).toEqual([2, 3, 8]);
    expect(journal.since(0)).toBeUndefined();
    expect(numbers(journal.since(1))).toEqual([2, 3]);
  });

  it("keeps the newest, however large", () => {
    const journal = small(10);
    append(journal, "aaaa");
    append(journal, "b".repeat(100));
    expect([journal.oldest, journal.head, journal.bytes]).toEqual([2, 2, 100]);
    append(journal, "cc");
    expect([journal.oldest, journal.bytes]).toEqual([3, 2]);
  });

  it("counts bytes, not characters", () => {
    const journal = small(10);
    append(journal, "€€€");
    expect(journal.bytes).toBe(9);
    append(journal, "é");
    expect([journal.bytes, journal.oldest]).toEqual([2, 2]);
  });

  it("lets go of what it has forgotten", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const journal = small(10);
    const first = new WeakRef(append(journal, "aaaaaaaa"));
    append(journal, "bbbbbbbb");
    await settle();
    collectGarbage();
    expect(first.deref()).toBeUndefined();
  });

  it("never gaps or repeats, and stays within its bytes, whatever is appended", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 200 }),
        fc.integer({ min: 0, max: 300 }),
        (texts, maxBytes) => {
          const journal = small(maxBytes);
          for (const [place, text] of texts.entries()) {
            expect(append(journal, text).seq).toBe(place + 1);
            expect(journal.bytes <= maxBytes || journal.oldest === journal.head).toBe(true);
          }
          const kept = journal.since(journal.oldest - 1) ?? [];
          expect(kept.reduce((bytes, { json }) => bytes + Buffer.byteLength(json), 0)).toBe(journal.bytes);
          for (let seq = -1; seq <= texts.length + 1; seq += 1) {
            const isKept = seq >= journal.oldest - 1 && seq <= texts.length;
            const expected = Array.from({ length: texts.length - seq }, (_, n) => seq + 1 + n);
            expect(numbers(journal.since(seq))).toEqual(isKept ? expected : undefined);
          }
          expect(kept.map(({ json }) => json)).toEqual(texts.slice(journal.oldest - 1));
        },
      ),
    );
  });

  it("stays right through many thousands of events", () => {
    const journal = small(5_000);
    for (let n = 1; n <= 20_000; n += 1) {
      append(journal, "x");
      if (n % 997 === 0) expect(numbers(journal.since(n - 3))).toEqual([n - 2, n - 1, n]);
    }
    expect([journal.oldest, journal.head, journal.bytes]).toEqual([15_001, 20_000, 5_000]);
    expect(journal.since(15_000)).toHaveLength(5_000);
    expect(journal.since(14_999)).toBeUndefined();
  });
});

describe("those who subscribe", () => {
  it("are told of each event in order, from then on, until they have heard enough", () => {
    const journal = new Journal<Event>();
    const heard: string[] = [];
    append(journal, "before");
    const stop = journal.subscribe(({ event }) => heard.push(`one ${event.text}`));
    journal.subscribe(({ event }) => heard.push(`two ${event.text}`));
    append(journal, "a");
    stop();
    stop();
    append(journal, "b");
    expect(heard).toEqual(["one a", "two a", "two b"]);
  });

  it("find the event in the journal when they are told of it", () => {
    const journal = small(3);
    const found: unknown[] = [];
    journal.subscribe(({ event }) => found.push(numbers(journal.since(event.seq - 1))));
    append(journal, "aaa");
    append(journal, "bbbbbb");
    expect(found).toEqual([[1], [2]]);
  });
});

describe("following a journal", () => {
  const collect = async (
    journal: Journal<Event>,
    after?: number,
    stop = new AbortController(),
  ): Promise<{ heard: string[]; stop: () => Promise<unknown> }> => {
    const heard: string[] = [];
    const done = (async () => {
      for await (const event of follow(journal, { signals: [stop.signal], after })) heard.push(event.text);
    })().catch((error: unknown) => error);
    await settle();
    return { heard, stop: () => (stop.abort(), done) };
  };

  it("tells what comes from now on", async () => {
    const journal = new Journal<Event>();
    append(journal, "before");
    const { heard, stop } = await collect(journal);
    append(journal, "a");
    append(journal, "b");
    await settle();
    append(journal, "c");
    await settle();
    expect(heard).toEqual(["a", "b", "c"]);
    expect(await stop()).toBeUndefined();
  });

  it("begins after the number it is given", async () => {
    const journal = new Journal<Event>();
    for (const text of ["a", "b", "c"]) append(journal, text);
    const { heard, stop } = await collect(journal, 1);
    expect(heard).toEqual(["b", "c"]);
    await stop();
  });

  it.each([
    ["has been forgotten", 0, /^event 1 was asked for; 3 to 4 are kept$/],
    ["is yet to come", 9, /^event 10 was asked for; 3 to 4 are kept$/],
  ])("is refused from a number that %s", async (_, after, message) => {
    const journal = small(2);
    for (const text of "abcd") append(journal, text);
    const first = follow(journal, { after }).next();
    await expect(first).rejects.toThrow(VitalsError);
    await expect(first).rejects.toMatchObject({ code: "journal_gap", message: expect.stringMatching(message) as string });
  });

  it("holds up nobody: a reader too slow is told that it has lost something", async () => {
    const journal = small(2);
    append(journal, "a");
    const events = follow(journal, { after: 0 });
    expect((await events.next()).value).toMatchObject({ text: "a" });
    for (const text of "bcdef") append(journal, text);
    await expect(events.next()).rejects.toMatchObject({ code: "journal_gap" });
  });

  it("ends at once where it is already over", async () => {
    const journal = new Journal<Event>();
    append(journal, "a");
    const { heard, stop } = await collect(
      journal,
      0,
      (() => {
        const over = new AbortController();
        over.abort();
        return over;
      })(),
    );
    expect(heard).toEqual([]);
    expect(await stop()).toBeUndefined();
  });

  it("tells each reader everything in order, however appends and turns of the event loop fall", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }), async (bursts) => {
        const journal = new Journal<Event>();
        const { heard, stop } = await collect(journal, 0);
        for (const burst of bursts) {
          for (let n = 0; n < burst; n += 1) append(journal, String(journal.head + 1));
          await settle();
        }
        await stop();
        expect(heard).toEqual(Array.from({ length: journal.head }, (_, n) => String(n + 1)));
      }),
      { numRuns: 25 },
    );
  });
});

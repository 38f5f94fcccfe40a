import * as fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { JournalEngine } from "../../src/journal/engine.ts";
import { Journal, readerOf, writerOf, type Entry } from "../../src/journal/journal.ts";
import { MemoryEngine } from "../../src/journal/memory-engine.ts";
import { settle } from "../../src/base/manual-clock.ts";

interface Event {
  readonly text: string;
}

/** Appends and commits one event. @returns its number */
function add(journal: Journal<Event>, text: string): number {
  journal.append({ text });
  journal.commit();
  return journal.head;
}

const numbers = (entries: readonly Entry<Event>[] | undefined): readonly number[] | undefined => entries?.map(({ seq }) => seq);

/** An encoding whose size is known: the limit counts only the text. */
const small = (maxBytes: number): Journal<Event> => new Journal<Event>({ maxBytes, encode: ({ text }) => text });

describe("Journal: appending and committing", () => {
  it("An empty journal has no entries, and nothing after its head", () => {
    const journal = new Journal<Event>();
    expect([journal.head, journal.oldest, journal.bytes]).toEqual([0, 0, 0]);
    expect(journal.since(0)).toEqual([]);
    expect(journal.since(1)).toBeUndefined();
    expect([journal.next(0), journal.count(0)]).toEqual([undefined, 0]);
  });

  it("An appended event has no number and is not visible to readers until commit", () => {
    const journal = new Journal<Event>();
    const received: string[] = [];
    journal.subscribe(({ event }) => received.push(event.text));
    journal.append({ text: "a" });
    journal.append({ text: "b" });
    expect([journal.head, journal.next(0), received]).toEqual([0, undefined, []]);
    journal.commit();
    expect(received).toEqual(["a", "b"]);
    expect(journal.since(0)).toEqual([
      { seq: 1, event: { text: "a" }, json: '{"text":"a"}' },
      { seq: 2, event: { text: "b" }, json: '{"text":"b"}' },
    ]);
    journal.commit();
    expect(received).toEqual(["a", "b"]);
  });

  it("All entries of a commit are readable before the first subscriber is called", () => {
    const journal = new Journal<Event>();
    const heads: number[] = [];
    journal.subscribe(() => heads.push(journal.head));
    journal.append({ text: "a" });
    journal.append({ text: "b" });
    journal.commit();
    expect(heads).toEqual([2, 2]);
  });

  it("An event that cannot be encoded is not queued", () => {
    const journal = new Journal<Event>({
      encode: ({ text }) => {
        if (text === "bad") throw new Error("no");
        return text;
      },
    });
    expect(() => journal.append({ text: "bad" })).toThrow("no");
    journal.commit();
    expect([journal.head, journal.bytes]).toEqual([0, 0]);
    expect(add(journal, "")).toBe(1);
  });

  it("An event is encoded once for any number of readers", () => {
    let encoded = 0;
    const journal = new Journal<Event>({ encode: () => ((encoded += 1), "x") });
    journal.subscribe(() => {});
    journal.subscribe(() => {});
    add(journal, "");
    journal.since(0);
    journal.since(0);
    expect(encoded).toBe(1);
  });
});

describe("Journal: retention", () => {
  it("The oldest entries are dropped when the byte limit is reached, and resuming before them is refused", () => {
    const journal = small(10);
    for (const text of ["aaaa", "bbbb", "cccc"]) add(journal, text);
    expect([journal.oldest, journal.head, journal.bytes]).toEqual([2, 3, 8]);
    expect(journal.since(0)).toBeUndefined();
    expect([journal.reaches(0), journal.reaches(1), journal.reaches(4)]).toEqual([false, true, false]);
    expect(numbers(journal.since(1))).toEqual([2, 3]);
    expect([journal.next(0)?.seq, journal.count(0)]).toEqual([2, 2]);
  });

  it("The newest entry is retained, however large", () => {
    const journal = small(10);
    add(journal, "aaaa");
    add(journal, "b".repeat(100));
    expect([journal.oldest, journal.head, journal.bytes]).toEqual([2, 2, 100]);
    add(journal, "cc");
    expect([journal.oldest, journal.bytes]).toEqual([3, 2]);
  });

  it("The limit of the journal counts bytes of UTF-8, not characters", () => {
    const journal = small(10);
    add(journal, "€€€");
    expect(journal.bytes).toBe(9);
    add(journal, "é");
    expect([journal.bytes, journal.oldest]).toEqual([2, 2]);
  });

  it("A dropped journal entry can be garbage-collected", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const journal = small(10);
    add(journal, "aaaaaaaa");
    const first = new WeakRef(journal.next(0) as Entry<Event>);
    add(journal, "bbbbbbbb");
    await settle();
    collectGarbage();
    expect(first.deref()).toBeUndefined();
  });

  it("Journal.next, count and since agree with a plain list of the retained entries, whatever is appended", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ unit: "binary", maxLength: 40 }), { maxLength: 4 }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 300 }),
        (batches, maxBytes) => {
          const journal = small(maxBytes);
          const received: number[] = [];
          journal.subscribe(({ seq }) => received.push(seq));
          for (const batch of batches) {
            for (const text of batch) journal.append({ text });
            journal.commit();
            expect(journal.bytes <= maxBytes || journal.oldest === journal.head).toBe(true);
          }
          const texts = batches.flat();
          expect(received).toEqual(texts.map((_, n) => n + 1));
          // The reference: entries from the newest back while they fit, and always the newest.
          let bytes = 0;
          const retained: number[] = [];
          for (let n = texts.length; n > 0; n -= 1) {
            bytes += Buffer.byteLength(texts[n - 1] as string);
            if (bytes > maxBytes && retained.length > 0) break;
            retained.unshift(n);
          }
          // Entries that were dropped for a larger one stay dropped after that one was dropped.
          const from = Math.max(journal.oldest, retained[0] ?? 0);
          const expected = retained.filter((n) => n >= from);
          for (let after = -1; after <= texts.length + 1; after += 1) {
            const rest = expected.filter((n) => n > after);
            expect(journal.next(after)?.seq).toBe(rest[0]);
            expect(journal.count(after)).toBe(rest.length);
            const isKept = after >= (expected[0] ?? 1) - 1 && after <= texts.length;
            expect(journal.reaches(after)).toBe(isKept);
            expect(numbers(journal.since(after))).toEqual(isKept ? rest : undefined);
          }
        },
      ),
    );
  });

  it("The journal stays within its limit after a million entries", () => {
    const journal = small(10_000);
    for (let n = 0; n < 1_000_000; n += 1) add(journal, "x");
    expect([journal.oldest, journal.head, journal.bytes]).toEqual([990_001, 1_000_000, 10_000]);
    expect(journal.since(journal.head - 1)).toHaveLength(1);
    expect(journal.since(990_000)).toHaveLength(10_000);
    expect(journal.since(989_999)).toBeUndefined();
  });
});

describe("Journal: subscribers", () => {
  it("A subscriber receives each new entry in order until it unsubscribes", () => {
    const journal = new Journal<Event>();
    const received: string[] = [];
    add(journal, "before");
    const stop = journal.subscribe(({ event }) => received.push(`one ${event.text}`));
    journal.subscribe(({ event }) => received.push(`two ${event.text}`));
    add(journal, "a");
    stop();
    stop();
    add(journal, "b");
    expect(received).toEqual(["one a", "two a", "two b"]);
  });

  it("A subscriber finds the entry in the journal when it is called for it", () => {
    const journal = small(3);
    const found: unknown[] = [];
    journal.subscribe(({ seq }) => found.push(journal.next(seq - 1)?.seq));
    add(journal, "aaa");
    add(journal, "bbbbbb");
    expect(found).toEqual([1, 2]);
  });

  it("A subscriber that throws is reported and stays subscribed, and the others receive the entry", () => {
    const errors: unknown[] = [];
    const journal = new Journal<Event>({ onSubscriberError: (error) => errors.push(error) });
    const received: string[] = [];
    journal.subscribe(({ event }) => {
      if (event.text === "a") throw new Error("no");
      received.push(`first ${event.text}`);
    });
    journal.subscribe(({ event }) => received.push(`second ${event.text}`));
    add(journal, "a");
    add(journal, "b");
    expect(received).toEqual(["second a", "first b", "second b"]);
    expect(errors).toEqual([new Error("no")]);
  });

  it("An event that a subscriber appends is delivered to all after the current one", () => {
    const journal = new Journal<Event>();
    const received: string[] = [];
    journal.subscribe(({ event }) => {
      received.push(`first ${event.text}`);
      if (event.text === "cause") add(journal, "effect");
    });
    journal.subscribe(({ event }) => received.push(`second ${event.text}`));
    journal.append({ text: "cause" });
    journal.append({ text: "after" });
    journal.commit();
    expect(received).toEqual(["first cause", "second cause", "first after", "second after", "first effect", "second effect"]);
    expect(journal.since(0)?.map(({ event }) => event.text)).toEqual(["cause", "after", "effect"]);
  });
});

describe("Journal: engines", () => {
  /** An engine that leaves gaps between its numbers, and responds when the test calls it. */
  function laterEngine() {
    const pending: { readonly count: number; answer(): void; fail(): void }[] = [];
    let last = 0;
    const engine: Pick<JournalEngine, "append"> = {
      append: (batch) =>
        new Promise((resolve, reject) => {
          const answer = (): void => resolve(batch.map(() => (last += 10)));
          pending.push({ count: batch.length, answer, fail: () => reject(new Error("the disk is full")) });
        }),
    };
    return { engine, pending };
  }

  it("An engine that answers later is called once at a time, and the next batch forms meanwhile", async () => {
    const { engine, pending } = laterEngine();
    const journal = new Journal<Event>({ engine });
    const received: (readonly [number, string])[] = [];
    journal.subscribe(({ seq, event }) => received.push([seq, event.text]));
    add(journal, "a");
    add(journal, "b");
    add(journal, "c");
    await settle();
    expect([pending.map(({ count }) => count), journal.head, received]).toEqual([[1], 0, []]);
    pending[0]?.answer();
    await settle();
    expect([pending.map(({ count }) => count), received]).toEqual([[1, 2], [[10, "a"]]]);
    pending[1]?.answer();
    await settle();
    expect(received).toEqual([
      [10, "a"],
      [20, "b"],
      [30, "c"],
    ]);
    expect([journal.next(10)?.seq, journal.count(10), journal.total, journal.reaches(15)]).toEqual([20, 2, 3, true]);
  });

  it("A batch that an engine cannot take is numbered in memory, and nothing is lost", async () => {
    const { engine, pending } = laterEngine();
    const journal = new Journal<Event>({ engine });
    add(journal, "a");
    pending[0]?.answer();
    await settle();
    add(journal, "b");
    pending[1]?.fail();
    await settle();
    expect(journal.since(0)?.map(({ seq, event }) => [seq, event.text])).toEqual([
      [10, "a"],
      [11, "b"],
    ]);
  });
});

describe("Journal: restored", () => {
  it("A restored journal continues above the earlier head, replays what was restored, and calls nobody for it", () => {
    const journal = new Journal<Event>({ engine: { append: (batch) => batch.map((_, n) => 101 + n) } });
    const received: number[] = [];
    journal.subscribe(({ seq }) => received.push(seq));
    const entry = (seq: number): Entry<Event> => ({ seq, event: { text: `${seq}` }, json: `{"text":"${seq}"}` });
    journal.restore(100, [entry(7), entry(8)]);
    expect([journal.head, journal.total, journal.oldest, journal.bytes, received]).toEqual([100, 0, 7, 24, []]);
    add(journal, "new");
    expect(received).toEqual([101]);
    expect(journal.since(7)?.map(({ seq }) => seq)).toEqual([8, 101]);
    expect([journal.reaches(5), journal.reaches(6), journal.next(50)?.seq]).toEqual([false, true, 101]);
  });

  it("A journal restored without entries knows only its head", () => {
    const journal = new Journal<Event>();
    journal.restore(100, []);
    expect([journal.head, journal.oldest, journal.reaches(99), journal.since(100)]).toEqual([100, 100, false, []]);
  });

  it("An event that the engine has numbered before reaches no subscriber again", () => {
    const journal = new Journal<Event>({ engine: new MemoryEngine(), identify: ({ text }) => ({ key: text, kind: "event" }) });
    const received: string[] = [];
    journal.subscribe(({ event }) => received.push(event.text));
    for (const text of ["a", "b", "a", "c"]) journal.append({ text });
    journal.commit();
    expect([received, journal.head]).toEqual([["a", "b", "c"], 3]);
  });

  it("An engine that throws does not stop the journal", () => {
    let calls = 0;
    const append = (): readonly number[] => {
      calls += 1;
      throw new Error("fenced");
    };
    const journal = new Journal<Event>({ engine: { append } });
    add(journal, "a");
    add(journal, "b");
    expect([calls, journal.head]).toEqual([2, 2]);
  });
});

describe("readerOf", () => {
  it("A reader follows the journal and has no way to write to it", () => {
    const journal = new Journal<Event>();
    const reader = readerOf(journal);
    const received: number[] = [];
    const stop = reader.subscribe(({ seq }) => received.push(seq));
    add(journal, "a");
    stop();
    add(journal, "b");
    expect([received, reader.head, reader.oldest, reader.total, reader.count(1), reader.next(1)?.seq, reader.reaches(0)]).toEqual([
      [1],
      2,
      1,
      2,
      1,
      2,
      true,
    ]);
    expect(reader.bytes).toBe(journal.bytes);
    expect(reader.since(1)).toEqual(journal.since(1));
    expect("append" in reader || "commit" in reader).toBe(false);
    expect(writerOf(reader)).toBe(journal);
  });
});

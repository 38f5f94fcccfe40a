import { describe, expect, it } from "vitest";
import { settle } from "../../src/base/manual-clock.ts";
import type { JournalEngine } from "../../src/journal/engine.ts";
import { Journal, type Entry } from "../../src/journal/journal.ts";
import { MemoryEngine } from "../../src/journal/memory-engine.ts";
import { add, type Event } from "../support/text-journal.ts";

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
  it("A restored journal continues above the earlier head, replays what was restored, and calls no subscriber for it", () => {
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

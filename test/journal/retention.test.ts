import * as fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { settle } from "../../src/base/manual-clock.ts";
import type { Entry } from "../../src/journal/journal.ts";
import { add, numbers, small, type Event } from "../support/text-journal.ts";

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

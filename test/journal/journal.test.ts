import { describe, expect, it } from "vitest";
import { Journal, readerOf, writerOf } from "../../src/journal/journal.ts";
import { add, small, type Event } from "../support/text-journal.ts";

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

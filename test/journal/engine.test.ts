import { describe, expect, it } from "vitest";
import type { JournalEngine, StoredEntry } from "../../src/journal/engine.ts";
import { FileEngine } from "../../src/journal/file/file-engine.ts";
import { MemoryEngine } from "../../src/journal/memory-engine.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ALL, draft, never, pageOf, textsOf } from "../support/journal.ts";
import { stateFolder } from "../support/state-folder.ts";

interface Subject {
  readonly name: string;
  /** An engine that retains at most about `maxBytes` of JSON, opened by the test. */
  readonly create: (maxBytes?: number) => Promise<JournalEngine>;
}

/** What every engine has to do. */
const SUBJECTS: readonly Subject[] = [
  {
    name: "files",
    create: async (maxBytes) => new FileEngine({ dir: stateFolder(), clock: systemClock, ...(maxBytes !== undefined && { maxBytes }) }),
  },
  { name: "memory", create: async (maxBytes) => new MemoryEngine(maxBytes === undefined ? {} : { maxBytes }) },
];

describe.each(SUBJECTS)("JournalEngine: $name", ({ create }) => {
  it("An engine numbers batches in ascending order and reads them back as they were", async () => {
    await using engine = await create();
    const { id, head } = await engine.open(never);
    expect([/^[\da-z]+$/.test(id), head]).toEqual([true, 0]);
    const body = JSON.stringify({ text: "ümläut \u0000 \u{1F600}\n" });
    const numbers = [...(await engine.append([draft("a"), { key: "k", kind: "alert", body }])), ...(await engine.append([draft("c")]))];
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    const { entries, holes } = pageOf(await engine.read(0, ALL, never));
    expect(entries.map(({ seq }) => seq)).toEqual(numbers);
    expect(entries[1]).toEqual({ seq: numbers[1], key: "k", kind: "alert", body });
    expect([textsOf(entries).at(-1), holes]).toEqual(["c", []]);
    expect(await engine.append([])).toEqual([]);
  });

  it("An engine reads page by page within both limits, and at least one entry", async () => {
    await using engine = await create();
    await engine.open(never);
    await engine.append(["a", "b", "c", "d", "e"].map((text) => draft(text)));
    const pages: (readonly string[])[] = [];
    for (let after = 0; ;) {
      const { entries } = pageOf(await engine.read(after, { entries: 2, bytes: 1_000 }, never));
      if (entries.length === 0) break;
      pages.push(textsOf(entries));
      after = (entries.at(-1) as StoredEntry).seq;
    }
    expect(pages).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(textsOf(pageOf(await engine.read(0, { entries: 9, bytes: 1 }, never)).entries)).toEqual(["a"]);
    expect(textsOf(pageOf(await engine.read(0, { entries: 9, bytes: 24 }, never)).entries)).toEqual(["a", "b"]);
  });

  it("A read above the head is a gap, and a read at the head is an empty page", async () => {
    await using engine = await create();
    await engine.open(never);
    const [first] = await engine.append([draft("a")]);
    expect(await engine.read((first as number) + 1, ALL, never)).toBe("gap");
    expect(await engine.read(first as number, ALL, never)).toEqual({ entries: [], holes: [] });
  });

  it("A draft with the key of a retained entry is not stored again and has that entry's number", async () => {
    await using engine = await create();
    await engine.open(never);
    const first = await engine.append([draft("a", "one"), draft("b", "two")]);
    const again = await engine.append([draft("a", "one"), draft("b", "two"), draft("c", "three")]);
    expect(again.slice(0, 2)).toEqual(first);
    expect(textsOf(pageOf(await engine.read(0, ALL, never)).entries)).toEqual(["a", "b", "c"]);
    const unkeyed = await engine.append([draft("x"), draft("x")]);
    expect(new Set(unkeyed).size).toBe(2);
  });

  it("Old entries are dropped at the byte limit, and a read from before them is a gap", async () => {
    await using engine = await create(64 * 1024);
    await engine.open(never);
    for (let n = 0; n < 400; n += 1) await engine.append([draft(`${n}`.padEnd(1024))]);
    await engine.save({ cursor: "400" });
    expect(await engine.read(0, ALL, never)).toBe("gap");
    const head = (await engine.append([draft("last")])).at(-1) as number;
    expect(textsOf(pageOf(await engine.read(head - 1, ALL, never)).entries)).toEqual(["last"]);
  });

  it("Values are loaded as saved last, and an unknown name has none", async () => {
    await using engine = await create();
    await engine.open(never);
    await engine.save({ checkpoint: "1", cursor: "a" });
    await engine.save({ checkpoint: "2" });
    expect([await engine.load("checkpoint"), await engine.load("cursor"), await engine.load("other")]).toEqual(["2", "a", undefined]);
  });

  it("A writer with an older fence can neither append nor save", async () => {
    await using engine = await create();
    await engine.open(never);
    await engine.append([draft("a")], { token: 1 });
    await engine.append([draft("b")], { token: 2 });
    await expect((async () => engine.append([draft("c")], { token: 1 }))()).rejects.toMatchObject({ code: "journal_fenced" });
    await expect(engine.save({ cursor: "c" }, { token: 1 })).rejects.toMatchObject({ code: "journal_fenced" });
    expect(textsOf(pageOf(await engine.read(0, ALL, never)).entries)).toEqual(["a", "b"]);
    expect(await engine.load("cursor")).toBeUndefined();
  });

  it("A follower receives what is retained, then each batch, until it aborts", async () => {
    await using engine = await create();
    await engine.open(never);
    await engine.append([draft("a"), draft("b")]);
    const abort = new AbortController();
    const received: string[] = [];
    let wake = (): void => {};
    const done = (async () => {
      for await (const entries of engine.follow(0, abort.signal)) {
        received.push(...textsOf(entries));
        wake();
      }
    })();
    const reach = (count: number) =>
      new Promise<void>((resolve) => {
        wake = () => void (received.length >= count && resolve());
        wake();
      });
    await reach(2);
    await engine.append([draft("c")]);
    await reach(3);
    await engine.append([draft("d")]);
    await engine.append([draft("e")]);
    await reach(5);
    abort.abort();
    await done;
    expect(received).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("A follower that asks for dropped entries is told so, and one that is aborted ends without an error", async () => {
    await using engine = await create(64 * 1024);
    await engine.open(never);
    for (let n = 0; n < 400; n += 1) await engine.append([draft(`${n}`.padEnd(1024))]);
    await engine.save({ cursor: "400" });
    const next = (signal: AbortSignal) => engine.follow(0, signal)[Symbol.asyncIterator]().next();
    await expect(next(never)).rejects.toMatchObject({ code: "journal_gap" });
    expect(await next(AbortSignal.abort())).toEqual({ done: true, value: undefined });
    await expect(engine.read(0, ALL, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
  });
});

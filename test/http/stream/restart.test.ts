import { describe, expect, it } from "vitest";
import { MemoryEngine } from "../../../src/journal/memory-engine.ts";
import type { JournalEngine, Opened } from "../../../src/journal/engine.ts";
import { settle } from "../../../src/base/manual-clock.ts";
import { Hub } from "../../../src/http/stream/hub.ts";
import type { Collector } from "../../../src/collector/collector.ts";
import { ArrayClient } from "../../support/array-client.ts";
import { Lives } from "../../support/lives.ts";
import { each } from "../../support/scripted.ts";

const LIMITS = { maxClients: 10, maxClientsPerAddress: 10 };
const NAMES = ["a", "b"];

const livesOf = () => new Lives(Object.fromEntries(NAMES.map((name) => [name, () => ({ depth: 1 })])), each(NAMES));

function joined({ collector, current }: Lives, lastEventId?: string): ArrayClient {
  const hub = new Hub(collector, LIMITS, current.clock);
  const client = new ArrayClient();
  const subscription = hub.join(client, { address: "127.0.0.1", filter: {}, lastEventId });
  client.onAsk = () => {
    client.backlogBytes = 0;
    setImmediate(() => hub.catchUp(subscription));
  };
  return client;
}

const lastId = ({ messages }: ArrayClient): string => messages.findLast(({ id }) => id !== undefined)?.id ?? "";
const kinds = ({ messages }: ArrayClient): readonly string[] => [...new Set(messages.map(({ event }) => event))];

describe("A client that resumes after a restart", () => {
  it("It continues behind its last event, without a repeat, a hole or a reset, and sees another boot", async () => {
    const lives = livesOf();
    await lives.start();
    const before = joined(lives);
    await lives.advance(5_500);
    const boot = lives.collector.bootId;
    lives.kill(3_000);
    await lives.start();
    const after = joined(lives, lastId(before));
    await lives.advance(5_000);
    expect(kinds(after)).not.toContain("snapshot");
    expect(kinds(after)).not.toContain("reset");
    const numbers = [...before.numbers("sample", "transition", "alert"), ...after.numbers("sample", "transition", "alert")];
    expect(numbers).toEqual(numbers.map((_, n) => (numbers[0] as number) + n));
    expect(after.messages[0]).toMatchObject({ event: "hello", data: { bootId: lives.collector.bootId } });
    expect(lives.collector.bootId).not.toBe(boot);
    expect(lastId(after).split("-")[0]).toBe(lastId(before).split("-")[0]);
  });

  it("It receives what only the engine retains, as fast as it reads, and then what follows", { timeout: 120_000 }, async () => {
    const lives = livesOf();
    lives.script["a"] = () => {
      throw new Error("x".repeat(400));
    };
    await lives.start();
    const before = joined(lives);
    await lives.advance(500);
    const first = lastId(before);
    await lives.advance(7_200_000);
    const { journal } = lives.collector;
    expect(journal.oldest).toBeGreaterThan(1_000);
    const after = joined(lives, first);
    const last = journal.head;
    for (let n = 0; n < 10_000 && (after.numbers("sample").at(-1) ?? 0) < last; n += 1) await settle();
    await lives.advance(2_000);
    const numbers = after.numbers("sample", "transition", "alert");
    expect(numbers).toEqual(numbers.map((_, n) => Number(first.split("-")[1]) + 1 + n));
    expect(numbers.at(-1)).toBeGreaterThan(last);
    expect(kinds(after)).not.toContain("reset");
  });

  it("It waits for the journal if it joins while the collector is being started", async () => {
    const lives = livesOf();
    await lives.start();
    const before = joined(lives);
    await lives.advance(5_500);
    lives.kill(1_000);
    const gate = Promise.withResolvers<void>();
    lives.engine.open = () => gate.promise.then(() => MemoryEngine.prototype.open.call(lives.engine));
    const starting = lives.start();
    const after = joined(lives, lastId(before));
    await settle();
    expect(after.messages).toEqual([]);
    gate.resolve();
    await starting;
    await lives.advance(2_000);
    expect(after.messages[0]?.event).toBe("hello");
    expect(kinds(after)).not.toContain("reset");
    expect(after.numbers("sample").length).toBeGreaterThan(0);
  });

  it("An id of another journal gets a reset, as does one that is no longer retained", async () => {
    const lives = livesOf();
    await lives.start();
    await lives.advance(5_500);
    expect(kinds(joined(lives, `${"0".repeat(16)}-3`))).toEqual(["hello", "reset", "snapshot"]);
    const id = `${lives.collector.archive.id}-1`;
    const small = new MemoryEngine({ maxBytes: 2_000 });
    const others = new Lives({ a: () => ({ depth: 1 }) }, each(["a"]), { journal: small });
    await others.start();
    await others.advance(60_500);
    others.kill(0);
    await others.start();
    const client = joined(others, id.replace(lives.collector.archive.id, others.collector.archive.id));
    await settle();
    expect(kinds(client)).toEqual(["hello", "reset", "snapshot"]);
  });
});

/** An engine that lost its newest entries in a crash, and continues above the numbers that it may have given. */
class CrashedEngine extends MemoryEngine {
  readonly #lostFrom: number;
  readonly #continuesAt: number;
  #hasCrashed = false;
  #opens = 0;

  constructor(lostFrom: number, continuesAt: number) {
    super();
    this.#lostFrom = lostFrom;
    this.#continuesAt = continuesAt;
  }

  override async open(): Promise<Opened> {
    this.#hasCrashed = (this.#opens += 1) > 1;
    const opened = await super.open();
    return this.#hasCrashed ? { ...opened, head: this.#continuesAt } : opened;
  }

  override append(...[batch, fence]: Parameters<JournalEngine["append"]>): readonly number[] {
    const numbers = super.append(batch, fence);
    return numbers.map((seq) => this.#shown(seq));
  }

  #base = 0;
  #shown(seq: number): number {
    if (!this.#hasCrashed) return seq;
    this.#base ||= this.#continuesAt + 1 - seq;
    return seq + this.#base;
  }

  override async read(...[after, limit, signal]: Parameters<JournalEngine["read"]>): ReturnType<JournalEngine["read"]> {
    if (!this.#hasCrashed) return super.read(after, limit, signal);
    const first = this.#continuesAt + 1;
    const kept = await super.read(0, { entries: 1_000_000, bytes: 1e9 }, signal);
    if (kept === "gap") return kept;
    const all = kept.entries.flatMap((entry) => {
      const isNew = this.#base > 0 && entry.seq + this.#base >= first;
      if (isNew) return [{ ...entry, seq: entry.seq + this.#base }];
      return entry.seq < this.#lostFrom ? [entry] : [];
    });
    const entries = all.filter(({ seq }) => seq > after).slice(0, limit.entries);
    const holes =
      entries.some(({ seq }) => seq === first) && after < this.#continuesAt + 1 ? [{ after: this.#lostFrom - 1, before: first }] : [];
    return { entries, holes };
  }
}

describe("A client that resumes across a crash that lost events", () => {
  const crashed = async (): Promise<Lives> => {
    const engine = new CrashedEngine(6, 1_000);
    const lives = new Lives({ a: () => ({ depth: 1 }) }, each(["a"]), { journal: engine });
    await lives.start();
    await lives.advance(12_500);
    expect(lives.collector.journal.head).toBeGreaterThan(9);
    lives.kill(10);
    await lives.start();
    return lives;
  };
  const idOf = (collector: Collector, seq: number): string => `${collector.archive.id}-${seq}`;
  const lostOf = ({ messages }: ArrayClient) => messages.filter(({ event }) => event === "lost").map(({ data }) => data);

  it("One that had less than the disk receives the rest of it, then how many were lost at most, then what follows", async () => {
    const lives = await crashed();
    const client = joined(lives, idOf(lives.collector, 3));
    await settle();
    await lives.advance(3_000);
    expect(client.numbers("sample").slice(0, 2)).toEqual([4, 5]);
    expect(
      client
        .numbers("sample")
        .slice(2)
        .every((seq) => seq > 1_000),
    ).toBe(true);
    expect(client.numbers("sample").length).toBeGreaterThan(3);
    expect(lostOf(client)).toEqual([{ atMost: 995 }]);
    expect(kinds(client)).not.toContain("reset");
  });

  it("One that had seen more than the disk goes on behind the hole, and is told how many were lost at most", async () => {
    const lives = await crashed();
    await lives.advance(2_000);
    const client = joined(lives, idOf(lives.collector, 8));
    await settle();
    await lives.advance(2_000);
    expect(client.numbers("sample").every((seq) => seq > 1_000)).toBe(true);
    expect(client.numbers("sample").length).toBeGreaterThan(1);
    expect(lostOf(client)).toEqual([{ atMost: 992 }]);
    expect(kinds(client)).not.toContain("reset");
  });
});

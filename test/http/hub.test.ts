import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hub } from "../../src/http/hub.ts";
import type { Client } from "../../src/http/subscription.ts";
import type { Collector, VitalsEvent } from "../../src/collector.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

/** A client that keeps what it is written, and takes it only when it reads. */
class ArrayClient implements Client {
  readonly messages: { readonly event: string; readonly id: string | undefined; readonly data: unknown }[] = [];
  backlogBytes = 0;
  closed = false;

  write(bytes: Uint8Array): void {
    expect(this.closed).toBe(false);
    this.backlogBytes += bytes.length;
    const text = Buffer.from(bytes).toString();
    const line = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
    this.messages.push({ event: line("event") ?? "", id: line("id"), data: JSON.parse(line("data") ?? "null") as unknown });
  }

  close(): void {
    this.closed = true;
  }

  numbers(...events: string[]): readonly number[] {
    return this.messages.filter(({ event }) => events.includes(event)).map(({ id }) => Number(id?.split("-").at(-1)));
  }
}

const LIMITS = { maxClients: 3, maxClientsPerAddress: 2 };

function setUp(limits = LIMITS) {
  const { clock, collector } = scriptedCollector({ a: () => ({ depth: 1 }), b: () => ({ depth: 2 }) }, each(["a", "b"]));
  const hub = new Hub(collector, limits, clock);
  const append = (make: (seq: number) => VitalsEvent): void => void collector.journal.append(make);
  const sample = (collection = "a", size = 0): void =>
    append((seq) => ({
      seq,
      kind: "sample",
      sample: {
        seq,
        time: "2026-01-01T00:00:00Z",
        collection,
        outcome: "failed",
        durationMs: 1,
        error: { type: "x", message: "x".repeat(size) },
      },
    }));
  const transition = (): void =>
    append((seq) => ({
      seq,
      kind: "transition",
      transition: { seq, time: "2026-01-01T00:00:00Z", component: "a", from: "healthy", to: "degraded", reason: "slow" },
    }));
  const join = (client: ArrayClient, options: { filter?: object; lastEventId?: string; address?: string } = {}) =>
    hub.join(client, { address: options.address ?? "127.0.0.1", filter: options.filter ?? {}, lastEventId: options.lastEventId });
  return { clock, collector, hub, sample, transition, join };
}

const idOf = (collector: Collector, seq: number): string => `${collector.bootId}-${seq}`;

describe("a client of the event stream", () => {
  it("is greeted, gets a snapshot, then each event with its number", () => {
    const { collector, join, sample, transition } = setUp();
    sample();
    const client = new ArrayClient();
    join(client);
    sample();
    transition();
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "snapshot", "sample", "transition"]);
    expect(client.messages[0]?.data).toEqual({ bootId: collector.bootId, oldest: 1, head: 1 });
    expect(client.messages[1]?.data).toMatchObject({
      collections: [{ name: "a" }, { name: "b" }],
      health: { status: "unknown" },
      alerts: [],
    });
    expect(client.numbers("snapshot", "sample", "transition")).toEqual([1, 2, 3]);
  });

  it("resumes after the event it names, without a snapshot", () => {
    const { collector, join, sample } = setUp();
    for (let n = 0; n < 5; n += 1) sample();
    const client = new ArrayClient();
    join(client, { lastEventId: idOf(collector, 2) });
    sample();
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "sample", "sample", "sample", "sample"]);
    expect(client.numbers("sample")).toEqual([3, 4, 5, 6]);
  });

  it.each(["another-3", "nonsense", "-1"])("is reset with a snapshot when it names %s", (lastEventId) => {
    const { join, sample } = setUp();
    sample();
    const client = new ArrayClient();
    join(client, { lastEventId });
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "reset", "snapshot"]);
  });

  it("gets only what passes its filter, and a heartbeat that carries the number it has been taken to", async () => {
    const { clock, join, sample, transition } = setUp();
    const client = new ArrayClient();
    join(client, { filter: { types: new Set(["sample"]), collections: new Set(["b"]) } });
    sample("a");
    sample("b");
    transition();
    sample("a");
    await clock.advance(15_000);
    expect(client.numbers("sample")).toEqual([2]);
    expect(client.messages.some(({ event }) => event === "transition")).toBe(false);
    expect(client.numbers("heartbeat")).toEqual([4]);
    expect(client.messages.at(-1)?.data).toMatchObject({ dropped: 0 });
  });

  it("gets no more samples a second than it asked for, and is told how many it missed", async () => {
    const { clock, join, sample, transition } = setUp();
    const client = new ArrayClient();
    join(client, { filter: { maxRate: 1 } });
    for (let n = 0; n < 10; n += 1) sample();
    transition();
    await clock.advance(15_000);
    expect(client.numbers("sample")).toEqual([1]);
    expect(client.numbers("transition")).toEqual([11]);
    expect(client.messages.find(({ event }) => event === "heartbeat")?.data).toMatchObject({ dropped: 9 });
  });

  it("gets aggregates of each window as it passes", async () => {
    const { clock, join } = setUp();
    const client = new ArrayClient();
    join(client);
    await clock.advance(5_000);
    const aggregates = client.messages.filter(({ event }) => event === "aggregate");
    expect(
      aggregates.map(({ data, id }) => [
        (data as { collection: string; window: string }).collection,
        (data as { window: string }).window,
        id,
      ]),
    ).toEqual([
      ["a", "1m", undefined],
      ["b", "1m", undefined],
    ]);
  });

  it("is told goodbye with a time to come back, once, when the collector stops", async () => {
    const { collector, hub, join } = setUp();
    const client = new ArrayClient();
    join(client);
    await collector.shutdown();
    expect(client.messages.at(-1)).toMatchObject({ event: "bye" });
    const retryMs = (client.messages.at(-1)?.data as { retryMs?: number } | undefined)?.retryMs;
    expect(retryMs).toBeGreaterThanOrEqual(1_000);
    expect(client.closed).toBe(true);
    hub.drain();
    expect(hub.refusal("127.0.0.1")).toBe("the collector is stopping");
    expect(hub.report().clients).toBe(0);
  });
});

describe("limits", () => {
  it("refuse too many clients in all and from one address, and forget those that left", () => {
    const { hub, join } = setUp();
    const first = join(new ArrayClient());
    join(new ArrayClient());
    expect(hub.refusal("127.0.0.1")).toMatch(/2 clients from this address/);
    expect(hub.refusal("127.0.0.2")).toBeUndefined();
    join(new ArrayClient(), { address: "127.0.0.2" });
    expect(hub.refusal("127.0.0.3")).toMatch(/3 clients already/);
    hub.leave(first);
    hub.leave(first);
    expect(hub.refusal("127.0.0.1")).toBeUndefined();
    expect(hub.report().clients).toBe(2);
  });
});

describe("a client that does not read", () => {
  it("has its samples thinned out, gets the newest when it reads again, and never loses a transition", () => {
    const { hub, join, sample, transition } = setUp();
    const client = new ArrayClient();
    const subscription = join(client);
    client.backlogBytes = 0;
    for (let n = 0; n < 100; n += 1) sample(n % 2 === 0 ? "a" : "b", 1_000);
    transition();
    const unread = client.backlogBytes;
    expect(unread).toBeLessThan(40 * 1024);
    client.backlogBytes = 0;
    hub.catchUp(subscription);
    expect(client.numbers("transition")).toEqual([101]);
    expect(client.numbers("sample").slice(-2)).toEqual([99, 100]);
    expect(subscription.dropped).toBe(100 - client.numbers("sample").length);
    expect(hub.report()).toMatchObject({ dropped: subscription.dropped, disconnected: 0 });
  });

  it("goes on with the next event once it reads again, also where nobody says that it does", () => {
    const { join, sample } = setUp();
    const client = new ArrayClient();
    join(client);
    for (let n = 0; n < 100; n += 1) sample("a", 1_000);
    client.backlogBytes = 0;
    sample("b");
    expect(client.numbers("sample").slice(-2)).toEqual([100, 101]);
  });

  it("is disconnected at its limit when it is owed what may not vanish", () => {
    const { hub, join, transition } = setUp();
    const client = new ArrayClient();
    join(client);
    for (let n = 0; n < 1_000 && !client.closed; n += 1) transition();
    expect(client.closed).toBe(true);
    expect(client.backlogBytes).toBeLessThanOrEqual(64 * 1024);
    expect(hub.report()).toMatchObject({ clients: 0, disconnected: 1 });
  });

  it("is disconnected at a heartbeat when nothing moves", async () => {
    const { clock, hub, join } = setUp();
    const client = new ArrayClient();
    join(client);
    client.backlogBytes = 70_000;
    await clock.advance(15_000);
    expect(client.closed).toBe(true);
    expect(hub.report().disconnected).toBe(1);
  });
});

describe("whatever happens", () => {
  type Act = "sample" | "transition" | "read" | "stop reading" | "reconnect";

  it("numbers only grow, nothing comes twice, and all that is missing was told as dropped", () => {
    const act = fc.constantFrom<Act>("sample", "sample", "sample", "transition", "read", "stop reading", "reconnect");
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
        const { collector, hub, join, sample, transition } = setUp();
        let client = new ArrayClient();
        let subscription = join(client);
        let isReading = true;
        const seen: number[] = [];
        let dropped = 0;
        const read = (): void => {
          client.backlogBytes = 0;
          hub.catchUp(subscription);
          client.backlogBytes = 0;
        };
        const collect = (): void => {
          seen.push(...client.numbers("sample", "transition"));
          client.messages.length = 0;
        };
        for (const each of acts) {
          if (each === "sample") sample("a", 3_000);
          if (each === "transition") transition();
          if (each === "stop reading") isReading = false;
          if (each === "read") isReading = true;
          if (isReading && !client.closed) read();
          collect();
          if (each !== "reconnect" && !client.closed) continue;
          hub.leave(subscription);
          dropped += subscription.dropped;
          client = new ArrayClient();
          subscription = join(client, { lastEventId: idOf(collector, subscription.passed) });
          expect(client.messages.some(({ event }) => event === "snapshot" || event === "reset")).toBe(false);
          isReading = true;
          read();
          collect();
        }
        // Reading everything that is left.
        for (let turn = 0; turn < 10; turn += 1) read();
        collect();
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(seen.length + dropped + subscription.dropped).toBe(collector.journal.head);
      }),
      { numRuns: 200 },
    );
  });
});

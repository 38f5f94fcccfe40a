import * as fc from "fast-check";
import type { Attributes, Meter } from "@opentelemetry/api";
import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { Hub } from "../../../src/http/stream/hub.ts";
import type { Collector } from "../../../src/collector/collector.ts";
import type { VitalsEvent } from "../../../src/collector/event.ts";
import { each, scriptedCollector } from "../../support/scripted.ts";
import { settle } from "../../../src/base/manual-clock.ts";
import { ArrayClient } from "../../support/array-client.ts";
import { emit } from "../../support/emit.ts";
import { SparseJournal, withJournal } from "../../support/sparse-journal.ts";

const LIMITS = { maxClients: 3, maxClientsPerAddress: 2 };

function setUp(limits = LIMITS, meter?: Meter, sparse?: SparseJournal) {
  const { clock, collector: real } = scriptedCollector({ a: () => ({ depth: 1 }), b: () => ({ depth: 2 }) }, each(["a", "b"]));
  const collector = sparse ? withJournal(real, sparse) : real;
  const append = (event: VitalsEvent): void => (sparse ? sparse.append(event) : void emit(real, event));
  const hub = new Hub(collector, limits, clock, meter);
  const sample = (collection = "a", size = 0): void =>
    append({
      kind: "sample",
      sample: {
        time: "2026-01-01T00:00:00Z",
        collection,
        outcome: "failed",
        durationMs: 1,
        error: { type: "x", message: "x".repeat(size) },
      },
    });
  const transition = (): void =>
    append({
      kind: "transition",
      transition: { time: "2026-01-01T00:00:00Z", component: "a", from: "healthy", to: "degraded", reason: "slow" },
    });
  const join = (client: ArrayClient, options: { filter?: object; lastEventId?: string; address?: string } = {}) =>
    hub.join(client, { address: options.address ?? "127.0.0.1", filter: options.filter ?? {}, lastEventId: options.lastEventId });
  return { clock, collector, hub, sample, transition, join };
}

/** A meter that counts the callbacks of its observable instruments. */
function countingMeter() {
  const callbacks = new Set<unknown>();
  const gauge = {
    addCallback: (each: unknown) => void callbacks.add(each),
    removeCallback: (each: unknown) => void callbacks.delete(each),
  };
  return { callbacks, meter: { createCounter: () => ({ add() {} }), createObservableGauge: () => gauge } as unknown as Meter };
}

const idOf = (collector: Collector, seq: number): string => `${collector.bootId}-${seq}`;

describe("a client of the event stream", () => {
  it("a fresh client gets a hello, a snapshot, then each event with its number", () => {
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

  it("a client resumes after the event it names, without a snapshot", () => {
    const { collector, join, sample } = setUp();
    for (let n = 0; n < 5; n += 1) sample();
    const client = new ArrayClient();
    join(client, { lastEventId: idOf(collector, 2) });
    sample();
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "sample", "sample", "sample", "sample"]);
    expect(client.numbers("sample")).toEqual([3, 4, 5, 6]);
  });

  it.each(["another-3", "nonsense", "-1"])("a client that names %s gets a reset and a snapshot", (lastEventId) => {
    const { join, sample } = setUp();
    sample();
    const client = new ArrayClient();
    join(client, { lastEventId });
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "reset", "snapshot"]);
  });

  it.each(["", "0x1", "1.5", "9", "1e0", " 1"])("a client that names its boot with %j as the number gets a reset", (digits) => {
    const { collector, join, sample } = setUp();
    sample();
    const client = new ArrayClient();
    join(client, { lastEventId: `${collector.bootId}-${digits}` });
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "reset", "snapshot"]);
  });

  it("a client gets only what passes its filter, and heartbeats with the number it has been taken to", async () => {
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

  it("a client gets no more samples per second than it requested, and the number of dropped ones in a heartbeat", async () => {
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

  it("the rate limit is shared by all collections, also by one that ticks rarely and always right after another", async () => {
    const { clock, join, sample } = setUp();
    const client = new ArrayClient();
    join(client, { filter: { maxRate: 1 } });
    for (let second = 0; second < 30; second += 1) {
      sample("a");
      await clock.advance(400);
      if (second % 5 === 0) sample("b");
      await clock.advance(600);
    }
    const got = client.messages.flatMap(({ event, data }) => (event === "sample" ? [(data as { collection: string }).collection] : []));
    expect(got.length).toBeLessThanOrEqual(31);
    expect(got.filter((name) => name === "b")).toHaveLength(6);
    expect(got.filter((name) => name === "a").length).toBeGreaterThanOrEqual(22);
  });

  it("a transition is sent at once although the rate limit delays a sample before it", () => {
    const { join, sample, transition } = setUp();
    const [all, samples] = [new ArrayClient(), new ArrayClient()];
    const subscription = join(all, { filter: { maxRate: 1 } });
    join(samples, { filter: { maxRate: 1, types: new Set(["sample"]) } });
    sample("a");
    sample("b");
    transition();
    expect(all.numbers("sample", "transition")).toEqual([1, 3]);
    expect(subscription.dropped).toBe(1);
    expect(samples.numbers("sample")).toEqual([1]);
  });

  it("a client gets its remaining events before the bye", async () => {
    const { collector, join, sample } = setUp();
    const client = new ArrayClient();
    join(client);
    for (let n = 0; n < 100; n += 1) sample("a", 1_000);
    client.backlogBytes = 0;
    await collector.shutdown();
    expect(client.numbers("sample").at(-1)).toBe(100);
    expect(client.messages.at(-1)?.event).toBe("bye");
  });

  it("a client gets aggregates at a twelfth of each window", async () => {
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

  it("a client gets one bye with a time to reconnect when the collector stops", async () => {
    const { collector, hub, join } = setUp();
    const client = new ArrayClient();
    join(client);
    await collector.shutdown();
    expect(client.messages.at(-1)).toMatchObject({ event: "bye" });
    const retryMs = (client.messages.at(-1)?.data as { retryMs?: number } | undefined)?.retryMs;
    expect(retryMs).toBeGreaterThanOrEqual(1_000);
    expect(client.closed).toBe(true);
    hub.close();
    expect(hub.refusal("127.0.0.1")).toEqual({ kind: "stopping", detail: "the collector is shutting down" });
    expect(hub.report().clients).toBe(0);
  });
});

describe("many clients", () => {
  const MANY = { maxClients: 10_000, maxClientsPerAddress: 10_000 };
  const clients = (count: number): readonly ArrayClient[] => Array.from({ length: count }, () => new ArrayClient());

  it("clients share the same bytes, a thousand fresh ones and a thousand that resume", () => {
    const { collector, join, sample } = setUp(MANY);
    for (let n = 0; n < 20; n += 1) sample();
    const [fresh, resuming] = [clients(1_000), clients(1_000)];
    for (const client of fresh) join(client);
    for (const client of resuming) join(client, { lastEventId: idOf(collector, 5) });
    for (const group of [fresh, resuming]) {
      const [first, ...others] = group as readonly [ArrayClient, ...ArrayClient[]];
      expect(first.writes.length).toBe(group === fresh ? 2 : 16);
      for (const { writes } of others) expect(writes.every((bytes, n) => bytes === first.writes[n])).toBe(true);
    }
  });

  it("clients share the bytes of a heartbeat if its content is the same for them", async () => {
    const { clock, collector, join, sample } = setUp(MANY);
    const [one, two, behind] = clients(3) as [ArrayClient, ArrayClient, ArrayClient];
    for (const client of [one, two, behind]) join(client, { filter: { types: new Set(["sample"]) } });
    for (let n = 0; n < 50; n += 1) {
      sample("a", 1_000);
      one.backlogBytes = 0;
      two.backlogBytes = 0;
    }
    await clock.advance(15_000);
    expect(one.messages.at(-1)).toMatchObject({ event: "heartbeat", id: idOf(collector, 50), data: { dropped: 0 } });
    expect(one.writes.at(-1)).toBe(two.writes.at(-1));
    const last = behind.messages.at(-1);
    expect(last?.event).toBe("heartbeat");
    expect((last?.data as { dropped: number } | undefined)?.dropped).toBeGreaterThan(10);
  });

  it("clients get the aggregates of a window in one write, shared by those with the same collections", async () => {
    const { clock, join } = setUp(MANY);
    const [one, two, only] = clients(3) as [ArrayClient, ArrayClient, ArrayClient];
    for (const client of [one, two]) join(client);
    join(only, { filter: { collections: new Set(["b"]) } });
    await clock.advance(5_000);
    expect(one.writes.at(-1)).toBe(two.writes.at(-1));
    const collectionsOf = ({ messages }: ArrayClient) =>
      messages.filter(({ event }) => event === "aggregate").map(({ data }) => (data as { collection: string }).collection);
    expect([collectionsOf(one), collectionsOf(only)]).toEqual([["a", "b"], ["b"]]);
  });

  it("clients are written to in batches, and each gets every event once and in order, also those between two batches", async () => {
    const { hub, join, sample } = setUp(MANY);
    const all = clients(1_300);
    for (const client of all) join(client);
    sample();
    const reached = (): number => all.filter((client) => client.numbers("sample").length > 0).length;
    expect(reached()).toBe(500);
    sample();
    sample();
    for (let turns = 0; turns < 10; turns += 1) await settle();
    expect(all.every((client) => client.numbers("sample").join() === "1,2,3")).toBe(true);
    expect(hub.report()).toMatchObject({ sent: 3 * all.length, dropped: 0 });
  });

  it("clients that disconnect between two batches get nothing more", async () => {
    const { hub, join, sample } = setUp(MANY);
    const all = clients(600);
    const subscriptions = all.map((client) => join(client));
    sample();
    for (const subscription of subscriptions.slice(500)) hub.leave(subscription);
    await settle();
    await settle();
    expect(all.filter((client) => client.numbers("sample").length > 0)).toHaveLength(500);
  });

  it("an event for many clients costs one addition to the counter", () => {
    const added: { count: number; attributes: Attributes | undefined }[] = [];
    const counter = { add: (count: number, attributes?: Attributes) => void added.push({ count, attributes }) };
    const meter = {
      createCounter: () => counter,
      createObservableGauge: () => ({ addCallback() {}, removeCallback() {} }),
    } as unknown as Meter;
    const { join, sample } = setUp(MANY, meter);
    for (const client of clients(300)) join(client);
    sample();
    sample();
    expect(added).toEqual(Array.from({ length: 2 }, () => ({ count: 300, attributes: { "vitals.outcome": "sent" } })));
  });
});

describe("limits", () => {
  it("the hub refuses clients beyond its limits, in total and per address, and does not count disconnected ones", () => {
    const { hub, join } = setUp();
    const first = join(new ArrayClient());
    join(new ArrayClient());
    expect(hub.refusal("127.0.0.1")?.detail).toMatch(/2 clients from this address are connected, the maximum is 2/);
    expect(hub.refusal("127.0.0.2")).toBeUndefined();
    join(new ArrayClient(), { address: "127.0.0.2" });
    expect(hub.refusal("127.0.0.3")?.detail).toMatch(/3 clients are connected, the maximum is 3/);
    hub.leave(first);
    hub.leave(first);
    expect(hub.refusal("127.0.0.1")).toBeUndefined();
    expect(hub.report().clients).toBe(2);
  });
});

describe("messages above the backlog limit", () => {
  function withCollections(count: number) {
    const names = Array.from({ length: count }, (_, n) => `collection-${n}`);
    const { clock, collector } = scriptedCollector({}, each(names));
    const hub = new Hub(collector, LIMITS, clock);
    const client = new ArrayClient();
    const subscription = hub.join(client, { address: "127.0.0.1", filter: {}, lastEventId: undefined });
    const transition = (reason = "slow"): void =>
      void emit(collector, { kind: "transition", transition: { time: "", component: "a", from: "healthy", to: "degraded", reason } });
    return { clock, collector, hub, client, subscription, transition };
  }

  it("a client whose snapshot exceeds the backlog limit stays connected at the next transitions and heartbeats", async () => {
    const { clock, client, transition } = withCollections(200);
    expect(client.backlogBytes).toBeGreaterThan(64 * 1024);
    for (let n = 0; n < 20; n += 1) transition();
    expect(client.closed).toBe(false);
    expect(client.numbers("transition")).toHaveLength(20);
    await clock.advance(15_000);
    expect([client.closed, client.messages.at(-1)?.event]).toEqual([false, "heartbeat"]);
  });

  it("what follows a snapshot is bounded as if there were none", () => {
    const { client, hub, transition } = withCollections(200);
    const snapshotBytes = client.backlogBytes;
    for (let n = 0; n < 80; n += 1) if (!client.closed) transition("x".repeat(1_000));
    expect(client.closed).toBe(true);
    expect(client.backlogBytes - snapshotBytes).toBeLessThanOrEqual(64 * 1024);
    expect(hub.report()).toMatchObject({ clients: 0, disconnected: 1 });
  });

  it("aggregates above the backlog limit disconnect no client, and are not added to those that were not read", async () => {
    const { clock, client, subscription, transition } = withCollections(300);
    client.backlogBytes = 0;
    await clock.advance(5_000);
    const bytes = client.backlogBytes;
    expect(bytes).toBeGreaterThan(64 * 1024);
    transition();
    expect([client.closed, client.numbers("transition")]).toEqual([false, [1]]);
    await clock.advance(5_000);
    expect(client.backlogBytes).toBeLessThan(bytes + 1_000);
    expect(subscription.dropped).toBe(300);
  });

  it("a sample above the backlog limit disconnects no client at the next transition", () => {
    const { join, sample, transition } = setUp();
    const client = new ArrayClient();
    join(client);
    client.backlogBytes = 0;
    sample("a", 200_000);
    transition();
    expect([client.closed, client.numbers("sample", "transition")]).toEqual([false, [1, 2]]);
    // The next one waits until this one was read.
    sample("b", 200_000);
    expect(client.numbers("sample")).toEqual([1]);
  });
});

describe("a client that does not read", () => {
  it("a client that does not read loses samples but not the newest and no transition", () => {
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

  it("a transition is sent to a client that does not read at once, after the newest sample of each collection", () => {
    const { hub, join, sample, transition } = setUp();
    const client = new ArrayClient();
    const subscription = join(client);
    for (let n = 0; n < 100; n += 1) sample(n % 2 === 0 ? "a" : "b", 1_000);
    expect(client.numbers("sample").at(-1)).toBeLessThan(40);
    transition();
    expect(client.numbers("sample", "transition").slice(-3)).toEqual([99, 100, 101]);
    expect(client.closed).toBe(false);
    expect(subscription.dropped).toBe(100 - client.numbers("sample").length);
    expect(hub.report().dropped).toBe(subscription.dropped);
  });

  it("a client loses no event of a replay, however slowly it reads", () => {
    const { collector, hub, join, sample, transition } = setUp();
    for (let n = 0; n < 200; n += 1) sample("a", 1_000);
    const client = new ArrayClient();
    const subscription = join(client, { lastEventId: idOf(collector, 0) });
    expect(client.numbers("sample").length).toBeLessThan(40);
    transition();
    expect(client.numbers("transition")).toEqual([]);
    for (let reads = 0; reads < 20; reads += 1) {
      client.backlogBytes = 0;
      hub.catchUp(subscription);
    }
    expect(client.numbers("sample", "transition")).toEqual(Array.from({ length: 201 }, (_, n) => n + 1));
    expect(subscription.dropped).toBe(0);
  });

  it("a client gets a reset and a snapshot when the events it waits for are no longer kept", () => {
    const { join, sample } = setUp();
    const client = new ArrayClient();
    const subscription = join(client);
    // Large samples of many collections: none replaces another, so all of them wait.
    for (let n = 0; n < 120; n += 1) sample(`c${n}`, 60_000);
    const events = client.messages.map(({ event }) => event);
    expect(events).toEqual(["hello", "snapshot", "reset", "snapshot"]);
    expect(client.messages[2]?.data).toEqual({ reason: "the resume point is no longer kept" });
    expect(subscription.passed).toBe(client.numbers("snapshot")[1]);
    expect(subscription.dropped).toBe(subscription.passed);
  });

  it("one snapshot at a time waits for a client that does not read", () => {
    const { hub, join, sample } = setUp();
    const client = new ArrayClient();
    const subscription = join(client);
    client.backlogBytes = 40_000;
    for (let n = 0; n < 500; n += 1) sample(`c${n}`, 60_000);
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "snapshot"]);
    client.backlogBytes = 0;
    hub.catchUp(subscription);
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "snapshot", "reset", "snapshot"]);
  });

  it("aggregates for a client that is behind are dropped and counted", async () => {
    const { clock, hub, join } = setUp();
    const client = new ArrayClient();
    const subscription = join(client);
    client.backlogBytes = 40_000;
    await clock.advance(5_000);
    expect(client.messages.some(({ event }) => event === "aggregate")).toBe(false);
    expect(subscription.dropped).toBe(2);
    expect(hub.report().dropped).toBe(2);
  });

  it("a client is disconnected after a minute in which it read nothing, but not if it read a little", async () => {
    const { clock, hub, join } = setUp();
    const [stuck, slow] = [new ArrayClient(), new ArrayClient()];
    for (const client of [stuck, slow]) {
      join(client, { filter: { types: new Set(["sample"]) } });
      client.backlogBytes = 40_000;
    }
    for (let beats = 0; beats < 5; beats += 1) {
      expect(stuck.closed).toBe(false);
      slow.backlogBytes -= 500;
      await clock.advance(15_000);
    }
    expect([stuck.closed, slow.closed]).toEqual([true, false]);
    expect(hub.report()).toMatchObject({ clients: 1, disconnected: 1 });
  });

  it("a client that reads again gets the next event even without a read notification", () => {
    const { join, sample } = setUp();
    const client = new ArrayClient();
    join(client);
    for (let n = 0; n < 100; n += 1) sample("a", 1_000);
    client.backlogBytes = 0;
    sample("b");
    expect(client.numbers("sample").slice(-2)).toEqual([100, 101]);
  });

  it("a client is disconnected when transitions exceed its backlog limit", () => {
    const { hub, join, transition } = setUp();
    const client = new ArrayClient();
    join(client);
    for (let n = 0; n < 1_000 && !client.closed; n += 1) transition();
    expect(client.closed).toBe(true);
    expect(client.backlogBytes).toBeLessThanOrEqual(64 * 1024);
    expect(hub.report()).toMatchObject({ clients: 0, disconnected: 1 });
  });

  it("a client above its backlog limit is disconnected at a heartbeat", async () => {
    const { clock, hub, join } = setUp();
    const client = new ArrayClient();
    join(client);
    client.backlogBytes = 70_000;
    await clock.advance(15_000);
    expect(client.closed).toBe(true);
    expect(hub.report().disconnected).toBe(1);
  });
});

describe("what the hub holds", () => {
  /** What a hub holds of its collector, its meter and its clock. */
  function held() {
    const { callbacks, meter } = countingMeter();
    const { clock, collector } = scriptedCollector({}, each(["a"]));
    let subscriptions = 0;
    const { journal } = collector;
    const subscribe = journal.subscribe.bind(journal);
    vi.spyOn(journal, "subscribe").mockImplementation((listener) => {
      const unsubscribe = subscribe(listener);
      subscriptions += 1;
      return () => {
        subscriptions -= 1;
        unsubscribe();
      };
    });
    let timers = 0;
    const sleepUntil = clock.sleepUntil.bind(clock);
    vi.spyOn(clock, "sleepUntil").mockImplementation(async (atMs, signal) => {
      timers += 1;
      await sleepUntil(atMs, signal);
      timers -= 1;
    });
    const hub = new Hub(collector, LIMITS, clock, meter);
    const components = () => collector.health.report().components.filter(({ component }) => component === "stream").length;
    const listeners = () => getEventListeners(collector.stopping, "abort").length;
    const list = () => ({ subscriptions, callbacks: callbacks.size, components: components(), listeners: listeners(), timers });
    return { clock, collector, hub, list };
  }
  const NOTHING = { subscriptions: 0, callbacks: 0, components: 0, listeners: 0, timers: 0 };

  it("a new hub holds nothing, and one that was opened no subscription and no timer until a client joins", () => {
    const { hub, list } = held();
    expect(list()).toEqual(NOTHING);
    hub.open();
    hub.open();
    expect(list()).toEqual({ ...NOTHING, callbacks: 1, components: 1, listeners: 1 });
    const request = { address: "127.0.0.1", filter: {} };
    const subscription = hub.join(new ArrayClient(), request);
    expect(list()).toMatchObject({ subscriptions: 1, timers: 5 });
    hub.leave(subscription);
  });

  it("the hub releases the journal and its timers when the last client leaves", async () => {
    const { clock, hub, list } = held();
    const request = { address: "127.0.0.1", filter: {} };
    const both = [hub.join(new ArrayClient(), request), hub.join(new ArrayClient(), request)] as const;
    hub.leave(both[0]);
    expect(list()).toMatchObject({ subscriptions: 1 });
    hub.leave(both[1]);
    await clock.advance(0);
    expect(list()).toMatchObject({ subscriptions: 0, timers: 0 });
  });

  it("the hub holds nothing after the collector's shutdown, and refuses clients", async () => {
    const { collector, hub, list } = held();
    hub.join(new ArrayClient(), { address: "127.0.0.1", filter: {} });
    await collector.shutdown();
    expect(list()).toEqual(NOTHING);
    expect(hub.refusal("127.0.0.1")?.kind).toBe("stopping");
  });

  it("a closed hub holds nothing of a collector that goes on running", async () => {
    const { clock, collector, hub, list } = held();
    await collector.start();
    hub.open();
    const running = list();
    hub.join(new ArrayClient(), { address: "127.0.0.1", filter: {} });
    await clock.advance(5_000);
    hub.close();
    await clock.advance(5_000);
    expect(running).toMatchObject({ subscriptions: 0, callbacks: 1, components: 1 });
    expect(list()).toMatchObject({ subscriptions: 0, callbacks: 0, components: 0, listeners: running.listeners - 1 });
    expect(collector.lifecycle).toBe("running");
    await collector.shutdown();
  });

  it("a hub whose first request comes after the collector's shutdown registers nothing", async () => {
    const { collector, hub, list } = held();
    await collector.shutdown();
    expect(hub.refusal("127.0.0.1")?.kind).toBe("stopping");
    expect(list()).toEqual(NOTHING);
  });
});

describe("a journal with holes in its numbers", () => {
  it("a client of a sparse journal gets every event once, with the journal's own numbers", () => {
    const sparse = new SparseJournal();
    const { join, sample, transition } = setUp(LIMITS, undefined, sparse);
    sample();
    const client = new ArrayClient();
    join(client);
    sample();
    transition();
    sample();
    expect(sparse.head).toBeGreaterThan(sparse.total);
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "snapshot", "sample", "transition", "sample"]);
    expect(client.numbers("sample", "transition")).toEqual(sparse.since(sparse.oldest)?.map(({ seq }) => seq));
  });

  it("a client of a sparse journal resumes after the number it names, also if no event has that number", () => {
    const sparse = new SparseJournal();
    const { collector, join, sample } = setUp({ ...LIMITS, maxClientsPerAddress: 3 }, undefined, sparse);
    for (let n = 0; n < 6; n += 1) sample();
    const numbers = sparse.since(0)?.map(({ seq }) => seq) ?? [];
    const [, second = 0] = numbers;
    expect(numbers).not.toContain(second + 1);
    for (const after of [second, second + 1]) {
      const client = new ArrayClient();
      join(client, { lastEventId: idOf(collector, after) });
      expect(client.messages.map(({ event }) => event)).toEqual(["hello", "sample", "sample", "sample", "sample"]);
      expect(client.numbers("sample")).toEqual(numbers.slice(2));
    }
  });

  it("a reset of a sparse journal counts the events that were skipped, not the distance of their numbers", () => {
    const sparse = new SparseJournal(50);
    const { collector, hub, join, sample } = setUp(LIMITS, undefined, sparse);
    for (let n = 0; n < 5; n += 1) sample();
    const [, second = 0] = sparse.since(0)?.map(({ seq }) => seq) ?? [];
    const client = new ArrayClient();
    const subscription = join(client, { lastEventId: idOf(collector, second) });
    // Large samples of many collections: none replaces another, so all of them wait.
    for (let n = 0; n < 60; n += 1) sample(`c${n}`, 60_000);
    expect(client.messages.map(({ event }) => event)).toEqual(["hello", "sample", "sample", "sample", "reset", "snapshot"]);
    expect(2 + 3 + subscription.dropped + sparse.count(subscription.passed)).toBe(sparse.total);
    expect(hub.report().dropped).toBe(subscription.dropped);
  });
});

describe("faults of others", () => {
  it("a journal subscriber that throws does not keep events from clients", () => {
    const { collector, join, sample } = setUp();
    const unsubscribe = collector.journal.subscribe(() => {
      throw new Error("another subscriber fails");
    });
    const client = new ArrayClient();
    join(client);
    sample();
    sample();
    unsubscribe();
    expect(client.numbers("sample")).toEqual([1, 2]);
  });

  it("a client that cannot be written to is disconnected, and the other clients get every event", async () => {
    const { clock, hub, join, sample } = setUp();
    const [broken, healthy] = [new ArrayClient(), new ArrayClient()];
    join(broken);
    join(healthy);
    vi.spyOn(broken, "write").mockImplementation(() => {
      throw new Error("the stream is destroyed");
    });
    sample();
    sample();
    await clock.advance(15_000);
    expect(healthy.numbers("sample")).toEqual([1, 2]);
    expect(healthy.messages.map(({ event }) => event)).toContain("heartbeat");
    expect(hub.report()).toMatchObject({ clients: 1, disconnected: 1 });
  });
});

describe("any sequence of events", () => {
  type Act = "sample" | "transition" | "read" | "stop reading" | "reconnect";

  it.each([
    ["dense", (): SparseJournal | undefined => undefined],
    ["sparse", (): SparseJournal | undefined => new SparseJournal()],
  ])("with a %s journal numbers only grow, no event comes twice, and every missing event was reported as dropped", (_, makeJournal) => {
    const act = fc.constantFrom<Act>("sample", "sample", "sample", "transition", "read", "stop reading", "reconnect");
    fc.assert(
      fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
        const { collector, hub, join, sample, transition } = setUp(LIMITS, undefined, makeJournal());
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
        // Read everything that is left.
        for (let turn = 0; turn < 10; turn += 1) read();
        collect();
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(seen.length + dropped + subscription.dropped).toBe(collector.journal.total);
      }),
      { numRuns: 200 },
    );
  });
});

import * as z from "zod";
import { describe, expect, it } from "vitest";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading, resolveSource, type AnySourceKind, type SourceContext, type Source } from "../../src/source/source.ts";
import { settle, ManualClock } from "../../src/base/manual-clock.ts";
import { makeSource } from "../support/source.ts";

const depth = defineSampleType("depth", { now: gauge("queue.depth", "{job}") });
const age = defineSampleType("age", { oldest: gauge("queue.age", "s") });

interface Line {
  readonly number: number;
}

/** A source with two readings, opened by the given function. */
function sourceOf(open: (context: SourceContext) => unknown, read: (line: Line, signal: AbortSignal) => unknown = () => ({})): Source {
  const kind: AnySourceKind = defineSource({
    kind: "line",
    options: z.strictObject({}),
    open: (_, context) => open(context) as Line | Promise<Line>,
    readings: [reading(depth, read as () => object), reading(age, read as () => object)],
  });
  return makeSource(kind, {}, { name: "here", baseDir: "/", clock: new ManualClock(), types: new Map() });
}

const read = (source: Source, type: string, signal = new AbortController().signal): Promise<unknown> => {
  const found = source.readings.get(type);
  if (!found) throw new Error("the reading is there");
  return source.read(found, signal);
};

describe("Source", () => {
  it("Source opens no connection before the first read", async () => {
    let opened = 0;
    const source = sourceOf(() => (opened += 1));
    await settle();
    expect(opened).toBe(0);
    await source.close();
    expect(opened).toBe(0);
  });

  it("Source opens one connection for all readings, also for those that wait for it", async () => {
    let opened = 0;
    const seen: Line[] = [];
    const source = sourceOf(
      async () => {
        await settle();
        return { number: (opened += 1) };
      },
      (line) => (seen.push(line), {}),
    );
    await Promise.all([read(source, "depth"), read(source, "age")]);
    await read(source, "depth");
    expect(seen).toEqual([{ number: 1 }, { number: 1 }, { number: 1 }]);
    expect(new Set(seen).size).toBe(1);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("engaged");
      },
    ],
    ["rejects", () => Promise.reject(new Error("engaged"))],
  ])("Source opens again at the next read if opening %s", async (_, fail) => {
    let opened = 0;
    const source = sourceOf(
      () => ((opened += 1) < 3 ? fail() : { number: opened }),
      ({ number }) => ({ now: number }),
    );
    await expect(read(source, "depth")).rejects.toThrow("engaged");
    await expect(read(source, "depth")).rejects.toThrow("engaged");
    expect(await read(source, "depth")).toEqual({ now: 3 });
    expect(await read(source, "depth")).toEqual({ now: 3 });
  });

  it("Source fails every read that waited for one failed attempt to open", async () => {
    let opened = 0;
    const source = sourceOf(async () => {
      opened += 1;
      throw new Error("engaged");
    });
    const reads = await Promise.allSettled([read(source, "depth"), read(source, "age")]);
    expect(reads.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(opened).toBe(1);
  });

  it("Source ends a read at its signal while opening hangs", async () => {
    const source = sourceOf(() => new Promise(() => {}));
    const wait = new AbortController();
    const reads = read(source, "depth", wait.signal);
    wait.abort(new Error("too late"));
    await expect(reads).rejects.toThrow("too late");
  });

  it("Source uses a connection that opened after the first read had ended", async () => {
    const line = Promise.withResolvers<Line>();
    let opened = 0;
    const source = sourceOf(
      () => ((opened += 1), line.promise),
      ({ number }) => ({ now: number }),
    );
    const wait = new AbortController();
    const early = read(source, "depth", wait.signal);
    wait.abort(new Error("too late"));
    await expect(early).rejects.toThrow("too late");
    line.resolve({ number: 7 });
    expect(await read(source, "depth")).toEqual({ now: 7 });
    expect(opened).toBe(1);
  });
});

describe("Source.open", () => {
  /** A source whose first attempts to open never settle. */
  function stuck(attempts: number) {
    const clock = new ManualClock();
    const opened: { readonly signal: AbortSignal; readonly line: PromiseWithResolvers<unknown> }[] = [];
    const kind: AnySourceKind = defineSource({
      kind: "line",
      options: z.strictObject({}),
      open: (_, { signal }) => {
        opened.push({ signal, line: Promise.withResolvers() });
        return opened.length > attempts ? { number: opened.length } : (opened.at(-1)?.line.promise as Promise<Line>);
      },
      readings: [reading(depth, ({ number }: Line) => ({ now: number }))],
    });
    const source = makeSource(kind, {}, { name: "here", baseDir: "/", clock, types: new Map() });
    return { source, clock, opened };
  }

  it("Source opens again after an attempt that took thirty seconds, and aborts that one", async () => {
    const { source, clock, opened } = stuck(1);
    const first = read(source, "depth").catch((error: unknown) => error);
    await clock.advance(29_999);
    expect(opened.map(({ signal }) => signal.aborted)).toEqual([false]);
    const second = read(source, "depth").catch((error: unknown) => error);
    await clock.advance(1);
    const error = { code: "source_timeout", message: 'source "here" was not opened within 30s', retryable: true };
    expect(await Promise.all([first, second])).toMatchObject([error, error]);
    expect(opened.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(await read(source, "depth")).toEqual({ now: 2 });
    await clock.advance(60_000);
    expect(opened.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it("Source closes a connection that was opened after its attempt was given up, and keeps the later one", async () => {
    const { source, clock, opened } = stuck(1);
    const first = read(source, "depth").catch(() => undefined);
    await clock.advance(30_000);
    await first;
    await read(source, "depth");
    const closed: string[] = [];
    opened[0]?.line.resolve({ [Symbol.dispose]: () => void closed.push("late") });
    await settle();
    expect(closed).toEqual(["late"]);
    expect(await read(source, "depth")).toEqual({ now: 2 });
    expect(opened).toHaveLength(2);
  });

  it("Source.close waits no longer than the deadline for a connection that never opens", async () => {
    const { source, clock } = stuck(1);
    void read(source, "depth").catch(() => undefined);
    await settle();
    let isClosed = false;
    const closes = source.close().then(() => (isClosed = true));
    await clock.advance(29_000);
    expect(isClosed).toBe(false);
    await clock.advance(1_000);
    await closes;
  });
});

describe("Source.read", () => {
  it("Source.read rejects when its signal aborts, even if the source ignores it", async () => {
    const source = sourceOf(
      () => ({}),
      () => new Promise(() => {}),
    );
    const wait = new AbortController();
    const reads = read(source, "depth", wait.signal);
    await settle();
    wait.abort(new Error("too late"));
    await expect(reads).rejects.toThrow("too late");
  });

  it("Source.read passes its signal to the reading", async () => {
    const wait = new AbortController();
    let seen: AbortSignal | undefined;
    await read(
      sourceOf(
        () => ({}),
        (_, signal) => ((seen = signal), {}),
      ),
      "depth",
      wait.signal,
    );
    expect(seen).toBe(wait.signal);
  });

  it("Source.read keeps the connection after a failure", async () => {
    let [opened, reads] = [0, 0];
    const source = sourceOf(
      () => ({ number: (opened += 1) }),
      () => {
        reads += 1;
        if (reads === 1) throw new Error("no");
        return {};
      },
    );
    await expect(read(source, "depth")).rejects.toThrow("no");
    await read(source, "depth");
    expect(opened).toBe(1);
  });
});

describe("Source.close", () => {
  it.each([
    ["asyncDispose", (closed: string[]) => ({ [Symbol.asyncDispose]: async () => void closed.push("async") }), ["async"]],
    ["dispose", (closed: string[]) => ({ [Symbol.dispose]: () => void closed.push("sync") }), ["sync"]],
    ["no dispose method", () => 42, []],
  ])("Source.close closes a connection with %s, once", async (_, make, expected) => {
    const closed: string[] = [];
    const source = sourceOf(() => make(closed));
    await read(source, "depth");
    await Promise.all([source.close(), source.close()]);
    await source.close();
    expect(closed).toEqual(expected);
  });

  it("Source.close makes every later read fail", async () => {
    let opened = 0;
    const source = sourceOf(() => (opened += 1));
    await source.close();
    await expect(read(source, "depth")).rejects.toMatchObject({ code: "lifecycle", message: 'source "here" is closed' });
    expect(opened).toBe(0);
  });

  it("Source.close aborts an opening in progress, and closes its connection if it succeeds nevertheless", async () => {
    const closed: string[] = [];
    const line = Promise.withResolvers<unknown>();
    const source = sourceOf(({ signal }) => {
      signal.addEventListener("abort", () => line.resolve({ [Symbol.dispose]: () => void closed.push("closed") }));
      return line.promise;
    });
    const reads = read(source, "depth").catch((error: unknown) => error);
    await source.close();
    expect(closed).toEqual(["closed"]);
    expect(await reads).toMatchObject({ code: "lifecycle" });
  });

  it("Source.close gives no read a connection that is about to be closed", async () => {
    const line = Promise.withResolvers<unknown>();
    let calls = 0;
    const source = sourceOf(
      () => line.promise,
      () => ((calls += 1), {}),
    );
    const result = read(source, "depth").catch((error: unknown) => error);
    const closes = source.close();
    line.resolve({});
    await closes;
    expect(await result).toMatchObject({ code: "lifecycle" });
    expect(calls).toBe(0);
  });

  it("Source.close rejects with the error of the connection", async () => {
    const source = sourceOf(() => ({
      [Symbol.dispose]: () => {
        throw new Error("stuck");
      },
    }));
    await read(source, "depth");
    await expect(source.close()).rejects.toThrow("stuck");
  });
});

describe("resolveSource", () => {
  it("resolveSource refuses options that do not fit the kind", () => {
    const kind = defineSource({
      kind: "line",
      options: z.strictObject({ port: z.int() }),
      open: () => 0,
      readings: [reading(depth, () => ({}))],
    });
    expect(() => makeSource(kind, { port: "x" }, { name: "a", baseDir: "/", clock: new ManualClock(), types: new Map() })).toThrow(
      'port: expected a number, found "x"',
    );
  });

  it("resolveSource passes options and sample types to a readings function", () => {
    const kind = defineSource({
      kind: "line",
      options: z.strictObject({ of: z.string() }),
      open: () => 0,
      readings: ({ of }, types) => [...types.values()].filter(({ name }) => name === of).map((type) => reading(type, () => ({}))),
    });
    const types = new Map([depth, age].map((type) => [type.name, type]));
    const source = makeSource(kind, { of: "age" }, { name: "a", baseDir: "/", clock: new ManualClock(), types });
    expect([...source.readings.keys()]).toEqual(["age"]);
  });

  it("reading has a default interval of five seconds", () => {
    expect(reading(depth, () => ({})).intervalMs).toBe(5_000);
    expect(reading(depth, () => ({}), { intervalMs: 250 }).intervalMs).toBe(250);
  });
});

it("resolveSource refuses a source kind with two readings of one sample type", () => {
  const twice: AnySourceKind = defineSource({
    kind: "line",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(depth, () => ({ now: 1 })), reading(age, () => ({})), reading(depth, () => ({ now: 2 }))],
  });
  const message = 'source kind "line" has several readings of sample type "depth"; expected one';
  expect(resolveSource("here", twice, {}, new Map())).toEqual({ ok: false, issues: [{ path: [], message }] });
});

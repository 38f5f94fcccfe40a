import * as z from "zod";
import { watch, type FSWatcher } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { gauge } from "../../src/sample/field.ts";
import { graphService } from "../../src/sample/types/graph-service.ts";
import { systemMetrics } from "../../src/sample/types/system.ts";
import { defineSampleType, type SampleType } from "../../src/sample/sample-type.ts";
import { host } from "../../src/source/host/host.ts";
import { httpJson } from "../../src/source/http-json/http-json.ts";
import { defineSource, reading, type AnySourceKind, type Reading } from "../../src/source/source.ts";
import { checkSource } from "../../src/testing.ts";
import { serveHttp } from "../support/http-server.ts";
import { SimulatedClock } from "../support/simulated-clock.ts";

const depth = defineSampleType("depth", { now: gauge("queue.depth", "{job}", { max: 100 }) });
const age = defineSampleType("age", { oldest: gauge("queue.age", "s") });

interface Behaviour {
  readonly open?: (context: { readonly signal: AbortSignal }) => unknown;
  readonly read?: (connection: unknown, signal: AbortSignal) => unknown;
  readonly readings?:
    | readonly Reading[]
    | ((options: { readonly port: number }, types: ReadonlyMap<string, SampleType>) => readonly Reading[]);
}

const never = (): Promise<never> => new Promise(() => {});

/** A kind that does all as it should, but for what is told. */
function kindOf({ open = () => 0, read = () => ({ now: 1 }), readings }: Behaviour = {}): AnySourceKind {
  const standard: readonly Reading[] = [reading(depth, read as () => object)];
  return defineSource({
    kind: "queue",
    options: z.strictObject({ port: z.int() }),
    open: (_, context) => open(context),
    readings: readings ?? standard,
  });
}

/** Checks on a clock of the test, which is moved on until the check is over. */
async function check(kind: AnySourceKind, options: unknown = { port: 1 }, types: readonly SampleType[] = []): Promise<readonly string[]> {
  const clock = new SimulatedClock();
  const over = new AbortController();
  const checked = checkSource(kind, options, { clock, types }).finally(() => over.abort());
  while (!over.signal.aborted) await clock.advance(100);
  return checked;
}

describe("a source that is as it should be", () => {
  it("has no problems", async () => {
    expect(await check(kindOf())).toEqual([]);
  });

  it("may be closed, and may stop when its signal aborts", async () => {
    let closed = 0;
    const kind = kindOf({
      open: () => ({ [Symbol.asyncDispose]: async () => void (closed += 1) }),
      read: (_, signal) =>
        new Promise((resolve, reject) => {
          setImmediate(() => setImmediate(resolve, { now: 1 }));
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    });
    expect(await check(kind)).toEqual([]);
    expect(closed).toBe(1);
  });

  it("is the host itself", async () => {
    expect(await checkSource(host, {}, { types: [systemMetrics] })).toEqual([]);
  });

  it("is an endpoint, in the test that serves it", async () => {
    await using server = await serveHttp((_, response) => response.end('{"nodes": 12}'));
    const options = { url: server.url, readings: { "graph-service": { activeNodes: "nodes" } } };
    expect(await checkSource(httpJson, options, { types: [graphService] })).toEqual([]);
  });
});

describe("what is wrong with a source is said in words:", () => {
  it.each<[string, Behaviour, readonly string[]]>([
    ["no readings", { readings: [] }, ["readings: expected at least one, found none"]],
    [
      "two readings of one type",
      { readings: [reading(depth, () => ({})), reading(age, () => ({})), reading(depth, () => ({}))] },
      ['readings: expected sample types that differ, found two readings of "depth"'],
    ],
    [
      "readings that cannot be told",
      {
        readings: () => {
          throw new Error("no such table");
        },
      },
      ["readings: no such table"],
    ],
    ["open fails", { open: () => Promise.reject(new Error("engaged")) }, ["open: engaged"]],
    [
      "open hangs, but ends when it is closed",
      { open: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))) },
      ["open: no answer within 5000 ms"],
    ],
    [
      "open hangs for good",
      { open: never },
      ["open: no answer within 5000 ms", "close: not over within 5000 ms; open has to end when context.signal aborts"],
    ],
    [
      "a reading throws",
      {
        read: () => {
          throw new Error("engaged");
        },
      },
      ['reading "depth": the first failed: engaged'],
    ],
    ["a reading hangs", { read: never }, ['reading "depth": the first failed: no answer within 5000 ms']],
    [
      "a reading is not what its type says",
      { read: () => ({ now: 101 }) },
      ['reading "depth": the first is invalid: now: Too big: expected number to be <=100'],
    ],
    [
      "closing throws",
      {
        open: () => ({
          [Symbol.dispose]: () => {
            throw new Error("stuck");
          },
        }),
      },
      ["close: stuck"],
    ],
    ["closing hangs", { open: () => ({ [Symbol.asyncDispose]: never }) }, ["close: not over within 5000 ms"]],
  ])("%s", async (_, behaviour, problems) => {
    expect(await check(kindOf(behaviour))).toEqual(problems);
  });

  it("options that do not fit", async () => {
    expect(await check(kindOf(), { port: "x", prot: 1 })).toEqual([
      'options.port: expected a number, found "x"',
      'options.prot: unknown setting "prot"; did you mean "port"?',
    ]);
  });

  it("a type that the check was not given", async () => {
    expect(await check(httpJson, { url: "http://127.0.0.1/", readings: { depth: {} } }, [age])).toEqual([
      'readings: no sample type "depth"; there are age',
    ]);
  });

  it("a second reading that fails", async () => {
    let asked = 0;
    const once = (): unknown => ((asked += 1) === 1 ? { now: 1 } : { now: "gone" });
    expect(await check(kindOf({ read: once }))).toEqual([
      'reading "depth": the second is invalid: now: Invalid input: expected number, received string',
    ]);
  });

  it("a reading that goes on after its signal aborted", async () => {
    let asked = 0;
    const deaf = (): unknown => ((asked += 1) <= 2 ? { now: 1 } : never());
    expect(await check(kindOf({ read: deaf }))).toEqual([
      'reading "depth": goes on for 1000 ms after its signal aborted; pass the signal on to what it waits for',
    ]);
  });

  it("every reading that has a problem, each with its own", async () => {
    const bad = reading(depth, (() => ({ now: "x" })) as never);
    const worse = reading(age, () => Promise.reject(new Error("engaged")));
    expect(await check(kindOf({ readings: [bad, worse] }))).toEqual([
      'reading "depth": the first is invalid: now: Invalid input: expected number, received string',
      'reading "age": the first failed: engaged',
    ]);
  });

  it("a timer that goes on after closing", async () => {
    const timers: NodeJS.Timeout[] = [];
    // Ten, because the test runner has timers too, and one of those that ends meanwhile would hide a single one.
    const kind = kindOf({
      open: () => {
        for (let n = 0; n < 10; n += 1) timers.push(setInterval(() => {}, 1_000_000));
        return {};
      },
    });
    expect(await check(kind)).toEqual(["close: leaves a timer behind, which keeps the process alive"]);
    for (const timer of timers) clearInterval(timer);
  });

  it("a file that is watched after closing", async () => {
    let watcher: FSWatcher | undefined;
    const kind = kindOf({ open: () => (watcher = watch(tmpdir())) && {} });
    expect(await check(kind)).toEqual(["close: leaves a watched file behind, which keeps the process alive"]);
    watcher?.close();
  });
});

it("a source that is an instance of a class is checked as itself", async () => {
  class Queue {
    readonly kind = "queue";
    readonly options = z.strictObject({});
    readonly #depth = 3;
    open(): number {
      return this.#depth;
    }
    readings(): readonly Reading<number>[] {
      return [reading<typeof depth, number>(depth, (line) => ({ now: line + this.#depth }))];
    }
  }
  expect(await check(new Queue(), {})).toEqual([]);
});

import * as z from "zod";
import { watch, type FSWatcher } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { VitalsError } from "../../src/base/errors.ts";
import { gauge } from "../../src/sample/field.ts";
import { graphService } from "../../src/sample/types/graph-service.ts";
import { systemMetrics } from "../../src/sample/types/system.ts";
import { defineSampleType, type SampleType } from "../../src/sample/sample-type.ts";
import { host } from "../../src/source/host/host.ts";
import { httpJson } from "../../src/source/http-json/http-json.ts";
import { defineSource, reading, type AnySourceKind, type Reading, type SourceContext } from "../../src/source/source.ts";
import { checkSource } from "../../src/testing.ts";
import { serveHttp } from "../support/http-server.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

const depth = defineSampleType("depth", { now: gauge("queue.depth", "{job}", { max: 100 }) });
const age = defineSampleType("age", { oldest: gauge("queue.age", "s") });

interface Behaviour {
  readonly open?: (context: SourceContext) => unknown;
  readonly read?: (connection: unknown, signal: AbortSignal) => unknown;
  readonly readings?:
    | readonly Reading[]
    | ((options: { readonly port: number }, types: ReadonlyMap<string, SampleType>) => readonly Reading[]);
}

const never = (): Promise<never> => new Promise(() => {});

/** A source kind without problems, except for the given behaviour. */
function kindOf({ open = () => 0, read = () => ({ now: 1 }), readings }: Behaviour = {}): AnySourceKind {
  const standard: readonly Reading[] = [reading(depth, read as () => object)];
  return defineSource({
    kind: "queue",
    options: z.strictObject({ port: z.int() }),
    open: (_, context) => open(context),
    readings: readings ?? standard,
  });
}

/** Checks on a simulated clock, which advances until the check has ended. */
async function check(kind: AnySourceKind, options: unknown = { port: 1 }, types: readonly SampleType[] = []): Promise<readonly string[]> {
  const clock = new ManualClock();
  const ended = new AbortController();
  const checked = checkSource(kind, options, { clock, types }).finally(() => ended.abort());
  while (!ended.signal.aborted) await clock.advance(100);
  return checked;
}

describe("checkSource", () => {
  it("checkSource finds no problem in a source without one", async () => {
    expect(await check(kindOf())).toEqual([]);
  });

  it("checkSource accepts a source that is closed and whose readings end when their signal aborts", async () => {
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

  it("checkSource finds no problem in the host source", async () => {
    expect(await checkSource(host, {}, { types: [systemMetrics] })).toEqual([]);
  });

  it("checkSource finds no problem in http-json, also when the same process serves the endpoint", async () => {
    await using server = await serveHttp((_, response) => response.end('{"nodes": 12}'));
    const options = { url: server.url, readings: { "graph-service": { activeNodes: "nodes" } } };
    expect(await checkSource(httpJson, options, { types: [graphService] })).toEqual([]);
  });

  it.each<[string, Behaviour, readonly string[]]>([
    ["no readings", { readings: [] }, ["readings: expected at least one, found none"]],
    [
      "two readings of one type",
      { readings: [reading(depth, () => ({})), reading(age, () => ({})), reading(depth, () => ({}))] },
      ['readings: expected a different sample type for each, found two of "depth"'],
    ],
    [
      "a readings function that throws",
      {
        readings: () => {
          throw new Error("no such table");
        },
      },
      ["readings: no such table"],
    ],
    ["an open that fails", { open: () => Promise.reject(new Error("engaged")) }, ["open: engaged"]],
    [
      "an open that hangs until its signal aborts",
      { open: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))) },
      ["open: did not return within 5s"],
    ],
    [
      "an open that hangs for ever",
      { open: never },
      ["open: did not return within 5s", "close: did not end within 5s; open must end when context.signal aborts"],
    ],
    [
      "a reading that throws",
      {
        read: () => {
          throw new Error("engaged");
        },
      },
      ['reading "depth": the first attempt failed: engaged'],
    ],
    [
      "a source that waits for its first write, which leaves its readings untried",
      { read: () => Promise.reject(new VitalsError("source_waiting", "waiting for the first write: no queue yet")) },
      ['reading "depth": could not be tried: waiting for the first write: no queue yet'],
    ],
    ["a reading that hangs", { read: never }, ['reading "depth": the first attempt failed: did not return within 5s']],
    [
      "a result that its sample type refuses",
      { read: () => ({ now: 101 }) },
      ['reading "depth": the first result is invalid: now: expected at most 100, found 101'],
    ],
    [
      "a close that throws",
      {
        open: () => ({
          [Symbol.dispose]: () => {
            throw new Error("stuck");
          },
        }),
      },
      ["close: stuck"],
    ],
    ["a close that hangs", { open: () => ({ [Symbol.asyncDispose]: never }) }, ["close: did not end within 5s"]],
  ])("checkSource reports %s", async (_, behaviour, problems) => {
    expect(await check(kindOf(behaviour))).toEqual(problems);
  });

  it("checkSource passes its logger to the source, with the name of the kind as a field", async () => {
    const lines: unknown[] = [];
    const ignore = (): void => {};
    const logger = { debug: ignore, info: ignore, warn: (...line: unknown[]) => void lines.push(line), error: ignore };
    const kind = kindOf({ open: (context) => context.logger.warn("no index", { table: "jobs" }) });
    expect(await checkSource(kind, { port: 1 }, { logger })).toEqual([]);
    expect(lines).toEqual([["no index", { source: "queue", table: "jobs" }]]);
  });

  it("checkSource reports options that the kind refuses", async () => {
    expect(await check(kindOf(), { port: "x", prot: 1 })).toEqual([
      'options.port: expected a number, found "x"',
      'options.prot: unknown setting "prot"; did you mean "port"?',
    ]);
  });

  it("checkSource reports a sample type that it was not given", async () => {
    expect(await check(httpJson, { url: "http://127.0.0.1/", readings: { depth: {} } }, [age])).toEqual([
      'readings: unknown sample type "depth"; expected age',
    ]);
  });

  it("checkSource reports a reading that fails the second time", async () => {
    let reads = 0;
    const once = (): unknown => ((reads += 1) === 1 ? { now: 1 } : { now: "gone" });
    expect(await check(kindOf({ read: once }))).toEqual([
      'reading "depth": the second result is invalid: now: expected a number, found "gone"',
    ]);
  });

  it("checkSource reports a reading that continues after its signal aborted", async () => {
    let reads = 0;
    const deaf = (): unknown => ((reads += 1) <= 2 ? { now: 1 } : never());
    expect(await check(kindOf({ read: deaf }))).toEqual([
      'reading "depth": still running 1s after its signal aborted; pass the signal to everything it awaits',
    ]);
  });

  it("checkSource reports one problem for each reading that has one", async () => {
    const bad = reading(depth, (() => ({ now: "x" })) as never);
    const worse = reading(age, () => Promise.reject(new Error("engaged")));
    expect(await check(kindOf({ readings: [bad, worse] }))).toEqual([
      'reading "depth": the first result is invalid: now: expected a number, found "x"',
      'reading "age": the first attempt failed: engaged',
    ]);
  });

  it("checkSource reports a timer that is left after closing", async () => {
    const timers: NodeJS.Timeout[] = [];
    // Ten timers, because one timer of the test runner that ends meanwhile would hide a single one.
    const kind = kindOf({
      open: () => {
        for (let n = 0; n < 10; n += 1) timers.push(setInterval(() => {}, 1_000_000));
        return {};
      },
    });
    expect(await check(kind)).toEqual(["close: leaves a timer behind, which keeps the process alive"]);
    for (const timer of timers) clearInterval(timer);
  });

  it("checkSource reports a file that is still watched after closing", async () => {
    let watcher: FSWatcher | undefined;
    const kind = kindOf({ open: () => (watcher = watch(tmpdir())) && {} });
    expect(await check(kind)).toEqual(["close: leaves a watched file behind, which keeps the process alive"]);
    watcher?.close();
  });
});

it("checkSource keeps the methods of a kind that is an instance of a class", async () => {
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

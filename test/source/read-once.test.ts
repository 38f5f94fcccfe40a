import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { graphService } from "../../src/sample/types/graph-service.ts";
import { systemMetrics } from "../../src/sample/types/system.ts";
import { host } from "../../src/source/host/host.ts";
import { httpJson } from "../../src/source/http-json/http-json.ts";
import { readOnce } from "../../src/source/read-once.ts";
import { defineSource, reading, type SourceContext } from "../../src/source/source.ts";
import { VitalsError } from "../../src/base/errors.ts";
import { serveHttp } from "../support/http-server.ts";

const depth = defineSampleType("depth", { now: gauge("queue.depth", "{job}", { max: 100 }) });
const age = defineSampleType("age", { oldest: gauge("queue.age", "s") });

interface Behaviour {
  readonly open?: (context: SourceContext) => unknown;
  readonly read?: (connection: unknown, signal: AbortSignal) => unknown;
}

const never = (): Promise<never> => new Promise(() => {});

const kindOf = ({ open = () => 0, read = () => ({ now: 1 }) }: Behaviour = {}) =>
  defineSource({
    kind: "queue",
    options: z.strictObject({ port: z.int().default(5) }),
    open: (_, context) => open(context),
    readings: [reading(depth, read as () => object)],
  });

/** The error of a read that fails on a clock which advances until then. */
async function failureOf(behaviour: Behaviour): Promise<unknown> {
  const clock = new ManualClock();
  const ended = new AbortController();
  const failure = readOnce(kindOf(behaviour), {}, depth, { clock }).then(
    (values) => values,
    (error: unknown) => error,
  );
  void failure.finally(() => ended.abort());
  while (!ended.signal.aborted) await clock.advance(100);
  return failure;
}

describe("readOnce", () => {
  it("readOnce returns the values of the type it was given, and closes the source", async () => {
    const steps: string[] = [];
    const kind = kindOf({
      open: ({ name, baseDir }) => {
        steps.push(`open ${name} in ${baseDir}`);
        return { [Symbol.asyncDispose]: async () => void steps.push("close") };
      },
      read: () => {
        steps.push("read");
        return { now: 7 };
      },
    });
    const { now } = await readOnce(kind, { port: 1 }, depth, { baseDir: "/srv" });
    expect(now satisfies number | undefined).toBe(7);
    expect(steps).toEqual(["open queue in /srv", "read", "close"]);
  });

  it("readOnce reads the built-in kinds", async () => {
    expect((await readOnce(host, {}, systemMetrics)).memoryLimit).toBeGreaterThan(0);
    await using server = await serveHttp((_, response) => response.end('{"nodes": 12}'));
    const options = { url: server.url, readings: { "graph-service": { activeNodes: "nodes" } } };
    expect(await readOnce(httpJson, options, graphService)).toEqual({ activeNodes: 12 });
  });

  it("readOnce passes its logger to the source", async () => {
    const lines: unknown[] = [];
    const ignore = (): void => {};
    const logger = { debug: ignore, info: (...line: unknown[]) => void lines.push(line), warn: ignore, error: ignore };
    await readOnce(kindOf({ open: (context) => context.logger.info("opened") }), {}, depth, { logger });
    expect(lines).toEqual([["opened", { source: "queue" }]]);
  });

  it("readOnce refuses options that the kind refuses, and a type that it does not read", async () => {
    await expect(readOnce(kindOf(), { port: "x" as never }, depth)).rejects.toMatchObject({
      code: "config_invalid",
      message: 'options of source kind "queue": port: expected a number, found "x"',
    });
    await expect(readOnce(kindOf(), {}, age)).rejects.toMatchObject({
      code: "config_invalid",
      message: 'source kind "queue" does not read the sample type "age"; it reads depth',
    });
  });

  it.each<[string, Behaviour, Partial<VitalsError>]>([
    [
      "an open that fails",
      { open: () => Promise.reject(new Error("engaged")) },
      { code: "source_failed", message: 'source kind "queue" could not be read: engaged' },
    ],
    ["an open that hangs", { open: never }, { code: "source_timeout", message: 'source kind "queue" was not read within 5s' }],
    [
      "a reading that throws",
      { read: () => Promise.reject(new Error("engaged")) },
      { code: "source_failed", message: 'source kind "queue" could not be read: engaged' },
    ],
    ["a reading that hangs", { read: never }, { code: "source_timeout", message: 'source kind "queue" was not read within 5s' }],
    [
      "a VitalsError of the source, as it is",
      { read: () => Promise.reject(new VitalsError("source_unreachable", "no route", { retryable: true })) },
      { code: "source_unreachable", message: "no route", retryable: true },
    ],
    [
      "a source that waits for its first write, as such",
      { read: () => Promise.reject(new VitalsError("source_waiting", "no queue yet", { retryable: true })) },
      { code: "source_waiting", message: "no queue yet", retryable: true },
    ],
    [
      "values that do not fit the type",
      { read: () => ({ now: 101 }) },
      { code: "reading_invalid", message: 'reading "depth" of source kind "queue": now: expected at most 100, found 101' },
    ],
    [
      "a close that fails",
      { open: () => ({ [Symbol.asyncDispose]: () => Promise.reject(new Error("stuck")) }) },
      { code: "source_failed", message: 'source kind "queue" could not be closed: stuck' },
    ],
    [
      "a close that hangs",
      { open: () => ({ [Symbol.asyncDispose]: never }) },
      { code: "source_timeout", message: 'source kind "queue" was not closed within 5s' },
    ],
    [
      "the first error, when closing fails too",
      { open: () => ({ [Symbol.asyncDispose]: () => Promise.reject(new Error("stuck")) }), read: () => ({ now: "x" }) },
      { code: "reading_invalid" },
    ],
  ])("readOnce throws %s", async (_, behaviour, expected) => {
    const failure = await failureOf(behaviour);
    expect(failure).toBeInstanceOf(VitalsError);
    expect(failure).toMatchObject(expected);
  });

  it("readOnce keeps the error of the source as the cause", async () => {
    const cause = new Error("engaged");
    expect(await failureOf({ read: () => Promise.reject(cause) })).toMatchObject({ cause });
  });

  it("readOnce closes the source after a failure", async () => {
    let closed = 0;
    await failureOf({ open: () => ({ [Symbol.dispose]: () => void (closed += 1) }), read: () => ({ now: "x" }) });
    expect(closed).toBe(1);
  });
});

import * as z from "zod";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { gauge, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import type { Unmeasured } from "../../src/source/unmeasured.ts";

const plain = defineSampleType("plain", {
  depth: gauge("plain.depth", "m"),
  width: gauge("plain.width", "m"),
  age: gauge("plain.age", "s"),
});
const part = upTo(5, "part.name");
const split = defineSampleType("split", { depth: gauge("split.depth", "m", { by: [part] }), age: gauge("split.age", "s", { by: [part] }) });

/** A collector of a source that explains what a test says. */
async function setUp(explain: (signal: AbortSignal) => readonly Unmeasured[] | Promise<readonly Unmeasured[]>) {
  const clock = new ManualClock();
  let isDown = false;
  const read = (): { depth: number } => {
    if (isDown) throw new Error("down");
    return { depth: 1 };
  };
  const kind = defineSource({
    kind: "own",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(plain, read), reading(split, () => ({ depth: { a: 1 } }))],
    unmeasured: (_, signal) => explain(signal),
  });
  const collector = createCollector(
    {
      sources: { own: { kind: "own" } },
      collections: { plain: { source: "own", type: "plain", interval: "1s" }, split: { source: "own", type: "split", interval: "1s" } },
    },
    { clock, sourceKinds: [kind] },
  );
  await collector.start();
  const known = (name = "plain") => collector.collection(name).report().unmeasured;
  return { clock, collector, known, fail: (value: boolean) => (isDown = value) };
}

const of = (type: string, field: string, reason: string, name?: string): Unmeasured => ({
  type,
  field,
  reason,
  ...(name === undefined ? {} : { part: name }),
});

describe("What a source does not measure", () => {
  it("A collection reports the fields of its type that its source does not measure, those with one reason together", async () => {
    const { clock, collector, known } = await setUp(() => [
      of("plain", "width", "it has no sides", "main"),
      of("split", "age", "it is new", "a"),
      of("plain", "age", "it has no clock", "main"),
      of("split", "age", "it is new", "b"),
      of("split", "depth", "it is flat", "b"),
      of("plain", "depth", "it has no sides", "main"),
    ]);
    expect(known()).toEqual([]);
    await clock.advance(2_000);
    expect(known()).toEqual([
      { fields: ["width", "depth"], reason: "it has no sides" },
      { fields: ["age"], reason: "it has no clock" },
    ]);
    expect(known("split")).toEqual([
      { fields: ["age"], reason: "it is new", parts: ["a", "b"] },
      { fields: ["depth"], reason: "it is flat", parts: ["b"] },
    ]);
    await collector.shutdown();
  });

  it("A source is queried after a sample that succeeded, at most every 30 s, and its explanation stays while the next one fails", async () => {
    let queries = 0;
    let answer: () => readonly Unmeasured[] = () => [of("plain", "age", "first")];
    const { clock, collector, known, fail } = await setUp(() => {
      queries += 1;
      return answer();
    });
    await clock.advance(20_000);
    expect([queries, known()]).toEqual([1, [{ fields: ["age"], reason: "first" }]]);
    answer = () => {
      throw new Error("cannot say");
    };
    await clock.advance(20_000);
    expect([queries, known()]).toEqual([2, [{ fields: ["age"], reason: "first" }]]);
    answer = () => [];
    await clock.advance(30_000);
    expect([queries, known()]).toEqual([3, []]);
    collector.pause("split");
    fail(true);
    await clock.advance(120_000);
    expect(queries).toBe(3);
    await collector.shutdown();
  });

  it("An explanation that hangs ends after 5 s, is requested again, and delays no sample", async () => {
    const ended: boolean[] = [];
    const { clock, collector } = await setUp(
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => (ended.push(true), reject(new Error("aborted"))))),
    );
    await clock.advance(4_000);
    expect([ended.length, collector.collection("plain").taken]).toEqual([0, 4]);
    await clock.advance(4_000);
    expect([ended.length, collector.collection("plain").taken]).toEqual([1, 8]);
    await clock.advance(30_000);
    expect(ended.length).toBe(2);
    await collector.shutdown();
  });
});

import * as fc from "fast-check";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import type { FileEngine } from "../../../src/journal/file/file-engine.ts";
import { ALL, crashImage, draft, fileEngine, never, retained, textsOf } from "../../support/journal.ts";
import { stateFolder } from "../../support/state-folder.ts";

/** Resolves once everything appended so far is written. */
const written = (engine: FileEngine): Promise<void> => engine.save({ written: "yes" });

const segmentsIn = (dir: string): readonly string[] => readdirSync(dir).filter((name) => name.endsWith(".log"));

describe("FileEngine: restarts", () => {
  it("A journal that was closed continues with the same id, without a hole, and with its values", async () => {
    const dir = stateFolder();
    const first = fileEngine(dir);
    const { id } = await first.open(never);
    const numbers = [...first.append([draft("a"), draft("b")])];
    void first.save({ checkpoint: "after b", cursor: "2" });
    await first[Symbol.asyncDispose]();
    await using second = fileEngine(dir);
    expect(await second.open(never)).toEqual({ id, oldest: 1, head: 2, checkpoint: "after b" });
    numbers.push(...second.append([draft("c")]));
    expect(numbers).toEqual([1, 2, 3]);
    const { entries, holes } = await retained(second);
    expect([textsOf(entries), holes, await second.load("cursor")]).toEqual([["a", "b", "c"], [], "2"]);
    await written(second);
    expect([textsOf((await retained(second)).entries), segmentsIn(dir)]).toEqual([["a", "b", "c"], ["00000001.log"]]);
  });

  it("After a crash numbers continue above the reserved ones, and the hole is reported to those who read across it", async () => {
    const dir = stateFolder();
    await using first = fileEngine(dir);
    const { id } = await first.open(never);
    first.append([draft("a"), draft("b")]);
    await written(first);
    const image = crashImage(dir);
    const unseen = first.append([draft("lost")]);
    await using second = fileEngine(image);
    const opened = await second.open(never);
    expect([opened.id, opened.oldest, opened.head > (unseen[0] as number)]).toEqual([id, 1, true]);
    const [next] = second.append([draft("c")]) as [number];
    expect(next).toBe(opened.head + 1);
    const hole = { after: 2, before: next };
    for (const known of [0, 1, 2, 3, opened.head]) {
      const { entries, holes } = await retained(second, known);
      expect([textsOf(entries), holes]).toEqual([["a", "b", "c"].slice(Math.min(known, 2)), [hole]]);
    }
    await written(second);
    expect((await retained(second, 3)).holes).toEqual([hole]);
    expect(await second.read(next, ALL, never)).toEqual({ entries: [], holes: [] });
  });

  it("No number is given twice, whatever the sequence of appends, stops and crashes", async () => {
    const step = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom("stop", "crash"));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        let [dir, last, count] = [stateFolder(), 0, 0];
        let engine = fileEngine(dir);
        const { id } = await engine.open(never);
        for (const action of steps) {
          if (typeof action === "number") {
            const numbers = engine.append(Array.from({ length: action }, (_, n) => draft(`${n}`)));
            for (const number of numbers) {
              expect(number).toBeGreaterThan(last);
              last = number;
              count += 1;
            }
            continue;
          }
          const image = action === "crash" ? crashImage(dir) : dir;
          await engine[Symbol.asyncDispose]();
          dir = image;
          engine = fileEngine(dir);
          expect((await engine.open(never)).id).toBe(id);
        }
        await engine[Symbol.asyncDispose]();
        expect(steps.some((action) => typeof action === "number") === count > 0).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("A key is recognised after a restart", async () => {
    const dir = stateFolder();
    const first = fileEngine(dir);
    await first.open(never);
    const numbers = first.append([draft("a", "one"), draft("b", "two")]);
    await first[Symbol.asyncDispose]();
    await using second = fileEngine(dir);
    await second.open(never);
    expect(second.append([draft("a", "one"), draft("b", "two")])).toEqual(numbers);
  });

  it("Each segment begins with the values, so that they outlive the segment that they were saved in", async () => {
    const dir = stateFolder();
    const first = fileEngine(dir, { maxBytes: 64 * 1024 });
    await first.open(never);
    await first.save({ checkpoint: "early" });
    const original = segmentsIn(dir);
    for (let n = 0; n < 200; n += 1) first.append([draft(`${n}`.padEnd(1024))]);
    await first[Symbol.asyncDispose]();
    expect(segmentsIn(dir)).not.toContain(original[0]);
    await using second = fileEngine(dir);
    expect(await second.open(never)).toMatchObject({ head: 200, checkpoint: "early" });
  });

  it("An engine refuses to work before it is open", () => {
    const engine = fileEngine(stateFolder());
    expect(() => engine.append([draft("a")])).toThrow("the journal is not open");
  });
});

describe("FileEngine: limits", () => {
  it("The folder stays within its size", async () => {
    const dir = stateFolder();
    const maxBytes = 256 * 1024;
    await using engine = fileEngine(dir, { maxBytes });
    await engine.open(never);
    let largest = 0;
    for (let n = 0; n < 3_000; n += 1) {
      engine.append([draft(`${n}`.padEnd(1024))]);
      if (n % 20 > 0) continue;
      await written(engine);
      largest = Math.max(
        largest,
        segmentsIn(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0),
      );
    }
    expect(largest).toBeGreaterThan(maxBytes / 2);
    expect(largest).toBeLessThanOrEqual(maxBytes * 1.1);
  });

  it("Segments are removed when they are old, in running time, whatever the wall clock shows", async () => {
    const dir = stateFolder();
    const options = { maxAgeMs: 3_600_000 };
    const clock = new ManualClock();
    const first = fileEngine(dir, { ...options, clock });
    await first.open(never);
    first.append([draft("old")]);
    await written(first);
    await first[Symbol.asyncDispose]();
    for (const hours of [-1, 1, 24 * 365]) {
      const stepped = new ManualClock({ wallMs: clock.wallMs() + hours * 3_600_000 });
      await using again = fileEngine(crashImage(dir), { ...options, clock: stepped });
      await again.open(never);
      again.append([draft("new")]);
      await written(again);
      expect(textsOf((await retained(again)).entries)).toEqual(["old", "new"]);
    }
    const later = new ManualClock();
    await using second = fileEngine(dir, { ...options, clock: later });
    await second.open(never);
    const before = second.append([draft("before")])[0] as number;
    await written(second);
    for (let minute = 1; minute <= 59; minute += 1) {
      later.block(60_000);
      second.append([draft(`${minute}`)]);
      await written(second);
    }
    expect(textsOf((await retained(second)).entries).slice(0, 2)).toEqual(["old", "before"]);
    later.block(600_000);
    second.append([draft("after")]);
    await written(second);
    // The second write begins after the removal.
    await written(second);
    expect(await second.read(0, ALL, never)).toBe("gap");
    expect(textsOf((await retained(second, before + 30)).entries).at(-1)).toBe("after");
  });
});

describe("FileEngine: on disk", () => {
  it("Only the owner can enter the folder and read its files", async () => {
    const dir = join(stateFolder(), "deeper");
    await using engine = fileEngine(dir);
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    const modes = readdirSync(dir).map((name) => [name.replace(/[\da-f]{8,}/, "N"), (statSync(join(dir, name)).mode & 0o777).toString(8)]);
    expect(Object.fromEntries(modes)).toEqual({ "N.log": "600", header: "600", "owner-N.sock": "600" });
    expect([dir, join(dir, "..")].map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(["700", "700"]);
  });

  it.each([1, 99])("A journal of version %i of the format is set aside as it is, and a new one begins", async (version) => {
    const dir = stateFolder();
    const first = fileEngine(dir);
    const { id } = await first.open(never);
    first.append([draft("a")]);
    await first[Symbol.asyncDispose]();
    const header = readFileSync(join(dir, "header"));
    const { crc32 } = await import("node:zlib");
    const json = JSON.stringify({ version, generation: 99, id, reserved: 5 });
    const slot = `${crc32(json).toString(16).padStart(8, "0")} ${json}`.padEnd(511);
    writeFileSync(join(dir, "header"), `${slot}\n${header.subarray(512).toString()}`);
    const before = readFileSync(join(dir, "header"));
    await using second = fileEngine(dir);
    const opened = await second.open(never);
    expect([opened.id === id, opened.head, (await retained(second)).entries]).toEqual([false, 0, []]);
    const aside = readdirSync(dir).find((name) => name.startsWith("aside-")) as string;
    expect(second.status.reports).toEqual([
      `the journal was written by another version and a new one begins: its files are now in ${aside}`,
    ]);
    expect(readdirSync(join(dir, aside)).toSorted()).toEqual(["00000001.log", "header"]);
    expect(readFileSync(join(dir, aside, "header"))).toEqual(before);
    expect(second.append([draft("b")])).toEqual([1]);
  });

  it("Files that are none of the journal's stay as they are", async () => {
    const dir = stateFolder();
    const first = fileEngine(dir);
    await first.open(never);
    writeFileSync(join(dir, "notes.txt"), "mine");
    writeFileSync(join(dir, "1.log"), "mine too");
    await first[Symbol.asyncDispose]();
    await using second = fileEngine(dir);
    await second.open(never);
    expect([second.status.reports, readFileSync(join(dir, "notes.txt"), "utf8"), readFileSync(join(dir, "1.log"), "utf8")]).toEqual([
      [],
      "mine",
      "mine too",
    ]);
  });
});

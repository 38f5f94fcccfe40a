import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StoredEntry } from "../../../src/journal/engine.ts";
import { diskFiles, type Files } from "../../../src/journal/file/files.ts";
import { crashImage, draft, fileEngine, never, retained, textsOf } from "../../support/journal.ts";
import { stateFolder } from "../../support/state-folder.ts";

const SEGMENT = "00000001.log";
const PREAMBLE_BYTES = 16;
const TEXTS = Array.from({ length: 12 }, (_, n) => `entry ${n}`);

/** Files that are not synced: these tests lose no power, and open thousands of journals. */
const files: Files = {
  ...diskFiles,
  create: async (path) => Object.assign(await diskFiles.create(path), { sync: async () => {} }),
  openExisting: async (path) => Object.assign(await diskFiles.openExisting(path), { sync: async () => {} }),
  syncFolder: async () => {},
};

/** A folder as a crash leaves it: twelve entries, and after each the checkpoint that covers it. */
async function sample(): Promise<string> {
  const dir = stateFolder();
  await using engine = fileEngine(dir);
  await engine.open(never);
  for (const [n, text] of TEXTS.entries()) {
    engine.append([draft(text, text)]);
    await engine.save({ checkpoint: String(n + 1) });
  }
  return crashImage(dir);
}

function variant(dir: string, name: string, bytes: Uint8Array): string {
  const copy = stateFolder();
  mkdirSync(copy);
  for (const each of readdirSync(dir)) cpSync(join(dir, each), join(copy, each));
  writeFileSync(join(copy, name), bytes);
  return copy;
}

interface Found {
  readonly texts: readonly string[];
  readonly checkpoint: number;
  readonly reports: readonly string[];
  readonly id: string;
}

/** Opens a folder, appends to it, and opens it again. */
async function survive(dir: string): Promise<Found> {
  const first = fileEngine(dir, { files });
  const { checkpoint = "0", head, id, oldest } = await first.open(never);
  const { entries } = await retained(first, Math.max(oldest - 1, 0));
  const [seq] = first.append([draft("new")]);
  expect(seq).toBeGreaterThan(head);
  await first.save({ reopened: "yes" });
  const { problem, reports } = first.status;
  expect(problem).toBeUndefined();
  await first[Symbol.asyncDispose]();
  const second = fileEngine(dir, { files });
  const again = await second.open(never);
  const { entries: reread } = await retained(second, again.oldest - 1);
  expect([again.id, again.head, again.checkpoint ?? "0", await second.load("reopened")]).toEqual([id, seq, checkpoint, "yes"]);
  expect([textsOf(reread), second.status.reports]).toEqual([[...textsOf(entries), "new"], []]);
  await second[Symbol.asyncDispose]();
  expectSound(entries);
  return { texts: textsOf(entries), checkpoint: Number(checkpoint), reports, id };
}

/** Entries are as they were written: the number and the text belong together. */
function expectSound(entries: readonly StoredEntry[]): void {
  for (const { body, key, kind, seq } of entries) {
    expect([kind, body, key]).toEqual(["sample", JSON.stringify({ text: TEXTS[seq - 1] }), TEXTS[seq - 1]]);
  }
}

/** A generator of pseudo-random numbers below `limit`, the same in each run. */
function randoms(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

describe("FileEngine: damage", () => {
  it(
    "A segment that is cut off at any byte keeps all before the cut, and what is incomplete is set aside and reported",
    { timeout: 120_000 },
    async () => {
      const dir = await sample();
      const bytes = readFileSync(join(dir, SEGMENT));
      expect(bytes.length).toBeGreaterThan(600);
      const lengths: number[] = [];
      let silent = 0;
      for (let length = 0; length < bytes.length; length += 1) {
        const copy = variant(dir, SEGMENT, bytes.subarray(0, length));
        const { checkpoint, reports, texts } = await survive(copy);
        expect(texts).toEqual(TEXTS.slice(0, texts.length));
        // No checkpoint covers a missing entry.
        expect([0, 1]).toContain(texts.length - checkpoint);
        if (reports.length === 0) silent += 1;
        else {
          const what = length < PREAMBLE_BYTES ? "was damaged:" : "ended with an incomplete record of";
          expect(reports).toEqual([expect.stringMatching(`^${SEGMENT} ${what} \\d+ B.* is now 00000001.damaged$`)]);
          expect(readFileSync(join(copy, "00000001.damaged"))).toEqual(bytes.subarray(0, length));
        }
        lengths.push(texts.length);
      }
      expect([lengths[0], lengths.at(-1), lengths.every((length, n) => n === 0 || length >= (lengths[n - 1] as number))]).toEqual([
        0,
        12,
        true,
      ]);
      // The end of a record is as good as that of the file: an entry and a checkpoint twelve times, the preamble, and nothing at all.
      expect(silent).toBe(2 * TEXTS.length - 1 + 2);
    },
  );

  it("A flipped bit in the last record is damage, and not an end that was cut off", async () => {
    const dir = await sample();
    const bytes = readFileSync(join(dir, SEGMENT));
    const { checkpoint, reports } = await survive(variant(dir, SEGMENT, flipped(bytes, (bytes.length - 1) * 8)));
    expect([checkpoint, reports]).toEqual([
      11,
      [expect.stringMatching(`^${SEGMENT} was damaged: \\d+ B are unreadable; 23 records were kept`)],
    ]);
  });

  it("A header that is cut off at any byte loses no entry and gives no number again", { timeout: 120_000 }, async () => {
    const dir = await sample();
    const bytes = readFileSync(join(dir, "header"));
    for (let length = 0; length < bytes.length; length += 7) {
      const { checkpoint, texts } = await survive(variant(dir, "header", bytes.subarray(0, length)));
      expect([texts, checkpoint]).toEqual([TEXTS, 12]);
    }
  });

  it("Of a thousand single flipped bits each loses at most one record, and the damaged file is kept", { timeout: 240_000 }, async () => {
    const dir = await sample();
    const random = randoms(20_260_101);
    const names = [SEGMENT, SEGMENT, SEGMENT, "header"];
    let reported = 0;
    for (let run = 0; run < 1_000; run += 1) {
      const name = names[run % names.length] as string;
      const bytes = readFileSync(join(dir, name));
      const damaged = flipped(bytes, random(bytes.length * 8));
      const copy = variant(dir, name, damaged);
      const { checkpoint, reports, texts } = await survive(copy);
      const isPreamble = name === SEGMENT && !damaged.subarray(0, 16).every((byte, n) => byte === bytes[n]);
      if (isPreamble) expect([texts, checkpoint, reports.length]).toEqual([[], 0, 1]);
      else {
        expect(texts).toEqual(TEXTS.filter((text) => texts.includes(text)));
        expect(texts.length).toBeGreaterThanOrEqual(11);
        expect(checkpoint).toBeGreaterThanOrEqual(11);
      }
      reported += reports.length;
      // Whatever was reported can be examined; what was not is where it was.
      const kept = readdirSync(copy).map((each) => readFileSync(join(copy, each)));
      if (name === SEGMENT) expect(kept.some((each) => each.subarray(0, damaged.length).equals(damaged))).toBe(true);
      if (texts.length < 12 && texts.at(-1) === TEXTS[11]) expect(reports).toHaveLength(1);
    }
    expect(reported).toBeGreaterThan(500);
  });

  it("A damaged segment in the middle costs only its own record, and its file is set aside once", async () => {
    const dir = stateFolder();
    const first = fileEngine(dir, { maxBytes: 1024 * 1024, maxAgeMs: 3_600_000 });
    await first.open(never);
    for (let n = 0; n < 300; n += 1) first.append([draft(`${n}`.padEnd(1024))]);
    await first.save({ checkpoint: "300" });
    await first[Symbol.asyncDispose]();
    const names = readdirSync(dir).filter((name) => name.endsWith(".log"));
    expect(names.length).toBeGreaterThan(2);
    const middle = names[1] as string;
    const bytes = readFileSync(join(dir, middle));
    writeFileSync(join(dir, middle), flipped(bytes, bytes.length * 4));
    await using second = fileEngine(dir);
    expect(await second.open(never)).toMatchObject({ head: 300, checkpoint: "300" });
    const { entries, holes } = await retained(second);
    expect(entries).toHaveLength(299);
    expect(holes).toEqual([{ after: expect.any(Number), before: expect.any(Number) }]);
    const hole = holes[0] as { after: number; before: number };
    expect([hole.before - hole.after, entries.some(({ seq }) => seq === hole.after + 1)]).toEqual([2, false]);
    const aside = middle.replace(".log", ".damaged");
    expect(second.status.reports).toEqual([
      expect.stringMatching(`${middle} was damaged: \\d+ B are unreadable; \\d+ records were kept, and the file as it was is now ${aside}`),
    ]);
    expect(readFileSync(join(dir, aside))).toEqual(Buffer.from(flipped(bytes, bytes.length * 4)));
  });

  it("A bit that flips while the journal is open costs one record of a read", async () => {
    const dir = stateFolder();
    await using engine = fileEngine(dir);
    await engine.open(never);
    for (const text of TEXTS) engine.append([draft(text, text)]);
    await engine.save({ checkpoint: "12" });
    const bytes = readFileSync(join(dir, SEGMENT));
    writeFileSync(join(dir, SEGMENT), flipped(bytes, bytes.length * 4));
    const { entries, holes } = await retained(engine);
    expectSound(entries);
    expect([entries.length, holes.length]).toEqual([11, 1]);
  });

  it("Entries that two segments contain are read once", async () => {
    const dir = await sample();
    const bytes = readFileSync(join(dir, SEGMENT));
    expect(await survive(variant(dir, "00000002.log", bytes))).toMatchObject({ texts: TEXTS, checkpoint: 12, reports: [] });
  });

  it("A repair that a crash cut off is completed", async () => {
    const dir = await sample();
    const bytes = readFileSync(join(dir, SEGMENT));
    const unfinished = stateFolder();
    mkdirSync(unfinished);
    cpSync(join(dir, "header"), join(unfinished, "header"));
    writeFileSync(join(unfinished, "00000001.damaged"), flipped(bytes, 4_000));
    writeFileSync(join(unfinished, `${SEGMENT}.rescued`), bytes);
    expect(await survive(unfinished)).toMatchObject({ texts: TEXTS, checkpoint: 12, reports: [] });
    const early = variant(dir, `${SEGMENT}.rescued`, bytes.subarray(0, 100));
    expect(await survive(early)).toMatchObject({ texts: TEXTS, checkpoint: 12, reports: [] });
    expect(readdirSync(early).filter((name) => name.endsWith(".rescued"))).toEqual([]);
  });
});

import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { FileEngine } from "../../../src/journal/file/file-engine.ts";
import { diskFiles } from "../../../src/journal/file/files.ts";
import { HEADER_FILE } from "../../../src/journal/file/header.ts";
import { readFolder } from "../../../src/journal/file/read-only.ts";
import { stateFolder } from "../../support/state-folder.ts";

const never = new AbortController().signal;

/** A folder with entries, which stays owned until the test ends. */
async function owned(count: number): Promise<{ readonly dir: string; readonly engine: FileEngine }> {
  const dir = stateFolder();
  const engine = new FileEngine({ dir, clock: new ManualClock() });
  await engine.open(never);
  engine.append(Array.from({ length: count }, (_, n) => ({ key: `k${n}`, kind: "sample", body: JSON.stringify({ n }) })));
  await engine.save({ checkpoint: "saved" });
  return { dir, engine };
}

/** What is read: the number of each entry, and the names of values. */
async function read(dir: string, files?: Parameters<typeof readFolder>[2]) {
  const seen: unknown[] = [];
  const { damagedBytes } = await readFolder(
    dir,
    (record) =>
      seen.push(record.type === "entry" ? (JSON.parse(record.decode().body) as { n: number }).n : Object.keys(record.values).join()),
    files,
  );
  return { seen, damagedBytes };
}

const contents = (dir: string): readonly string[] =>
  readdirSync(dir).map((name) => {
    const { mtimeMs, size } = statSync(join(dir, name));
    return `${name} ${size} ${mtimeMs}`;
  });

const segmentOf = (dir: string): string => join(dir, readdirSync(dir).find((name) => name.endsWith(".log")) as string);

describe("readFolder", () => {
  it("readFolder reads entries and values while another engine owns the folder, and changes nothing", async () => {
    const { dir, engine } = await owned(3);
    const before = contents(dir);
    expect(await read(dir)).toEqual({ seen: [0, 1, 2, "checkpoint"], damagedBytes: 0 });
    expect(contents(dir)).toEqual(before);
    engine.append([{ key: "k3", kind: "sample", body: '{"n":3}' }]);
    await engine.save({ checkpoint: "again" });
    expect((await read(dir)).seen).toEqual([0, 1, 2, "checkpoint", 3, "checkpoint"]);
    await engine[Symbol.asyncDispose]();
  });

  it("readFolder ends at a record that is cut off at any byte, and reports no damage", async () => {
    const { dir, engine } = await owned(3);
    await engine[Symbol.asyncDispose]();
    const path = segmentOf(dir);
    const whole = readFileSync(path);
    const counts = new Set<number>();
    for (let length = whole.length; length >= 16; length -= 1) {
      truncateSync(path, length);
      const { damagedBytes, seen } = await read(dir);
      expect([damagedBytes, seen]).toEqual([0, [0, 1, 2, "checkpoint"].slice(0, seen.length)]);
      counts.add(seen.length);
    }
    expect([...counts]).toEqual([4, 3, 2, 1, 0]);
  });

  it("readFolder skips and counts damage before the end, and leaves the file as it is", async () => {
    const { dir, engine } = await owned(3);
    await engine[Symbol.asyncDispose]();
    const path = segmentOf(dir);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('{"n":1}');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
    const { damagedBytes, seen } = await read(dir);
    expect(seen).toEqual([0, 2, "checkpoint"]);
    expect(damagedBytes).toBeGreaterThan(20);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("readFolder takes a whole but unsound record at the end for one that the owner is writing", async () => {
    const { dir, engine } = await owned(3);
    await engine[Symbol.asyncDispose]();
    const path = segmentOf(dir);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, bytes.length - 4));
    expect(await read(dir)).toEqual({ seen: [0, 1, 2], damagedBytes: 0 });
  });

  it("readFolder refuses sound records whose content has another form, as another version may have written them", async () => {
    const { dir, engine } = await owned(1);
    await engine[Symbol.asyncDispose]();
    const record = Buffer.alloc(4 + 4 + 1 + 2);
    record.writeUInt32BE(3, 4);
    record.write("\u0002[]", 8);
    record.writeUInt32BE(crc32(record.subarray(4)), 0);
    writeFileSync(segmentOf(dir), Buffer.concat([readFileSync(segmentOf(dir)), record]));
    await expect(read(dir)).rejects.toMatchObject({ code: "state_unreadable" });
  });

  it("readFolder leaves out a segment that the owner removes meanwhile", async () => {
    const { dir, engine } = await owned(2);
    await engine[Symbol.asyncDispose]();
    const list = async () => [{ name: "00000000.log", bytes: 1_000 }, ...(await diskFiles.list(dir))];
    expect((await read(dir, { list, read: (path) => diskFiles.read(path) })).seen).toEqual([0, 1, "checkpoint"]);
  });

  it("readFolder refuses a folder without a journal, one that does not exist, and one of another version", async () => {
    const { dir, engine } = await owned(1);
    await engine[Symbol.asyncDispose]();
    const empty = join(dir, "empty");
    mkdirSync(empty);
    await expect(read(empty)).rejects.toMatchObject({ code: "state_unreadable", message: expect.stringContaining("found no journal") });
    await expect(read(join(dir, "none"))).rejects.toMatchObject({ code: "state_unreadable", message: expect.stringContaining("ENOENT") });
    const newer = stateFolder();
    mkdirSync(newer);
    const json = JSON.stringify({ version: 99, generation: 1, id: "x", reserved: 1 });
    writeFileSync(join(newer, HEADER_FILE), `${`${crc32(json).toString(16).padStart(8, "0")} ${json}`.padEnd(511)}\n`);
    await expect(read(newer)).rejects.toMatchObject({ message: expect.stringContaining("another version") });
  });
});

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock, settle } from "../../../src/base/manual-clock.ts";
import type { FileEngine, FileEngineStatus } from "../../../src/journal/file/file-engine.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { ALL, crashImage, draft, fileEngine, never, retained, textsOf } from "../../support/journal.ts";
import { stateFolder } from "../../support/state-folder.ts";
import { until } from "../../support/until.ts";

const written = (engine: FileEngine): Promise<void> => engine.save({ written: "yes" });

/** Lets what uses the disk go on: this call waits for the disk, too. */
const diskTurn = async (): Promise<void> => void (await stat(import.meta.filename));

/** Lets simulated time pass until the disk takes everything. */
async function recovered(engine: FileEngine, clock: ManualClock): Promise<void> {
  await until(
    async () => {
      await clock.advance(500);
      await diskTurn();
    },
    () => engine.status.problem === undefined,
  );
  await written(engine);
}

/** Stores an entry and closes. @returns the folder */
async function earlier(dir = stateFolder()): Promise<string> {
  await using engine = fileEngine(dir);
  await engine.open(never);
  engine.append([draft("earlier")]);
  await engine.save({ checkpoint: "earlier" });
  return dir;
}

describe("FileEngine: a disk that fails", () => {
  it.each(["ENOSPC", "EROFS", "EIO", "EDQUOT"])("On %s entries stay in memory, and are written once the disk takes them", async (code) => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    const seen: FileEngineStatus[] = [];
    const engine = fileEngine(dir, { clock, files: faults.files, onStatus: (status) => seen.push(status) });
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    faults.code = code;
    const numbers = engine.append([draft("b"), draft("c")]);
    await engine.save({ checkpoint: "c" });
    expect([numbers, engine.status.problem]).toEqual([[2, 3], `${code}: injected, write`]);
    expect(textsOf((await retained(engine)).entries)).toEqual(["a", "b", "c"]);
    expect([await engine.load("checkpoint"), await engine.load("written")]).toEqual(["c", "yes"]);
    await clock.advance(120_000);
    faults.code = undefined;
    engine.append([draft("d")]);
    await recovered(engine, clock);
    expect(seen.map(({ problem }) => problem)).toEqual([`${code}: injected, write`, undefined]);
    await engine[Symbol.asyncDispose]();
    await using again = fileEngine(dir);
    expect(await again.open(never)).toMatchObject({ head: 4, checkpoint: "c" });
    const { entries, holes } = await retained(again);
    expect([textsOf(entries), holes]).toEqual([["a", "b", "c", "d"], []]);
  });

  it("Retries become rarer, up to one in thirty seconds", async () => {
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(stateFolder(), { clock, files: faults.files });
    await engine.open(never);
    faults.code = "ENOSPC";
    await written(engine);
    faults.calls.length = 0;
    await clock.advance(600_000);
    expect(faults.calls.length).toBeGreaterThan(15);
    expect(faults.calls.length).toBeLessThan(30);
    faults.code = undefined;
  });

  it("A write that the disk takes in part is repeated, and no entry is lost or doubled whenever a crash follows", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(dir, { clock, files: faults.files });
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    Object.assign(faults, { code: "ENOSPC", isPartial: true });
    engine.append(["b", "c", "d", "e"].map((text) => draft(text)));
    await written(engine);
    const textsAfterCrash = async (): Promise<readonly string[]> => {
      await using again = fileEngine(crashImage(dir));
      await again.open(never);
      again.append([draft("z")]);
      expect(again.status).toMatchObject({ problem: undefined, reports: [] });
      return textsOf((await retained(again)).entries);
    };
    expect(await textsAfterCrash()).toEqual(["a", "b", "c", "z"]);
    faults.code = undefined;
    engine.append([draft("f")]);
    await recovered(engine, clock);
    expect(textsOf((await retained(engine)).entries)).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(await textsAfterCrash()).toEqual(["a", "b", "c", "d", "e", "f", "z"]);
  });

  it("After a failed sync the next entries go to a new segment, and none is lost or doubled", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(dir, { clock, files: faults.files });
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    faults.operations = ["sync"];
    faults.code = "EIO";
    engine.append([draft("b")]);
    await clock.advance(1_000);
    await until(diskTurn, () => engine.status.problem === "EIO: injected, sync");
    faults.code = undefined;
    engine.append([draft("c")]);
    await recovered(engine, clock);
    expect(readdirSync(dir).filter((name) => name.endsWith(".log"))).toHaveLength(2);
    await using again = fileEngine(crashImage(dir));
    await again.open(never);
    expect(textsOf((await retained(again)).entries)).toEqual(["a", "b", "c"]);
  });

  it("What waits for the disk is bounded, and what is dropped is counted and becomes a hole", async () => {
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(stateFolder(), { clock, files: faults.files });
    await engine.open(never);
    engine.append([draft("first")]);
    await written(engine);
    faults.code = "ENOSPC";
    for (let n = 0; n < 12; n += 1) engine.append([draft(`${n}`.padEnd(1024 * 1024))]);
    await written(engine);
    const { dropped } = engine.status;
    expect(dropped).toBeGreaterThan(2);
    expect(dropped).toBeLessThan(6);
    faults.code = undefined;
    await recovered(engine, clock);
    const { entries, holes } = await retained(engine);
    expect(entries).toHaveLength(13 - dropped);
    expect(holes.reduce((sum, { after, before }) => sum + before - after - 1, 0)).toBe(dropped);
  });

  it("A segment that cannot be removed is reported, and removed later", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(dir, { clock, files: faults.files, maxBytes: 64 * 1024 });
    await engine.open(never);
    Object.assign(faults, { code: "EPERM", operations: ["remove"] });
    for (let n = 0; n < 100; n += 1) {
      engine.append([draft(`${n}`.padEnd(1024))]);
      await written(engine);
    }
    expect(engine.status.problem).toBe("EPERM: injected, remove");
    faults.code = undefined;
    await recovered(engine, clock);
    const oldest = Number(/[1-9]\d*/.exec(readdirSync(dir).find((name) => name.endsWith(".log")) as string));
    expect(oldest).toBeGreaterThan(1);
    expect(engine.status.dropped).toBe(0);
  });

  it("A folder that is removed is made again, with the same journal and its values", async () => {
    const [dir, clock] = [stateFolder(), new ManualClock()];
    const engine = fileEngine(dir, { clock });
    const { id } = await engine.open(never);
    engine.append([draft("a")]);
    await engine.save({ checkpoint: "kept" });
    rmSync(dir, { recursive: true });
    clock.block(10_000);
    engine.append([draft("b")]);
    await written(engine);
    await clock.advance(1_000);
    await until(diskTurn, () => engine.status.problem !== undefined);
    engine.append([draft("c")]);
    await recovered(engine, clock);
    await engine[Symbol.asyncDispose]();
    await using again = fileEngine(dir);
    expect(await again.open(never)).toMatchObject({ id, head: 3, checkpoint: "kept" });
    expect(textsOf((await retained(again, 2)).entries)).toEqual(["c"]);
  });

  it("A lock that is removed is made again, unless another process has become the owner", async () => {
    const [dir, clock] = [stateFolder(), new ManualClock()];
    await using engine = fileEngine(dir, { clock });
    await engine.open(never);
    const unlock = (): void => {
      for (const name of readdirSync(dir)) if (name.endsWith(".sock")) unlinkSync(join(dir, name));
    };
    const noticed = async (): Promise<void> => {
      clock.block(10_000);
      engine.append([draft("a")]);
      await written(engine);
      await clock.advance(1_000);
      await until(diskTurn, () => engine.status.problem !== undefined);
    };
    unlock();
    await noticed();
    expect(engine.status.problem).toBe(`files in ${dir} were removed`);
    await recovered(engine, clock);
    await expect(fileEngine(dir).open(never)).rejects.toMatchObject({ code: "state_in_use" });
    unlock();
    await using other = fileEngine(dir);
    await other.open(never);
    await noticed();
    await until(
      async () => {
        await clock.advance(500);
        await diskTurn();
      },
      () => engine.status.problem?.includes("in use by another collector") === true,
    );
    other.append([draft("b")]);
    await written(other);
    expect(textsOf((await retained(other)).entries)).toEqual(["a", "b"]);
  });

  it("A segment that is removed is replaced", async () => {
    const [dir, clock] = [stateFolder(), new ManualClock()];
    await using engine = fileEngine(dir, { clock });
    await engine.open(never);
    await engine.save({ checkpoint: "kept" });
    for (const name of readdirSync(dir)) if (name.endsWith(".log")) unlinkSync(join(dir, name));
    clock.block(10_000);
    engine.append([draft("a")]);
    await written(engine);
    await clock.advance(1_000);
    await until(diskTurn, () => engine.status.problem !== undefined);
    engine.append([draft("b")]);
    await recovered(engine, clock);
    await using again = fileEngine(crashImage(dir));
    expect(await again.open(never)).toMatchObject({ checkpoint: "kept" });
    expect(textsOf((await retained(again, 1)).entries)).toEqual(["b"]);
  });
});

describe("FileEngine: a folder that cannot be used at the start", () => {
  it("A path below a file leaves the journal in memory, until the file makes way", async () => {
    const [dir, clock] = [stateFolder(), new ManualClock()];
    writeFileSync(dirname(dir) + "/file", "");
    const below = join(dirname(dir), "file", "state");
    const engine = fileEngine(below, { clock });
    const { head, id } = await engine.open(never);
    expect([head, engine.status.problem]).toEqual([0, expect.stringMatching(/^ENOTDIR: /)]);
    expect(engine.append([draft("a")])).toEqual([1]);
    await engine.save({ checkpoint: "a" });
    expect(textsOf((await retained(engine)).entries)).toEqual(["a"]);
    unlinkSync(join(dirname(dir), "file"));
    await recovered(engine, clock);
    await engine[Symbol.asyncDispose]();
    await using again = fileEngine(below);
    expect(await again.open(never)).toMatchObject({ id, head: 1, checkpoint: "a" });
    expect(textsOf((await retained(again)).entries)).toEqual(["a"]);
  });

  it("On a read-only disk the entries are there, the journal begins anew above them, and it recovers", async () => {
    const dir = await earlier();
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    faults.code = "EROFS";
    const engine = fileEngine(dir, { clock, files: faults.files });
    const opened = await engine.open(never);
    expect(opened).toMatchObject({ oldest: 1, head: 1, checkpoint: "earlier" });
    expect(engine.status.problem).toBe("EROFS: injected, makeFolder");
    expect(engine.append([draft("now")])).toEqual([2]);
    expect(textsOf((await retained(engine)).entries)).toEqual(["earlier", "now"]);
    faults.code = undefined;
    await recovered(engine, clock);
    const aside = readdirSync(dir).find((name) => name.startsWith("aside-")) as string;
    expect(engine.status.reports).toEqual([
      `the directory could not be used before and contains another journal: its files are now in ${aside}`,
    ]);
    expect([await engine.read(0, ALL, never), textsOf((await retained(engine, 1)).entries)]).toEqual(["gap", ["now"]]);
    await engine[Symbol.asyncDispose]();
    await using again = fileEngine(dir);
    expect(await again.open(never)).toMatchObject({ id: opened.id, head: 2, checkpoint: "earlier" });
  });

  it("Files that the disk cannot read are set aside, and a new journal begins", async () => {
    const dir = await earlier();
    const faults = new FaultyFiles();
    Object.assign(faults, { code: "EIO", operations: ["read"] });
    await using engine = fileEngine(dir, { files: faults.files });
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    expect(engine.status).toMatchObject({ problem: undefined, dropped: 0 });
    expect(engine.status.reports).toEqual([
      expect.stringMatching("^00000001.log was damaged: .* the damaged file is now 00000001.damaged$"),
      expect.stringMatching("^the header of the journal was damaged and is now header-2.damaged"),
    ]);
    expect(textsOf((await retained(engine)).entries)).toEqual(["a"]);
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(["00000001.damaged", "00000002.log", "header-2.damaged"]));
  });

  it("A folder that does not answer is waited for ten seconds, and used once it answers", async () => {
    const dir = await earlier();
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    faults.operations = ["makeFolder", "list", "read"];
    faults.hang();
    const engine = fileEngine(dir, { clock, files: faults.files });
    const opening = engine.open(never);
    let opened: unknown;
    void opening.then((result) => (opened = result));
    await clock.advance(9_900);
    expect(opened).toBeUndefined();
    await clock.advance(10_200);
    expect(await opening).toMatchObject({ head: 0 });
    expect(engine.status.problem).toBe(`${dir} did not answer for 10s`);
    engine.append([draft("a")]);
    faults.release();
    await recovered(engine, clock);
    expect(textsOf((await retained(engine)).entries)).toEqual(["a"]);
    await engine[Symbol.asyncDispose]();
    expect(readdirSync(dir).some((name) => name.endsWith(".sock"))).toBe(false);
  });
});

describe("FileEngine: a disk that hangs", () => {
  it("A write that never ends delays neither appends nor reads nor the end, and is reported", async () => {
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    const seen: (string | undefined)[] = [];
    const engine = fileEngine(stateFolder(), { clock, files: faults.files, onStatus: ({ problem }) => seen.push(problem) });
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    faults.hang();
    for (const text of ["b", "c", "d"]) engine.append([draft(text)]);
    void engine.save({ checkpoint: "d" });
    await settle();
    expect([engine.append([draft("e")]), engine.status.problem]).toEqual([[5], undefined]);
    expect(textsOf((await retained(engine)).entries)).toEqual(["a", "b", "c", "d", "e"]);
    expect(await engine.load("checkpoint")).toBe("d");
    clock.block(6_000);
    engine.append([draft("f")]);
    expect(seen).toEqual(["a write has not ended for 6s"]);
    const pending = faults.calls.length;
    for (let n = 0; n < 50; n += 1) engine.append([draft(`${n}`)]);
    await settle();
    expect(faults.calls.length).toBe(pending);
    let isClosed = false;
    const closing = engine[Symbol.asyncDispose]().then(() => (isClosed = true));
    await clock.advance(4_900);
    expect(isClosed).toBe(false);
    await clock.advance(200);
    await closing;
    faults.release();
  });

  it("A write that ends late is no longer reported, and nothing is lost", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(dir, { clock, files: faults.files });
    await engine.open(never);
    faults.hang();
    engine.append([draft("a")]);
    void written(engine);
    await settle();
    clock.block(60_000);
    engine.append([draft("b")]);
    expect(engine.status.problem).toBe("a write has not ended for 1m");
    faults.release();
    await written(engine);
    expect([engine.status.problem, textsOf((await retained(engine)).entries)]).toEqual([undefined, ["a", "b"]]);
  });

  it("A read of a disk that hangs ends when it is aborted", async () => {
    const faults = new FaultyFiles();
    await using engine = fileEngine(stateFolder(), { files: faults.files });
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    faults.operations = ["readRange"];
    faults.hang();
    const abort = new AbortController();
    const reading = engine.read(0, ALL, abort.signal);
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: "aborted" });
    faults.release();
  });
});

describe("FileEngine: syncs", () => {
  it("Entries are written with the next save, the next sync, or when they are many", async () => {
    const [dir, clock] = [stateFolder(), new ManualClock()];
    await using engine = fileEngine(dir, { clock });
    await engine.open(never);
    const stored = async (): Promise<readonly string[]> => {
      await using image = fileEngine(crashImage(dir));
      await image.open(never);
      return textsOf((await retained(image)).entries).map((text) => text.trimEnd());
    };
    engine.append([draft("a")]);
    await clock.advance(900);
    await diskTurn();
    expect(await stored()).toEqual([]);
    await clock.advance(100);
    await until(stored, (texts) => texts.length === 1, 500);
    engine.append([draft("b")]);
    await written(engine);
    expect(await stored()).toEqual(["a", "b"]);
    engine.append([draft("c".padEnd(300_000))]);
    await until(stored, (texts) => texts.length === 3, 500);
  });

  const syncsOf = async (syncMs: number, stepMs: number): Promise<number> => {
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(stateFolder(), { clock, files: faults.files, syncMs });
    await engine.open(never);
    await written(engine);
    faults.calls.length = 0;
    for (let n = 0; n < 20; n += 1) {
      engine.append([draft(`${n}`)]);
      await written(engine);
      await clock.advance(stepMs);
      await diskTurn();
    }
    return faults.calls.filter((call) => call === "sync").length;
  };

  it("Files are synced once in each interval in which something was written", async () => {
    expect(await syncsOf(1_000, 100)).toBeLessThanOrEqual(3);
    expect(await syncsOf(1_000, 100)).toBeGreaterThanOrEqual(1);
    expect(await syncsOf(0, 100)).toBeGreaterThanOrEqual(19);
  });
});

describe("existing folders", () => {
  it("A folder that exists keeps its mode and its other files", async () => {
    const dir = stateFolder();
    mkdirSync(dir, { mode: 0o755 });
    writeFileSync(join(dir, "other"), "");
    await earlier(dir);
    renameSync(dir, `${dir}-moved`);
    expect([existsSync(join(`${dir}-moved`, "other")), existsSync(dir)]).toEqual([true, false]);
  });
});

import { describe, expect, it } from "vitest";
import { ManualClock, settle } from "../../../src/base/manual-clock.ts";
import { diskTurn, recovered, written } from "../../support/disk.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { ALL, crashImage, draft, fileEngine, never, retained, textsOf } from "../../support/journal.ts";
import { stateFolder } from "../../support/state-folder.ts";
import { until } from "../../support/until.ts";

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

  it("A sync that never ends delays no write, and is reported", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    const engine = fileEngine(dir, { clock, files: faults.files });
    await engine.open(never);
    faults.operations = ["sync"];
    faults.calls.length = 0;
    faults.hang();
    for (const text of ["a", "b", "c"]) {
      engine.append([draft(text)]);
      await written(engine);
      await clock.advance(1_000);
      await diskTurn();
    }
    expect(faults.calls.filter((call) => call === "sync")).toHaveLength(1);
    const image = fileEngine(crashImage(dir));
    await image.open(never);
    expect(textsOf((await retained(image)).entries)).toEqual(["a", "b", "c"]);
    await image[Symbol.asyncDispose]();
    await clock.advance(3_000);
    engine.append([draft("d")]);
    expect(engine.status.problem).toMatch(/^a sync has not ended for 6/);
    faults.release();
    await written(engine);
    await until(diskTurn, () => engine.status.problem === undefined);
    await clock.advance(1_000);
    await until(diskTurn, () => faults.calls.filter((call) => call === "sync").length === 2);
    await engine[Symbol.asyncDispose]();
  });

  it.each([1, 60])("A sync that fails is reported until one succeeds, and is repeated ever more rarely: %d entries", async (entries) => {
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    const problems: (string | undefined)[] = [];
    const engine = fileEngine(stateFolder(), { clock, files: faults.files, onStatus: ({ problem }) => problems.push(problem) });
    await engine.open(never);
    faults.operations = ["sync"];
    faults.code = "EIO";
    engine.append([draft("0")]);
    await until(
      async () => {
        await clock.advance(100);
        await diskTurn();
      },
      () => engine.status.problem === "EIO: injected, sync",
    );
    problems.length = 0;
    for (let n = 1; n < 60; n += 1) {
      if (n < entries) {
        engine.append([draft(`${n}`)]);
        void engine.save({ checkpoint: `${n}` });
      }
      await clock.advance(1_000);
      await diskTurn();
    }
    // After 1, 2, 4, 8, 16 and 30 seconds; a retry may sync an earlier segment, too.
    expect(faults.calls.filter((call) => call === "sync").length).toBeLessThanOrEqual(entries === 1 ? 7 : 14);
    expect(problems).toEqual([]);
    faults.code = undefined;
    await recovered(engine, clock);
    expect(problems).toEqual([undefined]);
    expect(textsOf((await retained(engine)).entries)).toHaveLength(entries);
    await engine[Symbol.asyncDispose]();
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

  /** Appends and saves twenty entries. @returns how often files were synced after each */
  const syncsOf = async (syncMs: number, stepMs: number, wait: (syncs: () => number) => Promise<unknown>): Promise<readonly number[]> => {
    const [faults, clock] = [new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(stateFolder(), { clock, files: faults.files, syncMs });
    await engine.open(never);
    await written(engine);
    faults.calls.length = 0;
    const counts: number[] = [];
    const syncs = (): number => faults.calls.filter((call) => call === "sync").length;
    for (let n = 0; n < 20; n += 1) {
      engine.append([draft(`${n}`)]);
      await written(engine);
      await clock.advance(stepMs);
      await wait(syncs);
      counts.push(syncs());
    }
    return counts;
  };

  it("Files are synced once in each interval in which something was written", async () => {
    const counts = await syncsOf(1_000, 100, diskTurn);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(1);
    expect(counts.at(-1)).toBeLessThanOrEqual(3);
  });

  it("With an interval of 0, a sync follows each write", async () => {
    let before = 0;
    const counts = await syncsOf(0, 0, async (syncs) => {
      await until(diskTurn, () => syncs() > before);
      before = syncs();
    });
    expect(counts).toHaveLength(20);
  });
});

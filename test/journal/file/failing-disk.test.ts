import { readdirSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import type { FileEngineStatus } from "../../../src/journal/file/file-engine.ts";
import { diskTurn, recovered, written } from "../../support/disk.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { crashImage, draft, fileEngine, never, retained, textsOf } from "../../support/journal.ts";
import { stateFolder } from "../../support/state-folder.ts";
import { until } from "../../support/until.ts";

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
    const textsAfterCrash = async (reports: readonly unknown[]): Promise<readonly string[]> => {
      await using again = fileEngine(crashImage(dir));
      await again.open(never);
      again.append([draft("z")]);
      expect(again.status).toMatchObject({ problem: undefined, reports });
      return textsOf((await retained(again)).entries);
    };
    const incomplete = expect.stringMatching(/^00000001.log ended with an incomplete record .* is now 00000001.damaged$/);
    expect(await textsAfterCrash([incomplete])).toEqual(["a", "b", "c", "z"]);
    faults.code = undefined;
    engine.append([draft("f")]);
    await recovered(engine, clock);
    expect(textsOf((await retained(engine)).entries)).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(await textsAfterCrash([])).toEqual(["a", "b", "c", "d", "e", "f", "z"]);
  });

  it("After a failed sync the next entries go to a new segment, and none is lost or doubled", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    await using engine = fileEngine(dir, { clock, files: faults.files });
    await engine.open(never);
    engine.append([draft("a")]);
    await written(engine);
    const syncs = (): number => faults.calls.filter((call) => call === "sync").length;
    const tick = async (): Promise<void> => {
      await clock.advance(100);
      await diskTurn();
    };
    // That of the header, and that of the first entry, which is not to fail.
    await until(tick, () => syncs() === 2);
    await tick();
    faults.operations = ["sync"];
    faults.code = "EIO";
    engine.append([draft("b")]);
    await until(tick, () => engine.status.problem === "EIO: injected, sync");
    const failed = readFileSync(join(dir, "00000001.log"));
    faults.code = undefined;
    engine.append([draft("c")]);
    await recovered(engine, clock);
    // Each sync that failed has begun another segment: as many as there was time for.
    expect(readdirSync(dir).filter((name) => name.endsWith(".log")).length).toBeGreaterThan(1);
    expect(readFileSync(join(dir, "00000001.log"))).toEqual(failed);
    await using again = fileEngine(crashImage(dir));
    await again.open(never);
    expect(textsOf((await retained(again)).entries)).toEqual(["a", "b", "c"]);
  });

  it("A sync that fails while the engine ends costs no entry that the disk takes", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    const engine = fileEngine(dir, { clock, files: faults.files });
    await engine.open(never);
    engine.append([draft("first")]);
    await written(engine);
    faults.operations = ["sync"];
    faults.hang();
    await clock.advance(1_000);
    engine.append([draft("second")]);
    await written(engine);
    // More than one write takes.
    const texts = Array.from({ length: 30 }, (_, n) => `${n}`.padEnd(100_000));
    for (const text of texts) engine.append([draft(text)]);
    const ending = engine[Symbol.asyncDispose]();
    faults.code = "EIO";
    faults.release();
    faults.limit = 1;
    await ending;
    await using again = fileEngine(crashImage(dir));
    await again.open(never);
    expect(textsOf((await retained(again)).entries)).toEqual(["first", "second", ...texts]);
  });

  it("A write that begins a segment goes on at once after a sync that has failed", async () => {
    const [dir, faults, clock] = [stateFolder(), new FaultyFiles(), new ManualClock()];
    // Segments of 16 KiB.
    const engine = fileEngine(dir, { clock, files: faults.files, maxBytes: 1 });
    await engine.open(never);
    engine.append([draft("a".padEnd(20_000))]);
    await written(engine);
    faults.operations = ["sync"];
    faults.hang();
    const before = faults.calls.length;
    await until(
      async () => {
        await clock.advance(100);
        await diskTurn();
      },
      () => faults.calls.slice(before).includes("sync"),
    );
    engine.append([draft("b".padEnd(20_000))]);
    const saved = engine.save({ checkpoint: "b" });
    Object.assign(faults, { code: "EIO", limit: 1 });
    faults.release();
    // Simulated time stands still, so nothing is retried.
    await saved;
    await using image = fileEngine(crashImage(dir));
    expect(await image.open(never)).toMatchObject({ checkpoint: "b" });
    await engine[Symbol.asyncDispose]();
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

import { existsSync, mkdirSync, readdirSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { recovered, written } from "../../support/disk.ts";
import { FaultyFiles } from "../../support/faulty-files.ts";
import { ALL, draft, fileEngine, never, retained, textsOf } from "../../support/journal.ts";
import { stateFolder } from "../../support/state-folder.ts";

/** Stores an entry and closes. @returns the folder */
async function earlier(dir = stateFolder()): Promise<string> {
  await using engine = fileEngine(dir);
  await engine.open(never);
  engine.append([draft("earlier")]);
  await engine.save({ checkpoint: "earlier" });
  return dir;
}

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
      expect.stringMatching("^00000001.log was damaged: .* the file as it was is now 00000001.damaged$"),
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

import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isVitalsError } from "../../../src/base/errors.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { measureFile } from "../../../src/source/mcp-memory/measure-file.ts";
import { MemoryFile } from "../../../src/source/mcp-memory/memory-file.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitals-versions-"));
  path = join(folder, "memory.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = (count: number): string =>
  Array.from({ length: count }, (_, n) => JSON.stringify({ type: "entity", name: `e${n}`, entityType: "t", observations: ["o"] })).join(
    "\n",
  );

/** Writes the file in place, as one that was last written an hour ago; each time differs from the one before. */
let time = Date.now() / 1_000 - 3_600;
function write(contents: string): void {
  writeFileSync(path, contents);
  time += 1;
  utimesSync(path, time, time);
}

function memoryFile() {
  const clock = new ManualClock();
  const request = { path, shownPath: path, types: { episodic: [], procedural: [] }, maxBytes: 1e9, budgetMs: 1_000 };
  const file = new MemoryFile(request, measureFile, { clock, expensiveIntervalMs: 0, close: async () => {} });
  /** The number of nodes, or the code of the error. */
  const nodes = async (): Promise<number | string | undefined> => {
    try {
      return (await file.graph()).nodeCount;
    } catch (error) {
      return isVitalsError(error) ? error.code : String(error);
    }
  };
  return { clock, file, nodes };
}

describe("MemoryFile", () => {
  it.each([
    ["became empty", "", 0],
    ["lost half of its lines", lines(2), 2],
    ["ends within a line", `${lines(4)}\n{"type":"enti`, 4],
    ["is smaller and no memory file", "x", "reading_invalid"],
  ])(
    "MemoryFile reports the last whole version of a file that %s, until that has lasted for two seconds",
    async (_, contents, expected) => {
      const { clock, nodes } = memoryFile();
      write(lines(4));
      expect(await nodes()).toBe(4);
      clock.block(1_000);
      write(contents);
      expect(await nodes()).toBe(4);
      clock.block(1_999);
      expect(await nodes()).toBe(4);
      clock.block(1);
      expect(await nodes()).toBe(expected);
      expect(await nodes()).toBe(expected);
    },
  );

  it("MemoryFile reports no step of a file that is written in place, however often and slowly", async () => {
    const { clock, nodes } = memoryFile();
    write(lines(10));
    const seen = [await nodes()];
    const whole = lines(12);
    for (let turn = 0; turn < 5; turn += 1) {
      for (const step of ["", whole.slice(0, whole.length / 3), lines(6), whole]) {
        write(step);
        clock.block(500);
        seen.push(await nodes());
      }
    }
    expect(seen).toEqual([10, 10, 10, 10, 12, ...Array.from({ length: 16 }, () => 12)]);
  });

  it("MemoryFile believes a smaller file at once if it was written long before, and nobody looked meanwhile", async () => {
    const { clock, nodes } = memoryFile();
    write(lines(4));
    expect(await nodes()).toBe(4);
    clock.block(60_000);
    write(lines(1));
    expect(await nodes()).toBe(1);
  });

  it("MemoryFile follows a file that grows, or is replaced by a larger one, at once", async () => {
    const { nodes } = memoryFile();
    write(lines(2));
    expect(await nodes()).toBe(2);
    appendFileSync(path, `\n${lines(3).split("\n")[2]}`);
    expect(await nodes()).toBe(3);
    writeFileSync(`${path}.new`, lines(5));
    renameSync(`${path}.new`, path);
    expect(await nodes()).toBe(5);
  });

  it("MemoryFile reports a file that is written again and again without a pause, and reads it at once", async () => {
    const { nodes } = memoryFile();
    write(lines(400));
    expect(await nodes()).toBe(400);
    const writing = setInterval(() => writeFileSync(path, lines(400)), 5);
    const seen: unknown[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      writeFileSync(path, lines(400));
      seen.push(await nodes());
    }
    clearInterval(writing);
    expect(seen).toEqual(Array.from({ length: 10 }, () => 400));
    write(lines(401));
    expect(await nodes()).toBe(401);
  });

  it("MemoryFile waits, after half a minute, for a file that is never whole", async () => {
    const { clock, nodes } = memoryFile();
    write(lines(4));
    expect(await nodes()).toBe(4);
    const seen: unknown[] = [];
    for (let second = 1; second <= 32; second += 1) {
      clock.block(1_000);
      write(lines(1 + (second % 2)));
      seen.push(await nodes());
    }
    expect(seen).toEqual([...Array.from({ length: 30 }, () => 4), "source_waiting", "source_waiting"]);
    clock.block(2_000);
    expect(await nodes()).toBe(1);
  });

  it("MemoryFile waits for the first whole version of a file that is cut, and then skips the line", async () => {
    const { clock, file, nodes } = memoryFile();
    writeFileSync(path, `${lines(3)}\n{"type":"enti`);
    expect(await nodes()).toBe("source_waiting");
    clock.block(2_000);
    expect(await file.graph()).toMatchObject({ nodeCount: 3, skippedItems: 1 });
  });

  it("MemoryFile reads a path again as soon as it leads to a regular file", async () => {
    const { nodes } = memoryFile();
    execFileSync("mkfifo", [path]);
    expect(await nodes()).toBe("reading_invalid");
    rmSync(path);
    write(lines(2));
    expect(await nodes()).toBe(2);
  });
});

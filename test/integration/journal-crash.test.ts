import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { fileEngine, never, retained } from "../support/journal.ts";
import { namespaced, needsNamespaces } from "../support/namespaces.ts";
import { stateFolder } from "../support/state-folder.ts";

const PROGRAM = new URL("../support/journal-process.ts", import.meta.url).pathname;

interface Line {
  readonly opened?: {
    readonly id: string;
    readonly head: number;
    readonly checkpoint?: string;
    readonly problem?: string;
    readonly reports: readonly string[];
  };
  readonly error?: string;
  readonly given?: readonly number[];
  readonly written?: readonly number[];
  readonly problem?: string;
}

interface Writing {
  readonly child: ChildProcess;
  readonly lines: readonly Line[];
  /** Resolves once the process has printed a line that fits, or has ended. */
  printed(fits: (line: Line) => boolean): Promise<Line>;
  /** Kills the process, and resolves once all that it printed is read. */
  kill(): Promise<void>;
}

const commandOf = (dir: string, waitSeconds: number): readonly string[] => [process.execPath, PROGRAM, dir, String(waitSeconds)];

const writing = (dir: string, waitSeconds = 10): Writing => started(commandOf(dir, waitSeconds));

function started([program = "", ...args]: readonly string[]): Writing {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: Line[] = [];
  const changes = new EventTarget();
  const reader = createInterface(child.stdout as NodeJS.ReadableStream & typeof child.stdout);
  const ended = once(reader, "close");
  reader.on("line", (line) => {
    // A kill may cut off the last line.
    if (line.endsWith("}")) lines.push(JSON.parse(line) as Line);
    changes.dispatchEvent(new Event("line"));
  });
  return {
    child,
    lines,
    async printed(fits) {
      for (;;) {
        const line = lines.find(fits);
        if (line) return line;
        const next = new Promise((resolve) => changes.addEventListener("line", resolve, { once: true }));
        if ((await Promise.race([next, ended.then(() => "ended")])) === "ended")
          throw new Error(`ended after ${JSON.stringify(lines.at(-1))}`);
      }
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("FileEngine: a process that is killed", () => {
  it("Fifty kills lose nothing that was written, give no number twice, and block no start", { timeout: 300_000 }, async () => {
    const dir = stateFolder();
    const given = new Set<number>();
    const written = new Set<number>();
    const ids = new Set<string>();
    for (let run = 0; run < 50; run += 1) {
      const process = writing(dir);
      await process.printed(({ written: numbers }) => numbers !== undefined);
      // At another point of the loop each time: after a different number of turns, and of further events of this process.
      for (let turn = 0; turn < (run * 13) % 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await process.kill();
      for (const line of process.lines) {
        for (const number of line.given ?? []) {
          expect(given.has(number)).toBe(false);
          given.add(number);
        }
        for (const number of line.written ?? []) written.add(number);
        if (line.opened) {
          ids.add(line.opened.id);
          expect([line.opened.problem, line.opened.reports]).toEqual([undefined, []]);
        }
      }
    }
    await using engine = fileEngine(dir);
    const { checkpoint } = await engine.open(never);
    const { entries } = await retained(engine);
    const stored = new Set(entries.map(({ seq }) => seq));
    expect([ids.size, entries.length, [...written].filter((number) => !stored.has(number))]).toEqual([1, stored.size, []]);
    expect(written.size).toBeGreaterThan(100);
    expect(stored.has(Number(checkpoint))).toBe(true);
    expect(readdirSync(dir).filter((name) => name.startsWith("owner-"))).toHaveLength(1);
  });

  it("The lock of a killed process is free at once, and that of a living one is not", async () => {
    const dir = stateFolder();
    const first = writing(dir);
    await first.printed(({ written }) => written !== undefined);
    const second = writing(dir, 0.3);
    const { error } = await second.printed((line) => line.error !== undefined);
    expect(error).toMatch(/^the state directory .+ is in use by another collector/);
    await second.kill();
    const third = writing(dir, 60);
    first.child.kill("SIGSTOP");
    const fourth = writing(dir, 0.3);
    expect((await fourth.printed((line) => line.error !== undefined)).error).toBe(error);
    await first.kill();
    await third.printed(({ written }) => written !== undefined);
    await third.kill();
  });
});

describe("FileEngine: in containers", () => {
  const isWritten = (line: Line): boolean => line.written !== undefined;
  const isError = (line: Line): boolean => line.error !== undefined;

  it("Of two containers that share a folder, in which each process is process 1, one is the owner", needsNamespaces, async () => {
    const dir = stateFolder();
    const contained = (waitSeconds: number): Writing => started(namespaced(`exec ${commandOf(dir, waitSeconds).join(" ")}`));
    const first = contained(10);
    await first.printed(isWritten);
    const second = contained(0.3);
    expect((await second.printed(isError)).error).toMatch(/is in use by another collector/);
    const third = contained(60);
    await first.kill();
    const { opened } = await third.printed((line) => line.opened !== undefined);
    expect(opened).toMatchObject({ id: first.lines[0]?.opened?.id, reports: [] });
    await third.kill();
  });

  it("On a full disk a journal goes on in memory, and writes again once there is room", needsNamespaces, async () => {
    const dir = stateFolder();
    const room = `${dir}-room`;
    mkdirSync(dir);
    const script = [
      `mount -t tmpfs -o size=512k none ${dir}`,
      `head -c 300000 /dev/zero > ${dir}/filler`,
      `(while [ ! -e ${room} ]; do sleep 0.05; done; rm ${dir}/filler) &`,
      commandOf(join(dir, "state"), 0).join(" "),
    ];
    const process = started(namespaced(script.join("\n")));
    expect((await process.printed((line) => line.problem !== undefined)).problem).toMatch(/^ENOSPC: no space left on device/);
    const count = process.lines.length;
    writeFileSync(room, "");
    await process.printed((line) => isWritten(line) && process.lines.indexOf(line) > count);
    await process.kill();
  });

  it("On a read-only disk a journal starts with what is there, goes on in memory, and recovers", needsNamespaces, async () => {
    const dir = stateFolder();
    const earlier = writing(dir);
    await earlier.printed(isWritten);
    await earlier.kill();
    const writable = `${dirname(dir)}/writable`;
    const script = [
      `mount --bind ${dir} ${dir}`,
      `mount -o remount,bind,ro ${dir}`,
      `(while [ ! -e ${writable} ]; do sleep 0.05; done; mount -o remount,bind,rw ${dir}) &`,
      commandOf(dir, 0).join(" "),
    ];
    const process = started(namespaced(script.join("\n")));
    const { opened } = await process.printed((line) => line.opened !== undefined);
    expect(opened).toMatchObject({
      checkpoint: expect.stringMatching(/^\d+$/),
      problem: expect.stringMatching(/EROFS: read-only file system/),
    });
    await process.printed((line) => line.given !== undefined);
    writeFileSync(writable, "");
    await process.printed(isWritten);
    await process.kill();
  });
});

import { describe, expect, it } from "vitest";
import { Filesystems } from "../../../src/source/host/filesystem.ts";
import { selectionOf } from "../../../src/source/host/mounts.ts";
import { settle, ManualClock } from "../../../src/base/manual-clock.ts";
import { Machine } from "./machine.ts";

const live = new AbortController().signal;
const HALF = { blocks: 100, bfree: 50, bavail: 50 };
const never = new Promise<never>(() => undefined);

function mounted(...paths: readonly string[]): Machine {
  const machine = new Machine();
  const lines = paths.map((path, at) => `${at + 2} 1 8:${at} / ${path} rw - ext4 /dev/x rw\n`);
  machine.write("mountinfo", lines.join(""));
  return machine;
}

/** Filesystems whose answers are those of the test, and the paths that were requested. */
function requesting(machine: Machine, answer: (path: string) => Promise<typeof HALF>) {
  const clock = new ManualClock();
  const requested: string[] = [];
  const filesystems = new Filesystems(machine.path("mountinfo"), clock, (path) => {
    requested.push(path);
    return answer(path);
  });
  return { clock, requested, filesystems };
}

describe("Filesystems", () => {
  it("Filesystems reports the utilization that df shows: of what an ordinary user can fill", async () => {
    using machine = mounted("/a", "/b");
    const { filesystems } = requesting(machine, async (path) => (path === "/a" ? { blocks: 1_000, bfree: 300, bavail: 250 } : HALF));
    expect(await filesystems.read(live)).toEqual({ "/a": 700 / 950, "/b": 0.5 });
  });

  it("Filesystems measures again at each reading", async () => {
    using machine = mounted("/a");
    let bavail = 50;
    const { filesystems } = requesting(machine, async () => ({ blocks: 100, bfree: bavail, bavail }));
    expect(await filesystems.read(live)).toEqual({ "/a": 0.5 });
    bavail = 25;
    expect(await filesystems.read(live)).toEqual({ "/a": 0.75 });
  });

  it("Filesystems leaves out a filesystem with an error or without blocks, and reports the others", async () => {
    using machine = mounted("/broken", "/empty", "/good");
    const { filesystems } = requesting(machine, async (path) => {
      if (path === "/broken") throw new Error("EIO");
      return path === "/empty" ? { blocks: 0, bfree: 0, bavail: 0 } : HALF;
    });
    expect(await filesystems.read(live)).toEqual({ "/good": 0.5 });
  });

  it("Filesystems reports the filesystems that are currently mounted", async () => {
    using machine = mounted("/a");
    const { filesystems, requested } = requesting(machine, async () => HALF);
    await filesystems.read(live);
    machine.append("mountinfo", "9 1 8:9 / /new rw - ext4 /dev/y rw\n");
    expect(Object.keys((await filesystems.read(live)) ?? {})).toEqual(["/a", "/new"]);
    machine.write("mountinfo", "9 1 8:9 / /new rw - ext4 /dev/y rw\n");
    expect(Object.keys((await filesystems.read(live)) ?? {})).toEqual(["/new"]);
    expect(requested).toEqual(["/a", "/a", "/new", "/new"]);
  });

  it("Filesystems returns undefined, not an empty record, if nothing is mounted or the list cannot be read", async () => {
    using machine = mounted();
    expect(await requesting(machine, async () => HALF).filesystems.read(live)).toBeUndefined();
    using empty = new Machine();
    expect(await requesting(empty, async () => HALF).filesystems.read(live)).toBeUndefined();
  });
});

describe("Filesystems with one that does not answer", () => {
  it("Filesystems waits 250 ms for a filesystem that does not answer, and not at all in the next reading", async () => {
    using machine = mounted("/hangs", "/good");
    const { clock, requested, filesystems } = requesting(machine, (path) => (path === "/hangs" ? never : Promise.resolve(HALF)));
    let first: unknown = "waiting";
    void filesystems.read(live).then((values) => (first = values));
    await clock.advance(249);
    await settle();
    expect(first).toBe("waiting");
    await clock.advance(1);
    await settle();
    expect(first).toBeUndefined();
    expect(await filesystems.read(live)).toEqual({ "/good": 0.5 });
    expect(requested).toEqual(["/hangs", "/good"]);
  });

  it("Filesystems drops a late answer, and requests the filesystem again afterwards", async () => {
    using machine = mounted("/slow");
    const answers: ((space: typeof HALF) => void)[] = [];
    const { clock, requested, filesystems } = requesting(machine, () => new Promise((resolve) => answers.push(resolve)));
    const first = filesystems.read(live);
    await clock.advance(250);
    expect(await first).toBeUndefined();
    expect(await filesystems.read(live)).toBeUndefined();
    expect(requested).toHaveLength(1);
    answers[0]?.(HALF);
    await settle();
    const third = filesystems.read(live);
    await settle();
    answers[1]?.({ blocks: 100, bfree: 10, bavail: 10 });
    expect(await third).toEqual({ "/slow": 0.9 });
  });

  it("Filesystems occupies at most two of the threads that the program needs for its own files", async () => {
    using machine = mounted("/h1", "/h2", "/h3", "/good");
    const { clock, requested, filesystems } = requesting(machine, (path) => (path === "/good" ? Promise.resolve(HALF) : never));
    for (let n = 0; n < 4; n += 1) {
      const reading = filesystems.read(live);
      await clock.advance(250);
      expect(await reading).toBeUndefined();
    }
    expect(requested).toEqual(["/h1", "/h2"]);
  });

  it("Filesystems makes no request after its signal aborted", async () => {
    using machine = mounted("/a");
    const { requested, filesystems } = requesting(machine, async () => HALF);
    expect(await filesystems.read(AbortSignal.abort())).toBeUndefined();
    expect(requested).toEqual([]);
  });

  it("Filesystems measures a path selected by name whatever its filesystem, and once if it is listed too", async () => {
    using machine = mounted("/a");
    machine.append("mountinfo", "9 1 0:9 / /share rw - nfs4 server:/x rw\n");
    const requested: string[] = [];
    const readSpace = async (path: string): Promise<typeof HALF> => {
      requested.push(path);
      return HALF;
    };
    const selection = selectionOf(["local", "/share", "/a"]);
    using filesystems = new Filesystems(machine.path("mountinfo"), new ManualClock(), readSpace, { selection });
    expect(await filesystems.read(live)).toEqual({ "/a": 0.5, "/share": 0.5 });
    expect(requested).toEqual(["/a", "/share"]);
  });

  it("Filesystems reports a selected path that cannot be read, once until it can be read again", async () => {
    using machine = mounted("/a");
    let exists = false;
    const readSpace = async (path: string): Promise<typeof HALF> => {
      if (path === "/b" && !exists) throw new Error("ENOENT");
      return HALF;
    };
    const reported: string[] = [];
    using filesystems = new Filesystems(machine.path("mountinfo"), new ManualClock(), readSpace, {
      selection: selectionOf(["local", "/b"]),
      onUnreadable: (path) => reported.push(path),
    });
    expect(await filesystems.read(live)).toEqual({ "/a": 0.5 });
    await filesystems.read(live);
    expect(reported).toEqual(["/b"]);
    exists = true;
    expect(await filesystems.read(live)).toEqual({ "/a": 0.5, "/b": 0.5 });
    exists = false;
    await filesystems.read(live);
    expect(reported).toEqual(["/b", "/b"]);
  });
});

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { ManualClock, settle } from "../../src/base/manual-clock.ts";
import { contentsOf, FileWatcher } from "../../src/cli/file-watcher.ts";
import type { WatchFolder } from "../../src/cli/folder-events.ts";
import { until } from "../support/until.ts";

/** What a watcher took: the text of the file, and whether it was to be reported if wrong. */
interface Taken {
  readonly text: string;
  readonly isSettled: boolean;
}

/** A watcher of a file in a folder of the test. Only a text that starts with "right" is right. */
async function watching(file: string, { watch }: { readonly watch?: WatchFolder } = {}) {
  const manual = new ManualClock();
  let waits = 0;
  const clock: Clock = {
    wallMs: () => manual.wallMs(),
    monotonicMs: () => manual.monotonicMs(),
    async sleepUntil(...until) {
      waits += 1;
      await manual.sleepUntil(...until);
      waits -= 1;
    },
  };
  /** Lets this much time pass, in steps: only while the watcher waits for it, not while it waits for the system. */
  const pass = async (ms: number): Promise<void> => {
    for (const endMs = manual.monotonicMs() + ms; manual.monotonicMs() < endMs; await settle()) if (waits > 0) await manual.advance(10);
  };
  const taken: Taken[] = [];
  const warnings: string[] = [];
  const log = (message: string, fields: object = {}): void => void warnings.push(`${message} ${JSON.stringify(fields)}`);
  const take = async (isSettled: boolean): Promise<boolean> => {
    const text = textOf(file);
    taken.push({ text, isSettled });
    return text.startsWith("right");
  };
  const logger = { debug: log, info: log, warn: log, error: log };
  const watcher = new FileWatcher(file, { seen: await contentsOf(file), take, logger, clock, ...(watch ? { watch } : {}) });
  const ended = watcher.run();
  onTestFinished(async () => {
    watcher[Symbol.dispose]();
    await ended;
  });
  /** Lets time pass until this is taken. */
  const takes = (text: string, isSettled = false): Promise<unknown> =>
    until(
      () => pass(10).then(() => taken),
      (all) => all.some((each) => each.text === text && each.isSettled === isSettled),
    );
  /** Resolves when the watcher waits for the next change. */
  const idle = (): Promise<unknown> =>
    until(
      () => settle().then(() => waits),
      (count) => count === 1,
    );
  await idle();
  return { idle, nowMs: () => manual.monotonicMs(), pass, taken, warnings, takes, watcher, ended };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "nothing";
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "vitals-watch-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A system that notifies about nothing, as for a network mount. */
const silent: WatchFolder = () => ({ close() {} });

/** Time until the file is read without a notification. */
const POLL_MS = 5_000;

describe("FileWatcher", () => {
  it("FileWatcher takes a file that an editor replaces by renaming, each time", async () => {
    const dir = folder();
    const file = join(dir, "otel-config.yaml");
    writeFileSync(file, "right 1");
    const { takes, nowMs } = await watching(file);
    for (const n of [2, 3, 4]) {
      const beforeMs = nowMs();
      writeFileSync(join(dir, ".otel-config.yaml.swp"), `right ${n}`);
      renameSync(join(dir, ".otel-config.yaml.swp"), file);
      await takes(`right ${n}`);
      expect(nowMs() - beforeMs).toBeLessThan(POLL_MS);
    }
  });

  it("FileWatcher takes a file that is written in place", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 1");
    const { takes, taken } = await watching(file);
    writeFileSync(file, "right 2");
    await takes("right 2");
    expect(taken).toEqual([{ text: "right 2", isSettled: false }]);
  });

  it("FileWatcher takes a ConfigMap of Kubernetes, which replaces a link to a folder, each time", async () => {
    const dir = folder();
    const put = (version: string, text: string): void => {
      mkdirSync(join(dir, version));
      writeFileSync(join(dir, version, "otel-config.yaml"), text);
      symlinkSync(version, join(dir, "..data_tmp"));
      renameSync(join(dir, "..data_tmp"), join(dir, "..data"));
    };
    put("..2026_1", "right 1");
    const file = join(dir, "otel-config.yaml");
    symlinkSync(join("..data", "otel-config.yaml"), file);
    const { takes, nowMs } = await watching(file);
    for (const n of [2, 3]) {
      const beforeMs = nowMs();
      put(`..2026_${n}`, `right ${n}`);
      rmSync(join(dir, `..2026_${n - 1}`), { recursive: true });
      await takes(`right ${n}`);
      expect(nowMs() - beforeMs).toBeLessThan(POLL_MS);
    }
  });

  it("FileWatcher takes a file behind a link to a folder far above it, once the link leads elsewhere", async () => {
    const dir = folder();
    for (const n of [1, 2]) {
      mkdirSync(join(dir, `release-${n}`, "etc"), { recursive: true });
      writeFileSync(join(dir, `release-${n}`, "etc", "otel-config.yaml"), `right ${n}`);
    }
    symlinkSync("release-1", join(dir, "current"));
    const { takes, nowMs } = await watching(join(dir, "current", "etc", "otel-config.yaml"));
    const beforeMs = nowMs();
    symlinkSync("release-2", join(dir, "next"));
    renameSync(join(dir, "next"), join(dir, "current"));
    await takes("right 2");
    expect(nowMs() - beforeMs).toBeLessThan(POLL_MS);
  });

  it("FileWatcher does not report a half-written file that is whole within a second", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 1");
    const { takes, taken } = await watching(file);
    writeFileSync(file, "half of");
    await takes("half of");
    writeFileSync(file, "right 2");
    await takes("right 2");
    expect(taken.filter(({ isSettled }) => isSettled)).toEqual([]);
  });

  it("FileWatcher reports wrong contents after a second, once, and takes right ones afterwards", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 1");
    const { takes, taken, pass, nowMs } = await watching(file);
    const beforeMs = nowMs();
    writeFileSync(file, "wrong");
    await takes("wrong", true);
    expect(nowMs() - beforeMs).toBeGreaterThanOrEqual(1_000);
    await pass(3 * POLL_MS);
    expect(taken.filter(({ isSettled }) => isSettled)).toHaveLength(1);
    // The text from before, which is new again.
    writeFileSync(file, "right 1");
    await takes("right 1");
  });

  it("FileWatcher takes no contents that are still changing, for a second", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 0");
    const { taken, pass, nowMs } = await watching(file);
    const beforeMs = nowMs();
    for (let n = 1; taken.length === 0; n += 1) {
      writeFileSync(file, `right ${n}`);
      await pass(100);
    }
    expect(taken[0]?.isSettled).toBe(true);
    expect(nowMs() - beforeMs).toBeGreaterThanOrEqual(1_000);
  });

  it("FileWatcher reports a file that is deleted, and takes it when it is created again", async () => {
    const dir = join(folder(), "etc");
    mkdirSync(dir);
    const file = join(dir, "otel-config.yaml");
    writeFileSync(file, "right 1");
    const { takes, idle, nowMs } = await watching(file);
    rmSync(file);
    await takes("nothing", true);
    writeFileSync(file, "right 2");
    await takes("right 2");
    // With its folder, which is another one afterwards.
    rmSync(dir, { recursive: true });
    await takes("nothing", true);
    mkdirSync(dir);
    writeFileSync(file, "right 3");
    await takes("right 3");
    await idle();
    const beforeMs = nowMs();
    writeFileSync(file, "right 4");
    await takes("right 4");
    expect(nowMs() - beforeMs).toBeLessThan(POLL_MS);
  });

  it("FileWatcher takes nothing while only times and other files change", async () => {
    const dir = folder();
    const file = join(dir, "otel-config.yaml");
    writeFileSync(file, "right 1");
    const { taken, takes, pass } = await watching(file);
    for (let n = 0; n < 20; n += 1) {
      writeFileSync(file, "right 1");
      writeFileSync(join(dir, "other.yaml"), String(n));
      await pass(1_000);
    }
    expect(taken).toEqual([]);
    writeFileSync(file, "right 2");
    await takes("right 2");
  });

  it("FileWatcher reads the file every five seconds where the system does not notify", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 1");
    const { takes, warnings } = await watching(file, { watch: silent });
    writeFileSync(file, "right 2");
    await takes("right 2");
    expect(warnings).toEqual([]);
  });

  it("FileWatcher reads the file every five seconds where the folder cannot be watched, and logs that once", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 1");
    const full: WatchFolder = () => {
      throw new Error("ENOSPC: System limit for number of file watchers reached");
    };
    const { takes, warnings, pass } = await watching(file, { watch: full });
    writeFileSync(file, "right 2");
    await takes("right 2");
    await pass(10 * POLL_MS);
    expect(warnings).toEqual([expect.stringMatching(/cannot be watched, so it is read every 5s.*ENOSPC/)]);
  });

  it("FileWatcher watches again after the system has given up", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 1");
    let opened = 0;
    const ends: (() => void)[] = [];
    const watch: WatchFolder = (_, __, onEnd) => {
      opened += 1;
      ends.push(onEnd);
      return { close() {} };
    };
    const { pass } = await watching(file, { watch });
    await until(
      () => pass(10).then(() => opened),
      (count) => count === 1,
    );
    ends[0]?.();
    await until(
      () => pass(POLL_MS).then(() => opened),
      (count) => count === 2,
    );
  });

  it("FileWatcher closes what it watches, and takes nothing more, when it is disposed of", async () => {
    const file = join(folder(), "otel-config.yaml");
    writeFileSync(file, "right 1");
    let open = 0;
    const watch: WatchFolder = () => {
      open += 1;
      return { close: () => void (open -= 1) };
    };
    const { watcher, ended, taken, pass } = await watching(file, { watch });
    await until(
      () => pass(10).then(() => open),
      (count) => count > 0,
    );
    watcher[Symbol.dispose]();
    await ended;
    expect([open, taken]).toEqual([0, []]);
  });
});

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { OwnerLock } from "../../../src/journal/file/owner-lock.ts";
import { draft, fileEngine, never, retained, textsOf } from "../../support/journal.ts";
import { stateFolder } from "../../support/state-folder.ts";
import { until } from "../../support/until.ts";

function folder(name = ""): string {
  const dir = join(stateFolder(), name);
  mkdirSync(dir, { recursive: true });
  return dir;
}

describe("OwnerLock", () => {
  it("A folder has one owner at a time", async () => {
    const dir = folder();
    const first = await OwnerLock.acquire(dir, systemClock, 0, never);
    await expect(OwnerLock.acquire(dir, systemClock, 0, never)).rejects.toMatchObject({ code: "state_in_use" });
    await first.release();
    const second = await OwnerLock.acquire(dir, systemClock, 0, never);
    await second.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it("A second owner waits ten seconds, then one line says why it cannot start", async () => {
    const [dir, clock] = [stateFolder(), new ManualClock()];
    await using first = fileEngine(dir);
    await first.open(never);
    const second = fileEngine(dir, { clock, lockWaitMs: 10_000 });
    let outcome: unknown;
    const ended = second.open(never).catch((error: unknown) => (outcome = error));
    const begunMs = clock.monotonicMs();
    await until(
      async () => {
        await clock.advance(50);
        // The attempts use the real folder.
        await stat(dir);
      },
      () => outcome !== undefined,
    );
    await ended;
    expect(clock.monotonicMs() - begunMs).toBeGreaterThanOrEqual(10_000);
    expect(outcome).toMatchObject({
      code: "state_in_use",
      message: `the state directory ${dir} is in use by another collector, which did not stop within 10 s; stop it, or give this one a directory of its own`,
    });
    first.append([draft("undisturbed")]);
    expect(textsOf((await retained(first)).entries)).toEqual(["undisturbed"]);
  });

  it("A second owner starts as soon as the first has ended", async () => {
    const dir = stateFolder();
    const first = fileEngine(dir);
    await first.open(never);
    first.append([draft("a")]);
    await using second = fileEngine(dir, { lockWaitMs: 10_000 });
    const opening = second.open(never);
    await first[Symbol.asyncDispose]();
    expect(await opening).toMatchObject({ head: 1 });
  });

  it("Waiting for the owner ends with the signal", async () => {
    const dir = folder();
    const first = await OwnerLock.acquire(dir, systemClock, 0, never);
    const abort = new AbortController();
    const second = OwnerLock.acquire(dir, systemClock, 60_000, abort.signal);
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: "aborted" });
    await first.release();
  });

  it("Of many that start at once never two are owners, and one of them becomes it", async () => {
    const dir = folder();
    let [owners, most, turns] = [0, 0, 0];
    const contend = async (): Promise<void> => {
      const lock = await OwnerLock.acquire(dir, systemClock, 60_000, never);
      owners += 1;
      turns += 1;
      most = Math.max(most, owners);
      await new Promise((resolve) => setImmediate(resolve));
      owners -= 1;
      await lock.release();
    };
    await Promise.all(Array.from({ length: 8 }, contend));
    expect([turns, most, readdirSync(dir)]).toEqual([8, 1, []]);
  });

  it("The sockets of dead owners neither block nor stay", async () => {
    const dir = folder();
    // A file that nobody listens to refuses connections as the socket of a dead process does.
    for (const name of ["owner-0123456789ab.sock", "starting-0123456789ab.sock"]) writeFileSync(join(dir, name), "");
    const lock = await OwnerLock.acquire(dir, systemClock, 0, never);
    expect(readdirSync(dir)).toEqual([expect.stringMatching(/^owner-(?!0123456789ab)[\da-f]{12}\.sock$/)]);
    await lock.release();
  });

  it("A folder with a path too long for the address of a socket works", async () => {
    const dir = folder("long".repeat(50));
    const lock = await OwnerLock.acquire(dir, systemClock, 0, never);
    await expect(OwnerLock.acquire(dir, systemClock, 0, never)).rejects.toMatchObject({ code: "state_in_use" });
    await lock.release();
    expect(readdirSync(dir)).toEqual([]);
  });
});

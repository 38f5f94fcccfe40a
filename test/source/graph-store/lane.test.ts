import { describe, expect, it } from "vitest";
import { untilAborted } from "../../../src/base/deadline.ts";
import { VitalsError } from "../../../src/base/errors.ts";
import { Lane } from "../../../src/source/graph-store/lane.ts";
import { FakeStore, row } from "../../support/fake-store.ts";

/** Work that only an abort ends. */
const hang = (_store: unknown, signal: AbortSignal): Promise<never> => untilAborted(new Promise<never>(() => {}), signal);

const NEVER = new AbortController().signal;

/** A lane to stores that are opened one after another. */
function lane(connect?: (signal: AbortSignal) => Promise<FakeStore>) {
  const opened: FakeStore[] = [];
  const open = async (): Promise<FakeStore> => {
    const store = new FakeStore(() => row({ one: 1 }));
    opened.push(store);
    return store;
  };
  return { lane: new Lane(connect ?? open), opened };
}

describe("Lane", () => {
  it("the connection is opened at its first use, and used again", async () => {
    const { lane: it, opened } = lane();
    expect(opened).toHaveLength(0);
    const first = await it.use(async (store) => store, NEVER);
    expect(await it.use(async (store) => store, NEVER)).toBe(first);
    expect(opened).toHaveLength(1);
  });

  it("users take turns, in their order", async () => {
    const { lane: it } = lane();
    const events: string[] = [];
    const first = Promise.withResolvers<void>();
    const use = (name: string, work: Promise<void>) =>
      it.use(async () => {
        events.push(`${name} starts`);
        await work;
        events.push(`${name} ends`);
      }, NEVER);
    const both = [use("a", first.promise), use("b", Promise.resolve())];
    await Promise.resolve();
    first.resolve();
    await Promise.all(both);
    expect(events).toEqual(["a starts", "a ends", "b starts", "b ends"]);
  });

  it.each([
    ["an error of the connection", new VitalsError("source_unreachable", "gone"), 2],
    ["an error of the client library", new TypeError("broken"), 2],
    ["a refused query", new VitalsError("source_failed", "refused"), 1],
    ["a query that took too long", new VitalsError("source_timeout", "late"), 1],
  ])("after %s the next user finds a connection, of %#", async (_name, error, connections) => {
    const { lane: it, opened } = lane();
    await expect(it.use(() => Promise.reject(error), NEVER)).rejects.toBe(error);
    await it.use(async () => undefined, NEVER);
    expect(opened).toHaveLength(connections);
    expect(opened[0]?.isDisposed).toBe(connections === 2);
  });

  it("a connection that the server closed meanwhile is opened again before it is used", async () => {
    const { lane: it, opened } = lane();
    await it.use(async () => undefined, NEVER);
    opened[0]!.isOpen = false;
    expect(await it.use(async (store) => store, NEVER)).toBe(opened[1]);
    expect(opened[0]?.isDisposed).toBe(true);
  });

  it("a connection that cannot be opened is tried again by the next user", async () => {
    let attempts = 0;
    const { lane: it } = lane(async () => {
      if ((attempts += 1) === 1) throw new VitalsError("source_unreachable", "refused");
      return new FakeStore(() => row({}));
    });
    await expect(it.use(async () => 1, NEVER)).rejects.toThrow("refused");
    expect(await it.use(async () => 2, NEVER)).toBe(2);
  });

  it("a user that is aborted while it waits never gets its turn, and the others do", async () => {
    const { lane: it } = lane();
    const first = Promise.withResolvers<string>();
    const ending = new AbortController();
    const used: string[] = [];
    const a = it.use(() => first.promise, NEVER);
    const b = it.use(async () => used.push("b"), ending.signal);
    const c = it.use(async () => used.push("c"), NEVER);
    ending.abort(new Error("too late"));
    await expect(b).rejects.toThrow("too late");
    first.resolve("a");
    expect(await a).toBe("a");
    await c;
    expect(used).toEqual(["c"]);
  });

  it("the connection of a user that is aborted in its turn is closed", async () => {
    const { lane: it, opened } = lane();
    const ending = new AbortController();
    const use = it.use(hang, ending.signal);
    await Promise.resolve();
    ending.abort(new Error("too late"));
    await expect(use).rejects.toThrow("too late");
    await it.use(async () => undefined, NEVER);
    expect(opened.map(({ isDisposed }) => isDisposed)).toEqual([true, false]);
  });

  it("a lane that is disposed of ends what is in progress, and closes the connection", async () => {
    const { lane: it, opened } = lane();
    const use = it.use(hang, NEVER);
    const failed = expect(use).rejects.toMatchObject({ code: "lifecycle" });
    await Promise.resolve();
    await it[Symbol.asyncDispose]();
    await failed;
    expect(opened.map(({ isDisposed }) => isDisposed)).toEqual([true]);
    await expect(it.use(async () => undefined, NEVER)).rejects.toMatchObject({ code: "lifecycle" });
    expect(opened).toHaveLength(1);
  });

  it("a connection that is being opened when the lane is disposed of is closed, too", async () => {
    const connecting = Promise.withResolvers<FakeStore>();
    const store = new FakeStore(() => row({}));
    const { lane: it } = lane(() => connecting.promise);
    const failed = expect(it.use(async () => undefined, NEVER)).rejects.toMatchObject({ code: "lifecycle" });
    await Promise.resolve();
    const disposed = it[Symbol.asyncDispose]();
    connecting.resolve(store);
    await disposed;
    await failed;
    expect(store.isDisposed).toBe(true);
  });
});

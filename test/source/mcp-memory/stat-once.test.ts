import { stat } from "node:fs/promises";
import type { Stats } from "node:fs";
import { describe, expect, it } from "vitest";
import { settle } from "../../../src/base/manual-clock.ts";
import { statOnce } from "../../../src/source/mcp-memory/stat-once.ts";

/** Calls that return when the test says so. */
function heldCalls() {
  const calls = new Map<string, PromiseWithResolvers<Stats>>();
  const call = (path: string): Promise<Stats> => {
    if (calls.has(path)) throw new Error(`expected one call for ${path}`);
    const held = Promise.withResolvers<Stats>();
    calls.set(path, held);
    return held.promise;
  };
  const answer = async (path: string): Promise<void> => {
    calls.get(path)?.resolve(await stat("."));
    calls.delete(path);
    await settle();
  };
  return { calls, call, answer };
}

describe("statOnce", () => {
  it("statOnce shares the call of a path that does not answer, and calls again once it has answered", async () => {
    const { calls, call, answer } = heldCalls();
    const asked = [statOnce("/dead", call), statOnce("/dead", call), statOnce("/dead", call)];
    await settle();
    expect([...calls.keys()]).toEqual(["/dead"]);
    await answer("/dead");
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    const again = statOnce("/dead", call);
    await settle();
    expect([...calls.keys()]).toEqual(["/dead"]);
    await answer("/dead");
    await again;
  });

  it("statOnce holds at most two threads, however many paths do not answer, and continues as they do", async () => {
    const { calls, call, answer } = heldCalls();
    const paths = Array.from({ length: 6 }, (_, n) => `/dead/${n}`);
    const asked = paths.map((path) => statOnce(path, call));
    await settle();
    expect([...calls.keys()]).toEqual(["/dead/0", "/dead/1"]);
    await answer("/dead/1");
    expect([...calls.keys()]).toEqual(["/dead/0", "/dead/2"]);
    for (const path of ["/dead/2", "/dead/3", "/dead/4", "/dead/5", "/dead/0"]) await answer(path);
    expect(await Promise.all(asked)).toHaveLength(6);
  });

  it("statOnce rejects with the error of the call, and calls again", async () => {
    await expect(statOnce("/no/such/file")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(statOnce("/no/such/file")).rejects.toMatchObject({ code: "ENOENT" });
  });
});

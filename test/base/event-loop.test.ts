import { describe, expect, it } from "vitest";
import { EventLoop } from "../../src/base/event-loop.ts";

/** Lets the event loop turn until a condition holds. */
async function until(isSo: () => boolean): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (!isSo());
}

/** Blocks the event loop with work. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe("EventLoop", () => {
  it("EventLoop measures a block of the loop with an error of at most its resolution", async () => {
    using eventLoop = new EventLoop(20);
    eventLoop.start();
    await until(() => eventLoop.delayP99Ms !== undefined);
    eventLoop.reset();
    expect(eventLoop.delayP99Ms).toBeUndefined();
    await until(() => eventLoop.delayP99Ms !== undefined);
    block(400);
    // The timer tick that was due during the block fires now, late by the rest of the block. The histogram has three digits.
    await until(() => (eventLoop.delayP99Ms ?? 0) > 375);
  });

  it("EventLoop measures a block that starts right after a reset, before its first timer tick", async () => {
    using eventLoop = new EventLoop(20);
    eventLoop.start();
    block(400);
    await until(() => eventLoop.delayP99Ms !== undefined);
    expect(eventLoop.delayP99Ms).toBeGreaterThan(355);
    eventLoop.reset();
    block(400);
    // Then the ticks go on: a delay that is not in the histogram stays the longest.
    for (const end = performance.now() + 100; performance.now() < end;) await until(() => true);
    expect(eventLoop.delayP99Ms).toBeGreaterThan(355);
  });

  it("EventLoop measures a block that is read before the timer tick that it delayed", async () => {
    using eventLoop = new EventLoop(20);
    eventLoop.start();
    await until(() => eventLoop.delayP99Ms !== undefined);
    block(400);
    expect(eventLoop.delayP99Ms).toBeGreaterThan(355);
  });

  it("EventLoop reports no delay before start and after it is disposed of", async () => {
    const eventLoop = new EventLoop(20);
    block(100);
    expect(eventLoop.delayP99Ms).toBeUndefined();
    eventLoop.start();
    eventLoop[Symbol.dispose]();
    block(100);
    expect(eventLoop.delayP99Ms).toBeUndefined();
  });
});

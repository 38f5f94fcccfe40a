import { describe, expect, it } from "vitest";
import { EventLoop } from "../../src/base/event-loop.ts";

/** Lets the event loop turn until a condition holds. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe("EventLoop", () => {
  it("EventLoop measures a block of the loop with an error of at most its resolution", async () => {
    using eventLoop = new EventLoop(20);
    eventLoop.start();
    await until(() => eventLoop.hasMeasured);
    eventLoop.reset();
    expect(eventLoop.delayP99Ms).toBe(0);
    await until(() => eventLoop.hasMeasured);
    const end = performance.now() + 400;
    while (performance.now() < end);
    // The timer tick that was due during the block fires now, late by the rest of the block. The histogram has three digits.
    await until(() => eventLoop.delayP99Ms > 375);
  });
});

import { describe, expect, it } from "vitest";
import { EventLoop } from "../../src/base/event-loop.ts";

/** Turns the event loop until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe("the event loop's delay", () => {
  it("is as long as what held the loop up, but for the time between two looks", async () => {
    using eventLoop = new EventLoop(20);
    eventLoop.start();
    await until(() => eventLoop.hasLooked);
    eventLoop.reset();
    expect(eventLoop.delayP99Ms).toBe(0);
    await until(() => eventLoop.hasLooked);
    const end = performance.now() + 400;
    while (performance.now() < end);
    // The look that was due meanwhile comes now, late by what was left of the block. The histogram keeps three digits.
    await until(() => eventLoop.delayP99Ms > 375);
  });
});

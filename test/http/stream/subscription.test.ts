import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimit } from "../../../src/http/stream/subscription.ts";

const send = (limit: RateLimit, atMs: number): boolean => {
  const isAllowed = limit.allows(atMs);
  if (isAllowed) limit.use(atMs);
  return isAllowed;
};

describe("RateLimit", () => {
  it("RateLimit allows every sample of a collection that ticks at the limit and is never exactly on time", () => {
    const limit = new RateLimit(1);
    const jitter = [0, 12, -9, 3, -14, 8, -2];
    for (let n = 0; n < 100; n += 1) expect([n, send(limit, n * 1_000 + (jitter[n % jitter.length] as number))]).toEqual([n, true]);
  });

  it("RateLimit is not exceeded for long, whenever samples come", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.constantFrom(0.5, 1, 4, 20), (samples, maxRate) => {
        const limit = new RateLimit(maxRate);
        let [nowMs, sent] = [0, 0];
        for (const gapMs of samples) {
          nowMs += gapMs;
          if (send(limit, nowMs)) sent += 1;
        }
        expect(sent).toBeLessThanOrEqual(1.1 + (nowMs / 1_000) * maxRate);
      }),
    );
  });

  it("RateLimit is not exceeded by samples that are always a little early", () => {
    const limit = new RateLimit(1);
    const sent = Array.from({ length: 1_000 }, (_, n) => send(limit, n * 910)).filter(Boolean);
    expect(sent.length).toBeLessThanOrEqual(912);
  });
});

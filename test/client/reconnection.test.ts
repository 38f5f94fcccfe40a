import { describe, expect, it } from "vitest";
import { retryAfterSeconds, waitMs, whyOf } from "../../src/client/reconnection.ts";

describe("waitMs", () => {
  const refused = { kind: "refused", status: 503, detail: "" } as const;

  it("waitMs is what the collector requests, otherwise longer after each failure, bounded and randomised", () => {
    expect(waitMs({ kind: "bye", retryMs: 3_210 }, 9, 0.5)).toBe(3_210);
    expect(waitMs({ ...refused, retryAfterSeconds: 5 }, 0, 0.5)).toBe(5_500);
    expect(waitMs({ ...refused, retryAfterSeconds: 86_400 }, 0, 0)).toBe(60_000);
    expect([0, 1, 2, 3, 4, 50].map((failures) => waitMs({ kind: "lost" }, failures, 0))).toEqual([500, 1_000, 2_000, 4_000, 7_500, 7_500]);
    expect(waitMs({ kind: "lost" }, 50, 0.999)).toBeLessThan(15_000);
    expect(waitMs({ kind: "lost" }, 5_000, 0)).toBe(7_500);
  });

  it.each([0, 0.1, -5, Number.NaN, Number.NEGATIVE_INFINITY])(
    "waitMs grows as without a request if %d seconds are requested",
    (seconds) => {
      const growing = [0, 1, 2, 3].map((failures) => waitMs({ kind: "lost" }, failures, 0));
      expect([0, 1, 2, 3].map((failures) => waitMs({ ...refused, retryAfterSeconds: seconds }, failures, 0))).toEqual(growing);
      expect([0, 1, 2, 3].map((failures) => waitMs({ kind: "bye", retryMs: seconds * 1_000 }, failures, 0))).toEqual(growing);
    },
  );

  it("waitMs is at least the stream's reconnection time, within the bounds of every wait", () => {
    const waits = (retryMs: number, random: number): readonly number[] =>
      [0, 1, 2, 50].map((failures) => waitMs({ kind: "lost" }, failures, random, retryMs));
    expect(waits(2_000, 0)).toEqual([2_000, 2_000, 4_000, 7_500]);
    expect(waits(2_000, 0.5)).toEqual([2_500, 3_000, 6_000, 11_250]);
    expect(waits(30_000, 0)).toEqual([30_000, 30_000, 30_000, 30_000]);
    expect(waits(0, 0)).toEqual([500, 1_000, 2_000, 7_500]);
    expect(waits(1e15, 0)).toEqual([60_000, 60_000, 60_000, 60_000]);
    // A timer that is set for longer fires at once.
    expect(Math.max(...waits(1e15, 0.999), waitMs({ kind: "bye", retryMs: 1e15 }, 0, 0))).toBeLessThan(2 ** 31);
  });
});

describe("retryAfterSeconds", () => {
  const at = Date.parse("1994-11-06T08:49:00Z");
  const seconds = (value: string, date?: string): number | undefined =>
    retryAfterSeconds(new Headers({ "retry-after": value, ...(date === undefined ? {} : { date }) }), at);

  it("retryAfterSeconds reads a number of seconds, and a date in each of its three forms", () => {
    expect(seconds("120")).toBe(120);
    expect(seconds("0")).toBe(0);
    expect(seconds("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(37);
    expect(seconds("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(37);
    expect(seconds("Sun Nov  6 08:49:37 1994")).toBe(37);
  });

  it("retryAfterSeconds takes a date that has passed for zero, and measures from the server's own date", () => {
    expect(seconds("Sun, 06 Nov 1994 08:00:00 GMT")).toBe(0);
    expect(seconds("Sun, 06 Nov 1994 09:00:30 GMT", "Sun, 06 Nov 1994 09:00:00 GMT")).toBe(30);
  });

  it.each(["-5", "5s", "1.5", "+5", "1e3", "", "soon", "2026-01-01", "Sun, 99 Nov 1994 08:49:37 GMT"])(
    "retryAfterSeconds ignores %j, which is neither",
    (value) => expect(seconds(value)).toBeUndefined(),
  );

  it("retryAfterSeconds is undefined without the header", () => {
    expect(retryAfterSeconds(new Headers(), at)).toBeUndefined();
  });
});

describe("whyOf", () => {
  it("whyOf names the cause of a lost connection", () => {
    expect(whyOf({ kind: "refused", status: 503, detail: "2 clients are connected", retryAfterSeconds: undefined })).toBe(
      "The collector returned 503: 2 clients are connected",
    );
    expect(whyOf({ kind: "lost" })).toBe("The collector is unreachable");
    expect(whyOf({ kind: "silent" })).toBe("No data received for 45s");
    expect(whyOf({ kind: "bye", retryMs: 1 })).toBe("The collector is stopping");
    expect(whyOf({ kind: "foreign", why: "Received text/html" })).toBe("Received text/html");
  });
});

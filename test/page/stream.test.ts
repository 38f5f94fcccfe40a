import { describe, expect, it } from "vitest";
import { waitMs, whyOf } from "../../src/page/stream.ts";

describe("waitMs", () => {
  it("waitMs is what the collector requests, otherwise longer after each failure, bounded and randomised", () => {
    expect(waitMs({ kind: "bye", retryMs: 3_210 }, 9, 0.5)).toBe(3_210);
    expect(waitMs({ kind: "refused", status: 503, detail: "", retryAfterSeconds: 5 }, 0, 0.5)).toBe(5_500);
    expect(waitMs({ kind: "refused", status: 503, detail: "", retryAfterSeconds: 86_400 }, 0, 0)).toBe(60_000);
    expect([0, 1, 2, 3, 4, 50].map((attempt) => waitMs({ kind: "lost" }, attempt, 0))).toEqual([500, 1_000, 2_000, 4_000, 7_500, 7_500]);
    expect(waitMs({ kind: "lost" }, 50, 0.999)).toBeLessThan(15_000);
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
  });
});

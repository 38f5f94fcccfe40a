import { describe, expect, it } from "vitest";
import { shownRange } from "../../src/page/view-range.ts";

describe("shownRange", () => {
  it("shownRange is the window up to now or to the pause, or the minutes around a linked time, or a range", () => {
    const nowMs = 10_000_000;
    expect(shownRange({ window: "5m" }, nowMs)).toEqual({ fromMs: 9_700_000, toMs: nowMs });
    expect(shownRange({ window: "1.5s", pausedMs: 9_000_000 }, nowMs)).toEqual({ fromMs: 8_998_500, toMs: 9_000_000 });
    expect(shownRange({ window: "1h", pausedMs: 1, linked: { atMs: 500_000 } }, nowMs)).toEqual({ fromMs: 440_000, toMs: 560_000 });
    const range = { fromMs: 1_000, toMs: 2_000 };
    expect(shownRange({ window: "1h", pausedMs: 1, linked: { atMs: 500_000 }, range }, nowMs)).toEqual(range);
    expect(shownRange({ window: "soon" }, nowMs)).toEqual({ fromMs: 9_700_000, toMs: nowMs });
  });
});

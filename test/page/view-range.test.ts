import { describe, expect, it } from "vitest";
import { parseTimeLink, shownRange, timeLink } from "../../src/page/view-range.ts";

describe("timeLink", () => {
  it("timeLink writes a link that parseTimeLink reads", () => {
    const linked = { atMs: Date.parse("2026-01-01T12:00:30.123Z"), event: "2026-01-01T12:00:30.123Z collection:jobs" };
    expect(timeLink(linked)).toBe("#time=2026-01-01T12:00:30.123Z&event=2026-01-01T12%3A00%3A30.123Z%20collection%3Ajobs");
    expect(parseTimeLink(timeLink(linked))).toEqual(linked);
    expect(parseTimeLink("#time=2026-01-01T12:00:30.123Z")).toEqual({ atMs: linked.atMs });
    expect(["", "#", "#main", "#time=soon"].map(parseTimeLink)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("shownRange", () => {
  it("shownRange is the window up to now or to the pause, or the minutes around a linked time", () => {
    const nowMs = 10_000_000;
    expect(shownRange({ window: "5m" }, nowMs)).toEqual({ fromMs: 9_700_000, toMs: nowMs });
    expect(shownRange({ window: "1.5s", pausedMs: 9_000_000 }, nowMs)).toEqual({ fromMs: 8_998_500, toMs: 9_000_000 });
    expect(shownRange({ window: "1h", pausedMs: 1, linked: { atMs: 500_000 } }, nowMs)).toEqual({ fromMs: 440_000, toMs: 560_000 });
    expect(shownRange({ window: "soon" }, nowMs)).toEqual({ fromMs: 9_700_000, toMs: nowMs });
  });
});

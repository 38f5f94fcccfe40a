import { describe, expect, it } from "vitest";
import { cellsOf, cellText } from "../../src/page/cells.ts";

describe("cellsOf", () => {
  const nowMs = Date.parse("2026-01-01T12:00:30Z");
  const at = (clock: string): string => `2026-01-01T${clock}Z`;
  const cells = (
    transitions: readonly (readonly [string, string, string])[],
    status = "healthy",
    since = "11:00:00",
    complete = "10:00:00",
  ) =>
    cellsOf(
      {
        status: status as never,
        sinceMs: Date.parse(at(since)),
        transitions: transitions.map(([time, from, to]) => ({ time: at(time), from: from as never, to: to as never })),
        completeSinceMs: Date.parse(at(complete)),
      },
      nowMs,
    );

  it("cellsOf shows the worst status of each minute of the last hour", () => {
    const shown = cells(
      [
        ["11:30:10", "healthy", "critical"],
        ["11:32:20", "critical", "healthy"],
      ],
      "healthy",
      "11:32:20",
    );
    expect(shown).toHaveLength(60);
    expect(cellText(shown)).toBe("57m healthy, 3m critical");
    expect(shown.slice(28, 33)).toEqual(["healthy", "critical", "critical", "critical", "healthy"]);
  });

  it("cellsOf shows no status for the time before the record starts", () => {
    expect(cellText(cells([], "healthy", "11:50:00", "11:45:00"))).toBe("44m not recorded, 5m unknown, 11m healthy");
    expect(cellText(cells([["11:58:00", "degraded", "healthy"]], "healthy", "11:58:00", "11:55:00"))).toBe(
      "54m not recorded, 3m degraded, 3m healthy",
    );
  });

  it("cellsOf does not show the first healthy status of a component as a change", () => {
    expect(cellText(cells([], "healthy", "10:00:00"))).toBe("60m healthy");
  });
});

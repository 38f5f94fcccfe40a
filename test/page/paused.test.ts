import { describe, expect, it } from "vitest";
import { pausedSince } from "../../src/client/times.ts";

const since = new Date(2026, 0, 2, 12, 3, 5);
const nowMs = since.getTime() + 60_000;

describe("the text of a pause", () => {
  it.each([
    [{}, "paused since 12:03:05"],
    [{ access: "session", address: "127.0.0.1" }, "paused since 12:03:05 by 127.0.0.1"],
    [{ by: "backup" }, "paused since 12:03:05 by backup"],
    [{ by: "backup", access: "token", address: "10.0.0.7" }, "paused since 12:03:05 by backup (10.0.0.7)"],
  ] as const)("pausedSince of %j is what is known", (pauser, text) => {
    expect(pausedSince({ since: since.toISOString(), ...pauser }, nowMs)).toBe(text);
  });

  it("pausedSince has the date of a pause that began on another day, and no time where none is known", () => {
    expect(pausedSince({ since: since.toISOString() }, nowMs + 24 * 3_600_000)).toBe("paused since 2 Jan 12:03:05");
    expect(pausedSince(undefined, nowMs)).toBe("paused");
  });
});

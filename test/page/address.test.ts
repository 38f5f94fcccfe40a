import { describe, expect, it } from "vitest";
import { linkTo, parseAddress, type Address } from "../../src/page/address.ts";

const atMs = Date.parse("2026-01-01T12:00:30.123Z");

describe("linkTo", () => {
  it.each<readonly [Address, string]>([
    [{}, "#"],
    [{ find: "", onlyProblems: false }, "#"],
    [{ linked: { atMs } }, "#time=2026-01-01T12:00:30.123Z"],
    [
      { linked: { atMs, event: "2026-01-01T12:00:30.123Z collection:jobs" } },
      "#time=2026-01-01T12:00:30.123Z&event=2026-01-01T12:00:30.123Z%20collection:jobs",
    ],
    [{ range: { fromMs: atMs, toMs: atMs + 1_000 } }, "#from=2026-01-01T12:00:30.123Z&to=2026-01-01T12:00:31.123Z"],
    [{ collection: "a&b", chart: "depth" }, "#collection=a%26b&chart=depth"],
    [{ find: "100 % #1", onlyProblems: true }, "#find=100%20%25%20%231&only=problems"],
  ])("linkTo writes %j as a fragment that parseAddress reads", (address, fragment) => {
    expect(linkTo(address)).toBe(fragment);
    const { find, onlyProblems, ...rest } = address;
    expect(parseAddress(fragment)).toEqual({ ...rest, ...(find ? { find } : {}), ...(onlyProblems ? { onlyProblems } : {}) });
  });
});

describe("parseAddress", () => {
  it("parseAddress leaves out what is not valid", () => {
    const wrong = [
      "",
      "#",
      "#main",
      "#time=soon",
      "#collection=",
      "#only=some",
      "#from=2026-01-01T12:00:00Z",
      "#from=2026-01-02&to=2026-01-01",
    ];
    for (const fragment of wrong) expect(parseAddress(fragment)).toEqual({});
  });
});

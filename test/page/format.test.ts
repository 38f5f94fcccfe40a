import { describe, expect, it } from "vitest";
import { ageText, clockTime } from "../../src/client/times.ts";
import { formatTicks, formatValue } from "../../src/page/format.ts";

describe("formatValue", () => {
  it.each([
    [0.1234, { unit: "1", max: 1 }, "12.3 %"],
    [4.348, { unit: "1" }, "4.35"],
    [2_048, { unit: "By", isRate: true }, "2 KiB/s"],
    [0.25, { unit: "s", isRate: true }, "25 %"],
    [1_234_567, { unit: "{node}" }, "1,234,567"],
    [NaN, { unit: "s" }, "–"],
    [null, { unit: "s" }, "–"],
    [undefined, { unit: "s" }, "–"],
  ])("formatValue shows %d of %o as %s", (value, unit, shown) => {
    expect(formatValue(value, unit)).toBe(shown);
  });
});

describe("formatTicks", () => {
  it("formatTicks shows the numbers of an axis in one unit, with enough digits to distinguish them", () => {
    expect(formatTicks([12_000, 12_020, 12_040], { unit: "{node}" })).toEqual(["12.00 k", "12.02 k", "12.04 k"]);
    expect(formatTicks([0, 0.5, 1], { unit: "1", max: 1 })).toEqual(["0 %", "50 %", "100 %"]);
    expect(formatTicks([0, 512, 1_024], { unit: "By", isRate: true })).toEqual(["0.0 KiB/s", "0.5 KiB/s", "1.0 KiB/s"]);
    expect(formatTicks([2_040, 2_100], { unit: "s" })).toEqual(["34 min", "35 min"]);
    expect(formatTicks([0, 0.005], { unit: "s" })).toEqual(["0 ms", "5 ms"]);
    expect(formatTicks([], { unit: "s" })).toEqual([]);
  });
});

describe("ageText", () => {
  it("ageText counts whole seconds that have passed", () => {
    expect([850, 8_300, 119_999, -20].map(ageText)).toEqual(["0s", "8s", "1m 59s", "0s"]);
  });
});

describe("clockTime", () => {
  it("clockTime shows the date of a time on another day", () => {
    const now = Date.parse("2026-01-02T12:00:00");
    expect(clockTime(now, now)).toBe("12:00:00");
    expect(clockTime(Date.parse("2026-01-01T23:59:59"), now)).toBe("1 Jan 23:59:59");
  });
});

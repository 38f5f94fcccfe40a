import { describe, expect, it } from "vitest";
import { counted, duration, parseDuration, percent, quantity, readsLike, scaleOf } from "../../src/base/quantity.ts";

describe("quantity", () => {
  it.each([
    [0.0123, "s", "12.3 ms"],
    [0.00042, "s", "420 µs"],
    [0.25, "s", "250 ms"],
    [1.2, "s", "1.2 s"],
    [2, "s", "2 s"],
    [12.3, "ms", "12.3 ms"],
    [2_500, "ms", "2.5 s"],
    [238, "s", "3m 58s"],
    [-238, "s", "-3m 58s"],
    [0, "s", "0 s"],
    [2_254_857_830, "By", "2.1 GiB"],
    [2 * 1024 ** 3, "By", "2 GiB"],
    [0, "By", "0 B"],
    [512, "KiBy", "512 KiB"],
    [8_493_466, "By/s", "8.1 MiB/s"],
    [2_150, "By/{query}", "2.1 KiB/query"],
    [26, "{node}", "26"],
    [1_234, "{node}", "1,234"],
    [8.1, "{failure}", "8.1"],
    [1_234_567.8, "{node}", "1,234,568"],
    [120.4, "{query}/s", "120/s"],
    [1.5, "/s", "1.5/s"],
    [0.25, "s/s", "25 %"],
    [0.8, "1", "0.80"],
    [0.63, "1", "0.63"],
    [0.0123, "1", "0.012"],
    [0.0501, "1", "0.05"],
    [4.348, "1", "4.35"],
    [12.34, "1", "12.3"],
    [4, "1", "4"],
    [21.5, "Cel", "21.5 °C"],
    [0.000_000_12, "1", "1.2e-7"],
  ])("quantity shows %d with the unit %s as %s", (value, unit, shown) => {
    expect(quantity(value, unit)).toBe(shown);
  });

  it("quantity shows a number without a unit that ends at 1 in percent", () => {
    expect([0.894, 0.57, 1, 0.0123, 0.0012, 0].map((share) => quantity(share, "1", { max: 1 }))).toEqual([
      "89.4 %",
      "57 %",
      "100 %",
      "1.2 %",
      "0.12 %",
      "0 %",
    ]);
    expect(quantity(0.894, "1", { max: 10 })).toBe("0.89");
    expect(percent(0.8055)).toBe("80.5 %");
  });

  it("a flag is yes or no, and a mean of flags a number", () => {
    expect([1, 0, 0.5].map((value) => quantity(value, "{flag}", { max: 1 }))).toEqual(["yes", "no", "50 %"]);
  });

  it("quantity shows a number that rounds up to the next unit in that unit", () => {
    expect([0.99996, 59.98].map((value) => quantity(value, "s"))).toEqual(["1.0 s", "1m"]);
    expect(quantity(1_023.9, "By")).toBe("1.0 KiB");
  });

  it("quantity shows every digit of a number that a person set", () => {
    expect([12.345, 0.8, 0.0125, 1_500].map((bound) => quantity(bound, "1", { isExact: true }))).toEqual([
      "12.345",
      "0.80",
      "0.0125",
      "1,500",
    ]);
    expect(quantity(1.25, "s", { isExact: true })).toBe("1.25 s");
  });
});

describe("readsLike", () => {
  it("readsLike finds numbers that rounding makes equal, with or without decimals", () => {
    expect(readsLike(1.000_04, 1, "1")).toBe(true);
    expect(readsLike(0.799_99, 0.8, "1")).toBe(true);
    expect(readsLike(0.999_99, 1, "s")).toBe(true);
    expect(readsLike(238.4, 238, "s")).toBe(true);
    expect(readsLike(0.79, 0.8, "1")).toBe(false);
    expect(readsLike(100, 1, "1")).toBe(false);
    expect(readsLike(239, 238, "s")).toBe(false);
  });
});

describe("duration", () => {
  it.each([
    [0, "0s"],
    [-5, "0s"],
    [0.42, "0.42 ms"],
    [250, "250 ms"],
    [999.7, "1s"],
    [1_200, "1.2 s"],
    [9_400, "9.4 s"],
    [9_970, "10s"],
    [30_000, "30s"],
    [42_317, "42s"],
    [60_000, "1m"],
    [238_000, "3m 58s"],
    [3_599_700, "1h"],
    [7_500_000, "2h 5m"],
    [12_040_000, "3h 20m"],
    [439_200_000, "5d 2h"],
  ])("duration shows %d ms as %s", (ms, shown) => {
    expect(duration(ms)).toBe(shown);
  });

  it("parseDuration reads the lengths of time that duration writes in one part", () => {
    expect(["500ms", "1.5s", "30s", "1m", "2h", "5d"].map(parseDuration)).toEqual([500, 1_500, 30_000, 60_000, 7_200_000, 432_000_000]);
    expect(["", "5", "soon", "1w", "-1s", "1m 5s"].map(parseDuration)).toEqual(Array(6).fill(undefined));
  });
});

describe("scaleOf", () => {
  it("scaleOf names the unit in which numbers beside each other are shown", () => {
    expect(scaleOf(1_048_576, "By/s")).toEqual({ size: 1_048_576, name: "MiB/s" });
    expect(scaleOf(2_500, "ms")).toEqual({ size: 1_000, name: "s" });
    expect(scaleOf(0.5, "1", 1)).toEqual({ size: 0.01, name: "%" });
    expect(scaleOf(5_000, "{node}")).toEqual({ size: 1, name: "" });
  });
});

describe("counted", () => {
  it.each([
    [0, "0 edges"],
    [1, "1 edge"],
    [2, "2 edges"],
    [1_234, "1,234 edges"],
  ])("%d edges are %s", (count, text) => {
    expect(counted(count, "edge")).toBe(text);
  });
});

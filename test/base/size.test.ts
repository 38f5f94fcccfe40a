import { describe, expect, it } from "vitest";
import { sizeSchema } from "../../src/base/size.ts";

const schema = sizeSchema(1024, "1KiB");

describe("A size in a configuration", () => {
  it.each([
    ["256MiB", 268_435_456],
    ["1GiB", 1_073_741_824],
    ["1.5KiB", 1_536],
    ["64 kB", 64_000],
    [4_096, 4_096],
  ])("%j is a number of bytes", (written, bytes) => {
    expect(schema.parse(written)).toBe(bytes);
  });

  it.each([
    ["256", /expected a size such as "256MiB" or "1GiB", or a number of bytes; found "256"/],
    ["256mb", /found "256mb"/],
    ["1KiB more", /found "1KiB more"/],
    [-1, /expected at least 1KiB; found -1/],
    [1_000.5, /found 1000\.5/],
    ["0.5KiB", /expected at least 1KiB; found "0\.5KiB"/],
    [true, /expected a size/],
  ])("%j is refused with what is expected", (written, message) => {
    expect(schema.safeParse(written).error?.issues[0]?.message).toMatch(message);
  });
});

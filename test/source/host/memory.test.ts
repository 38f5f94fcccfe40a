import { describe, expect, it } from "vitest";
import { sumOf } from "../../../src/sample/sample-type.ts";
import { ByteReader } from "../../../src/source/host/byte-reader.ts";
import { measured } from "../../../src/source/host/measured.ts";
import { parseMemory } from "../../../src/source/host/memory.ts";
import type { SystemMetrics } from "../../../src/sample/types/system.ts";

const KIB = 1_024;
const parse = (lines: Readonly<Record<string, number>>): SystemMetrics => {
  const text = Object.entries(lines).map(([key, value]) => `${`${key}:`.padEnd(16)}${value} kB\n`);
  return measured(parseMemory(new ByteReader().over(Buffer.from(text.join("")))));
};
const FULL = { MemTotal: 1_000, MemFree: 200, MemAvailable: 600, Buffers: 50, Cached: 300, SwapCached: 9, SReclaimable: 50 };

describe("memory", () => {
  it("is in states that add up to what there is", () => {
    const values = parse(FULL);
    expect(values).toEqual({
      memoryLimit: 1_000 * KIB,
      memoryUsage: { used: 400 * KIB, free: 200 * KIB, cached: 350 * KIB, buffers: 50 * KIB },
      memoryUtilization: 0.4,
    });
    expect(sumOf(values.memoryUsage)).toBe(values.memoryLimit);
  });

  it("takes no key for another that begins like it", () => {
    expect(parse({ MemTotalX: 5, ...FULL }).memoryLimit).toBe(1_000 * KIB);
  });

  it("has no utilization on kernels that do not say what is available", () => {
    const { MemAvailable: _, ...old } = FULL;
    expect(parse(old)).not.toHaveProperty("memoryUtilization");
    expect(parse(old).memoryUsage?.used).toBe(400 * KIB);
  });

  it("has no states where one is missing or they exceed what there is, rather than states that do not add up", () => {
    const { Buffers: _, ...without } = FULL;
    expect(parse(without)).toEqual({ memoryLimit: 1_000 * KIB, memoryUtilization: 0.4 });
    expect(parse({ ...FULL, Cached: 900 })).toEqual({ memoryLimit: 1_000 * KIB, memoryUtilization: 0.4 });
    expect(parse({ ...FULL, MemAvailable: 1_001 })).not.toHaveProperty("memoryUtilization");
  });

  it("is absent where nothing is said of it", () => {
    expect(parse({})).toEqual({});
    expect(parse({ ...FULL, MemTotal: 0 })).toEqual({});
  });
});

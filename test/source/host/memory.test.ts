import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../src/source/host/byte-reader.ts";
import { measured } from "../../../src/source/host/measured.ts";
import { parseMemory } from "../../../src/source/host/memory.ts";
import type { SystemMetrics } from "../../../src/sample/types/system.ts";

const KIB = 1_024;
const parse = (lines: Readonly<Record<string, number>>): SystemMetrics => {
  const text = Object.entries(lines).map(([key, value]) => `${`${key}:`.padEnd(16)}${value} kB\n`);
  return measured(parseMemory(new ByteReader().over(Buffer.from(text.join("")))));
};
const FULL = { MemTotal: 1_000, MemFree: 200, MemAvailable: 500, Buffers: 50, Cached: 300, SwapCached: 9, SReclaimable: 50 };

describe("parseMemory", () => {
  it("parseMemory reports as used what is not available", () => {
    expect(parse(FULL)).toEqual({
      memoryLimit: 1_000 * KIB,
      memoryUsage: { used: 500 * KIB, free: 200 * KIB, cached: 350 * KIB, buffers: 50 * KIB },
      memoryUtilization: 0.5,
    });
  });

  it("parseMemory distinguishes keys with the same start", () => {
    expect(parse({ MemTotalX: 5, ...FULL }).memoryLimit).toBe(1_000 * KIB);
  });

  it("parseMemory reports no utilization on kernels without MemAvailable", () => {
    const { MemAvailable: _, ...old } = FULL;
    expect(parse(old)).not.toHaveProperty("memoryUtilization");
    // As free did then: without free memory, buffers and cache.
    expect(parse(old).memoryUsage?.used).toBe(400 * KIB);
  });

  it("parseMemory reports no states if one is missing or they exceed the limit", () => {
    const { Buffers: _, ...without } = FULL;
    expect(parse(without)).toEqual({ memoryLimit: 1_000 * KIB, memoryUtilization: 0.5 });
    expect(parse({ ...FULL, Cached: 900 })).toEqual({ memoryLimit: 1_000 * KIB, memoryUtilization: 0.5 });
    expect(parse({ ...FULL, MemAvailable: 1_001 })).toEqual({ memoryLimit: 1_000 * KIB });
  });

  it("parseMemory reports the share of the swap space in use, and none without swap space or with a free size above it", () => {
    expect(parse({ ...FULL, SwapTotal: 400, SwapFree: 300 }).swapUtilization).toBe(0.25);
    expect(parse({ SwapTotal: 400, SwapFree: 400 })).toEqual({ swapUtilization: 0 });
    for (const swap of [{ SwapTotal: 0, SwapFree: 0 }, { SwapTotal: 5 }, { SwapFree: 5 }, { SwapTotal: 5, SwapFree: 6 }])
      expect(parse({ ...FULL, ...swap })).not.toHaveProperty("swapUtilization");
  });

  it("parseMemory reports nothing without a total", () => {
    expect(parse({})).toEqual({});
    expect(parse({ ...FULL, MemTotal: 0 })).toEqual({});
  });
});

import { describe, expect, it } from "vitest";
import type { Request } from "../../src/client/api.ts";
import { fetchSamples } from "../../src/client/loader.ts";

/** The `last` of a request for the samples of a range of so many milliseconds. */
async function lastOf(intervalMs: number, lengthMs: number): Promise<number> {
  let path = "";
  const request: Request = async <T>(requested: string) => {
    path = requested;
    return { points: [], rows: [] } as T;
  };
  await fetchSamples(request, { name: "a b", intervalMs }, { fromMs: 0, toMs: lengthMs });
  const { pathname, searchParams } = new URL(path, "http://localhost/");
  expect(pathname).toBe("/api/v1/collections/a%20b/samples");
  expect([searchParams.get("from"), searchParams.get("to")]).toEqual([at(0), at(lengthMs)]);
  return Number(searchParams.get("last"));
}

const at = (ms: number): string => new Date(ms).toISOString();

describe("fetchSamples", () => {
  it("fetchSamples requests as many samples as the range can have, and no more than a series keeps", async () => {
    // Ticks at both ends of the range.
    expect(await lastOf(1_000, 300_000)).toBe(301);
    expect(await lastOf(700, 60_000)).toBe(87);
    expect(await lastOf(3_600_000, 60_000)).toBe(2);
    expect(await lastOf(10, 3_600_000)).toBe(36_000);
  });
});

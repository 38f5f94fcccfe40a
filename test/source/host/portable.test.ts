import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { validateReading } from "../../../src/sample/sample-type.ts";
import { systemMetrics } from "../../../src/sample/types/system.ts";
import { Portable } from "../../../src/source/host/host.ts";

describe("Portable", () => {
  it("Portable reads what Node measures, and leaves out the rest", () => {
    using portable = new Portable();
    const values = portable.read();
    expect(values.memoryLimit).toBe(totalmem());
    expect((values.memoryUsage?.used ?? 0) + (values.memoryUsage?.free ?? 0)).toBe(totalmem());
    for (const field of ["networkIo", "diskIo", "filesystemUtilization", "memoryUtilization", "cpuUtilization", "containerCpuTime"])
      expect(values).not.toHaveProperty(field);
    expect(validateReading(systemMetrics, values)).toMatchObject({ ok: true });
  });

  it("Portable reports no load average and no nice time on Windows, and no interrupt time on macOS, where Node returns zeros", () => {
    using windows = new Portable("win32");
    using mac = new Portable("darwin");
    expect(windows.read()).not.toHaveProperty("loadAverage1m");
    expect(Object.keys(windows.read().cpuTime ?? {}).sort()).toEqual(["idle", "interrupt", "system", "user"]);
    expect(mac.read()).toHaveProperty("loadAverage1m");
    expect(Object.keys(mac.read().cpuTime ?? {}).sort()).toEqual(["idle", "nice", "system", "user"]);
  });
});

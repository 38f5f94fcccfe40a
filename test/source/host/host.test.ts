import { describe, expect, it } from "vitest";
import type { SystemMetrics } from "../../../src/sample/types/system.ts";
import { host } from "../../../src/source/host/host.ts";
import type { Source } from "../../../src/source/source.ts";
import { needs } from "../../support/programs.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { Machine } from "./machine.ts";
import { makeSource } from "../../support/source.ts";

const live = new AbortController().signal;
const sourceOf = (options: unknown, baseDir = "/"): Source =>
  makeSource(host, options, { name: "here", baseDir, clock: new ManualClock(), types: new Map() });

async function read(source: Source): Promise<SystemMetrics> {
  const reading = source.readings.get("system");
  if (!reading) throw new Error("expected a reading of system, found none");
  return (await source.read(reading, live)) as SystemMetrics;
}

describe("host", () => {
  it("host reads the type system, by default every second", async () => {
    const source = sourceOf({});
    expect(source.readings.get("system")?.intervalMs).toBe(1_000);
    expect((await read(source)).memoryLimit).toBeGreaterThan(0);
    await source.close();
  });

  it("host resolves the folders of a mounted host relative to the configuration", needs("linux"), async () => {
    using machine = Machine.typical();
    const source = sourceOf({ proc: "proc", sys: "./sys" }, machine.root);
    expect(await read(source)).toMatchObject({ uptime: 12_345.67, diskIo: { sda: {} } });
    await source.close();
  });

  it.each([{ porc: "/proc" }, { proc: 1 }, { proc: "" }, { sys: null }])("host refuses the options %j", (options) => {
    expect(() => sourceOf(options)).toThrow();
  });
});

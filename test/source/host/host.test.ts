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

  it("host measures the filesystems that its options name", needs("linux"), async () => {
    using machine = Machine.typical();
    machine.write("proc/self/mountinfo", `2 1 8:1 / ${machine.root} rw - ext4 /dev/x rw\n3 1 0:9 / /proc rw - proc proc rw\n`);
    const names = async (options: object): Promise<readonly string[]> => {
      const source = sourceOf({ proc: machine.proc, sys: machine.sys, ...options });
      const { filesystemUtilization = {} } = await read(source);
      await source.close();
      return Object.keys(filesystemUtilization);
    };
    expect(await names({})).toEqual([machine.root]);
    expect(await names({ filesystems: [] })).toEqual([]);
    expect(await names({ filesystems: [machine.sys, "nfs4"] })).toEqual([machine.sys]);
    expect(await names({ filesystems: ["local", machine.sys] })).toEqual([machine.root, machine.sys]);
  });

  it("host says what a list of filesystems may contain", () => {
    expect(() => sourceOf({ filesystems: ["nfs4", "data/disk"] })).toThrow(
      /expected a filesystem type such as "nfs4", an absolute path such as "\/data", or "local".*data\/disk/,
    );
  });

  it.each([
    { porc: "/proc" },
    { proc: 1 },
    { proc: "" },
    { sys: null },
    { filesystems: "ext4" },
    { filesystems: [""] },
    { filesystems: ["./data"] },
    { filesystems: ["a b"] },
  ])("host refuses the options %j", (options) => {
    expect(() => sourceOf(options)).toThrow();
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { validateReading } from "../../../src/sample/sample-type.ts";
import { systemMetrics } from "../../../src/sample/types/system.ts";
import { Linux } from "../../../src/source/host/linux.ts";
import { needs } from "../../support/programs.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { Machine, NET_HEADINGS } from "./machine.ts";

const live = new AbortController().signal;
const clock = new ManualClock();
const linuxOf = ({ proc, sys }: Machine): Linux => new Linux(proc, sys, clock);

describe("Linux", () => {
  it("Linux reads every field of /proc exactly", async () => {
    using machine = Machine.typical();
    using linux = linuxOf(machine);
    const values = await linux.read(live);
    expect(values).toMatchObject({
      cpuTime: { user: 10, nice: 0.5, system: 3, idle: 80, iowait: 1, interrupt: 0.5, steal: 0.4 },
      memoryLimit: 16_000_000 * 1_024,
      memoryUtilization: 0.375,
      swapUtilization: 0.25,
      loadAverage1m: 0.52,
      uptime: 12_345.67,
      networkIo: { lo: { receive: 111, transmit: 111 }, eth0: { receive: 123_456, transmit: 654_321 } },
      diskIo: { sda: { read: 2_000 * 512, write: 800 * 512 } },
    });
    expect(Object.keys(values.diskIo ?? {})).toEqual(["sda"]);
    expect(validateReading(systemMetrics, values)).toMatchObject({ ok: true });
  });

  it("Linux reads a machine with a thousand CPUs and ten thousand interfaces", async () => {
    using machine = Machine.typical();
    using linux = linuxOf(machine);
    await linux.read(live);
    machine.append("proc/stat", Array.from({ length: 1_000 }, (_, n) => `cpu${n} 1 2 3 4 5 6 7 8 9 10\n`).join(""));
    const lines = Array.from({ length: 10_000 }, (_, n) => `  veth${n}: ${n} 0 0 0 0 0 0 0 ${2 * n} 0 0 0 0 0 0 0\n`);
    machine.write("proc/net/dev", NET_HEADINGS + lines.join(""));
    const values = await linux.read(live);
    expect(Object.keys(values.networkIo ?? {})).toHaveLength(10_000);
    expect(values.networkIo?.["veth9999"]).toEqual({ receive: 9_999, transmit: 19_998 });
    expect(values.cpuTime?.user).toBe(10);
    expect(validateReading(systemMetrics, values)).toMatchObject({ ok: true });
  });

  it("Linux leaves out what it may not read, and reports the rest", async () => {
    using machine = new Machine();
    machine.write("proc/uptime", "1.5 2\n");
    machine.write("proc/loadavg", "");
    machine.write("proc/diskstats", "\0\0\n");
    using linux = linuxOf(machine);
    const values = await linux.read(live);
    expect(Object.keys(values).filter((key) => !/^(process|eventLoop)/.test(key))).toEqual(["uptime"]);
    expect(validateReading(systemMetrics, values)).toMatchObject({ ok: true });
  });

  it("Linux reads the network of process 1 if /proc is that of another machine", async () => {
    using machine = Machine.typical();
    machine.write("proc/1/net/dev", `${NET_HEADINGS}  host0: 7 0 0 0 0 0 0 0 8 0 0 0 0 0 0 0\n`);
    using linux = linuxOf(machine);
    expect((await linux.read(live)).networkIo).toEqual({ host0: { receive: 7, transmit: 8 } });
  });

  it("Linux reports the limits of the container in which this process runs", async () => {
    using machine = Machine.typical();
    machine.write("proc/self/cgroup", "0::/\n");
    machine.write("sys/fs/cgroup/cgroup.controllers", "memory\n");
    machine.write("sys/fs/cgroup/memory.max", "1000\n");
    using linux = linuxOf(machine);
    expect((await linux.read(live)).containerMemoryLimit).toBe(1_000);
  });

  it("Linux measures the CPU of its container over the time that passed, suspensions of the process included", async () => {
    using machine = Machine.typical();
    const simulated = new ManualClock();
    const used = (seconds: number): void => machine.write("sys/fs/cgroup/cpu.stat", `usage_usec ${seconds * 1e6}\n`);
    machine.write("proc/self/cgroup", "0::/\n");
    machine.write("sys/fs/cgroup/cgroup.controllers", "cpu\n");
    machine.write("sys/fs/cgroup/cpu.max", "100000 100000\n");
    used(1);
    using linux = new Linux(machine.proc, machine.sys, simulated);
    await linux.read(live);
    simulated.suspend(9_000);
    simulated.block(1_000);
    used(6);
    expect((await linux.read(live)).containerCpuUtilization).toBeCloseTo(0.5, 12);
  });

  it("Linux measures this process, but no event-loop delay before the first sample of it", async () => {
    using machine = new Machine();
    using linux = linuxOf(machine);
    const values = await linux.read(live);
    expect(values).not.toHaveProperty("eventLoopDelayP99");
    expect(values.processMemory).toBeGreaterThan(1e6);
    expect((values.processCpuTime?.user ?? 0) + (values.processCpuTime?.system ?? 0)).toBeGreaterThan(0);
  });
});

describe("Linux on this machine", needs("linux"), () => {
  it("Linux agrees with Node and with a plain parser of the same files", async () => {
    using linux = new Linux("/proc", "/sys", systemClock);
    const earlier = plain();
    const values = await linux.read(live);
    const later = plain();
    expect(values.memoryLimit).toBe(totalmem());
    const between = (value: number | undefined, low: number, high: number): void => {
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
    };
    between(values.uptime, earlier.uptime, later.uptime);
    between(values.cpuTime?.user, earlier.userSeconds, later.userSeconds);
    expect(Object.keys(values.networkIo ?? {}).sort()).toEqual(Object.keys(earlier.received).sort());
    for (const [name, io] of Object.entries(values.networkIo ?? {}))
      between(io?.receive, earlier.received[name] ?? 0, later.received[name] ?? 0);
    for (const [name, io] of Object.entries(values.diskIo ?? {}))
      between(io?.read, earlier.bytesRead[name] ?? 0, later.bytesRead[name] ?? 0);
    for (const [path, share] of Object.entries(values.filesystemUtilization ?? {})) {
      const { blocks, bfree, bavail } = await statfs(path);
      expect(share).toBeCloseTo((blocks - bfree) / (blocks - bfree + bavail), 2);
    }
    expect(validateReading(systemMetrics, values)).toMatchObject({ ok: true });
  });

  it("Linux closes every file, also when it is disposed during a reading", async () => {
    using machine = Machine.typical();
    machine.write("proc/self/cgroup", "0::/\n");
    machine.write("sys/fs/cgroup/cgroup.controllers", "memory\n");
    machine.write("sys/fs/cgroup/memory.max", "1000\n");
    machine.write("proc/self/mountinfo", "2 1 8:1 / / rw - ext4 /dev/x rw\n");
    const open = (): number => readdirSync("/proc/self/fd").length;
    const before = open();
    const linux = linuxOf(machine);
    expect(open()).toBeGreaterThan(before + 6);
    const reading = linux.read(live);
    linux[Symbol.dispose]();
    expect(await reading).toMatchObject({ uptime: 12_345.67 });
    expect(open()).toBe(before);
    linux[Symbol.dispose]();
  });
});

/** The same files, parsed as strings. */
function plain() {
  const text = (path: string): string => readFileSync(`/proc/${path}`, "utf8");
  const lines = (path: string): readonly (readonly string[])[] =>
    text(path)
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/[\s:]+/));
  return {
    uptime: Number(text("uptime").split(" ")[0]),
    userSeconds: Number(lines("stat")[0]?.[1]) / 100,
    received: Object.fromEntries(
      lines("net/dev")
        .slice(2)
        .map(([name = "", bytes]) => [name, Number(bytes)]),
    ),
    bytesRead: Object.fromEntries(lines("diskstats").map((columns) => [columns[2] ?? "", Number(columns[5]) * 512])),
  };
}

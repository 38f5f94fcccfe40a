import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SystemMetrics } from "../../../src/sample/system-metrics.ts";
import { systemMetrics } from "../../../src/sample/system-metrics.ts";
import { judge } from "../../../src/sample/sample-type.ts";
import { parseMounts } from "../../../src/source/host/filesystem.ts";
import { Linux } from "../../../src/source/host/linux.ts";
import { Portable } from "../../../src/source/host/portable.ts";
import { SimulatedClock } from "../../support/simulated-clock.ts";

let root = "";
const clock = new SimulatedClock();
const live = new AbortController().signal;

beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "vitals-host-"))));
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const CPU = "cpu  1000 50 300 8000 100 20 30 40 25 5\ncpu0 1000 50 300 8000 100 20 30 40 25 5\n";
const MEMINFO = "MemTotal:       1000 kB\nMemFree:         200 kB\nMemAvailable:    600 kB\nBuffers:          50 kB\nCached:          300 kB\nSwapCached:        0 kB\nSReclaimable:     50 kB\n";
const NET =
  "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:     111       1    0    0    0     0          0         0      111       1    0    0    0     0       0          0\n  eth0: 123456     100    0    0    0     0          0         0   654321      90    0    0    0     0       0          0\n";
const DISKS = "   8       0 sda 100 0 2000 50 40 0 800 30 0 60 80\n   8       1 sda1 90 0 1900 50 40 0 800 30 0 60 80\n   7       0 loop0 5 0 10 0 0 0 0 0 0 0 0\n 253       0 dm-0 100 0 2000 50 40 0 800 30 0 60 80\n";

function machine(): Linux {
  return new Linux(join(root, "proc"), join(root, "sys"), clock);
}

function typicalMachine(): void {
  write("proc/stat", CPU);
  write("proc/meminfo", MEMINFO);
  write("proc/loadavg", "0.52 0.48 0.40 1/234 5678\n");
  write("proc/uptime", "12345.67 40000.00\n");
  write("proc/net/dev", NET);
  write("proc/diskstats", DISKS);
  mkdirSync(join(root, "sys/block/sda"), { recursive: true });
  mkdirSync(join(root, "sys/block/loop0"), { recursive: true });
}

describe("a Linux machine", () => {
  it("is read from /proc to the number", async () => {
    typicalMachine();
    using linux = machine();
    const values = await linux.read(live);
    expect(values).toMatchObject({
      cpuTime: { user: 10, nice: 0.5, system: 3, idle: 80, iowait: 1, interrupt: 0.5, steal: 0.4 },
      memoryLimit: 1_024_000,
      memoryUsage: { used: 400 * 1_024, free: 200 * 1_024, cached: 350 * 1_024, buffers: 50 * 1_024 },
      memoryUtilization: 0.4,
      loadAverage1m: 0.52,
      uptime: 12_345.67,
      networkIo: { lo: { receive: 111, transmit: 111 }, eth0: { receive: 123_456, transmit: 654_321 } },
      diskIo: { sda: { read: 2_000 * 512, write: 800 * 512 } },
    });
    expect(Object.keys(values.diskIo ?? {})).toEqual(["sda"]);
    const used = Object.values(values.memoryUsage ?? {}).reduce((sum, part) => sum + part, 0);
    expect(used).toBe(values.memoryLimit);
    expect(judge(systemMetrics, values).ok).toBe(true);
  });

  it("has a CPU utilization only once there is something to compare with, and none when counters go back", async () => {
    typicalMachine();
    using linux = machine();
    expect(await linux.read(live)).not.toHaveProperty("cpuUtilization");
    write("proc/stat", "cpu  1030 50 310 8050 110 20 30 40 0 0\n");
    // 30 + 10 busy of 100 ticks that passed.
    expect((await linux.read(live)).cpuUtilization).toBeCloseTo(0.4, 10);
    write("proc/stat", "cpu  10 0 0 90 0 0 0 0 0 0\n");
    expect(await linux.read(live)).not.toHaveProperty("cpuUtilization");
    expect(await linux.read(live)).not.toHaveProperty("cpuUtilization");
  });

  it("leaves out what it may not read, and goes on with the rest", async () => {
    write("proc/meminfo", MEMINFO);
    using linux = machine();
    const values = await linux.read(live);
    expect(values.memoryLimit).toBe(1_024_000);
    for (const absent of ["cpuTime", "uptime", "networkIo", "diskIo", "filesystemUtilization"]) expect(values).not.toHaveProperty(absent);
  });

  it("reads a file that grows far beyond its buffer, and one that is cut off", async () => {
    typicalMachine();
    using linux = machine();
    const many = Array.from({ length: 3_000 }, (_, n) => `  veth${n}: ${n} 0 0 0 0 0 0 0 ${2 * n} 0 0 0 0 0 0 0\n`).join("");
    write("proc/net/dev", NET.split("\n").slice(0, 2).join("\n") + "\n" + many);
    const { networkIo } = await linux.read(live);
    expect(Object.keys(networkIo ?? {})).toHaveLength(3_000);
    expect(networkIo?.["veth2999"]).toEqual({ receive: 2_999, transmit: 5_998 });
    write("proc/net/dev", NET.slice(0, -80));
    expect(Object.keys((await linux.read(live)).networkIo ?? {})).toEqual(["lo"]);
  });

  it("measures a container against the tightest limit above it", async () => {
    typicalMachine();
    write("proc/self/cgroup", "0::/outer/inner\n");
    const group = "sys/fs/cgroup/outer/inner";
    write(`${group}/cpu.max`, "max 100000\n");
    write("sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
    write(`${group}/memory.max`, "2000000\n");
    write("sys/fs/cgroup/outer/memory.max", "1000000\n");
    write(`${group}/cpu.stat`, "usage_usec 10000000\nuser_usec 6000000\nsystem_usec 4000000\nnr_periods 0\n");
    write(`${group}/memory.current`, "800000\n");
    write(`${group}/memory.stat`, "anon 500000\ninactive_file 300000\n");
    using linux = machine();
    const first = await linux.read(live);
    expect(first).toMatchObject({ containerCpuTime: { user: 6, system: 4 }, containerMemoryUsage: 800_000, containerMemoryLimit: 1_000_000, containerMemoryUtilization: 0.5 });
    expect(first).not.toHaveProperty("containerCpuUtilization");
    write(`${group}/cpu.stat`, "usage_usec 10250000\nuser_usec 6150000\nsystem_usec 4100000\n");
    clock.block(1_000);
    expect((await linux.read(live)).containerCpuUtilization).toBeCloseTo(0.5, 10);
  });

  it("says nothing of a container without limits", async () => {
    typicalMachine();
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/cpu.stat", "usage_usec 1\n");
    using linux = machine();
    const values = await linux.read(live);
    expect(Object.keys(values).filter((key) => key.startsWith("container"))).toEqual([]);
  });

  it.runIf(process.platform === "linux")("here equals what Node and a plain reading of the files say", async () => {
    using linux = new Linux("/proc", "/sys", clock);
    const before = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    const values: SystemMetrics = await linux.read(live);
    expect(values.memoryLimit).toBe(totalmem());
    expect(values.uptime).toBeGreaterThanOrEqual(before);
    const interfaces = [...readFileSync("/proc/net/dev", "utf8").matchAll(/^\s*([^\s:]+):/gm)].map((match) => match[1]);
    expect(Object.keys(values.networkIo ?? {}).sort()).toEqual(interfaces.sort());
    expect(interfaces.length).toBeGreaterThan(0);
    expect(values.processMemory).toBeGreaterThan(1e6);
    expect(judge(systemMetrics, values).ok).toBe(true);
  });

  it.runIf(process.platform === "linux")("closes its files", () => {
    typicalMachine();
    const open = (): number => readdirSync("/proc/self/fd").length;
    const before = open();
    const linux = machine();
    expect(open()).toBe(before + 6);
    linux[Symbol.dispose]();
    expect(open()).toBe(before);
  });
});

describe("mounts", () => {
  const line = (path: string, type: string, device = "8:1", rootPath = "/"): string => `36 35 ${device} ${rootPath} ${path} rw,relatime shared:1 - ${type} /dev/x rw`;

  it("are local, real filesystems, each device once, with their names as people know them", () => {
    const mountinfo = [
      line("/", "ext4"),
      line("/data\\040disk", "xfs", "8:2"),
      line("/again", "ext4", "8:1"),
      line("/mnt/nfs", "nfs4", "0:50"),
      line("/proc", "proc", "0:5"),
      line("/run", "tmpfs", "0:6"),
      line("/var/lib/docker", "overlay", "0:7"),
      line("/etc/hosts", "ext4", "8:3", "/var/lib/x/hosts"),
      line("/mnt/sshfs", "fuse.sshfs", "0:51"),
    ].join("\n");
    expect(parseMounts(mountinfo).map(({ path }) => path)).toEqual(["/", "/data disk"]);
  });

  it("that make no sense are passed over", () => expect(parseMounts("\n\nnonsense\n36 35 8:1\n")).toEqual([]));
});

describe("any other machine", () => {
  it("is read through Node, and what Node does not know is absent", () => {
    using portable = new Portable();
    const values = portable.read();
    expect(values.memoryLimit).toBe(totalmem());
    expect(values).not.toHaveProperty("networkIo");
    expect(judge(systemMetrics, values).ok).toBe(true);
  });
});

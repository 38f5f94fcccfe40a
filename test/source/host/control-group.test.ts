import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../src/source/host/byte-reader.ts";
import { findControlGroup, type ControlGroup } from "../../../src/source/host/control-group.ts";
import { Machine } from "./machine.ts";

const GROUP = "sys/fs/cgroup/outer/inner";

/** A group two levels below the root, with usage but without limits. */
function nested(): Machine {
  const machine = new Machine();
  machine.write("proc/self/cgroup", "0::/outer/inner\n");
  for (const group of ["sys/fs/cgroup", "sys/fs/cgroup/outer", GROUP]) machine.write(`${group}/cgroup.controllers`, "cpu memory\n");
  machine.write(`${GROUP}/cpu.max`, "max 100000\n");
  machine.write(`${GROUP}/memory.max`, "max\n");
  machine.write("sys/fs/cgroup/outer/cpu.max", "max 100000\n");
  machine.write("sys/fs/cgroup/outer/memory.max", "max\n");
  use(machine, 10);
  machine.write(`${GROUP}/memory.current`, "800000\n");
  machine.write(`${GROUP}/memory.stat`, "anon 500000\nfile 350000\ninactive_file_x 1\ninactive_file 300000\n");
  return machine;
}

function use(machine: Machine, seconds: number): void {
  const usec = seconds * 1e6;
  machine.write(`${GROUP}/cpu.stat`, `usage_usec ${usec}\nuser_usec ${usec * 0.6}\nsystem_usec ${usec * 0.4}\nnr_periods 0\n`);
}

function found(machine: Machine): ControlGroup {
  const group = findControlGroup(machine.proc, machine.sys, new ByteReader());
  if (!group) throw new Error("expected a control group, found none");
  return group;
}

describe("ControlGroup", () => {
  it("ControlGroup reports nothing without limits", () => {
    using machine = nested();
    using group = found(machine);
    expect(group.read(0)).toEqual({});
  });

  it("ControlGroup measures against the smallest limit between itself and the root", () => {
    using machine = nested();
    machine.write(`${GROUP}/cpu.max`, "200000 100000\n");
    machine.write("sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
    machine.write(`${GROUP}/memory.max`, "1000000\n");
    machine.write("sys/fs/cgroup/outer/memory.max", "2000000\n");
    using group = found(machine);
    expect(group.read(1_000)).toEqual({
      containerCpuTime: { user: 6, system: 4 },
      containerMemoryLimit: 1_000_000,
      containerMemoryUsage: 800_000,
      containerMemoryUtilization: 0.5,
    });
    use(machine, 10.5);
    // Half a second of CPU in two seconds, with a limit of half a CPU.
    expect(group.read(3_000).containerCpuUtilization).toBeCloseTo(0.5, 12);
  });

  it("ControlGroup reports only the resource that is limited", () => {
    using machine = nested();
    machine.write(`${GROUP}/memory.max`, "1000000\n");
    using group = found(machine);
    expect(Object.keys(group.read(0)).sort()).toEqual(["containerMemoryLimit", "containerMemoryUsage", "containerMemoryUtilization"]);
  });

  it("ControlGroup accepts a quota of several CPUs, and of part of one", () => {
    using machine = nested();
    machine.write(`${GROUP}/cpu.max`, "102400000 100000\n");
    using group = found(machine);
    group.read(0);
    use(machine, 522);
    expect(group.read(1_000).containerCpuUtilization).toBeCloseTo(0.5, 12);
    machine.write(`${GROUP}/cpu.max`, "5000 100000\n");
    use(machine, 522.1);
    expect(group.read(2_000).containerCpuUtilization).toBeCloseTo(2, 6);
  });

  it("ControlGroup follows limits that are changed, set or removed while it runs", () => {
    using machine = nested();
    machine.write(`${GROUP}/memory.max`, "1000000\n");
    using group = found(machine);
    expect(group.read(0).containerMemoryLimit).toBe(1_000_000);
    machine.write(`${GROUP}/memory.max`, "4000000\n");
    expect(group.read(1).containerMemoryLimit).toBe(4_000_000);
    machine.write(`${GROUP}/memory.max`, "max\n");
    expect(group.read(2)).toEqual({});
    machine.write("sys/fs/cgroup/outer/memory.max", "5000000\n");
    expect(group.read(3).containerMemoryLimit).toBe(5_000_000);
  });

  it("ControlGroup reports no CPU utilization after its counter or the clock went back", () => {
    using machine = nested();
    machine.write(`${GROUP}/cpu.max`, "100000 100000\n");
    using group = found(machine);
    group.read(1_000);
    use(machine, 5);
    expect(group.read(2_000)).not.toHaveProperty("containerCpuUtilization");
    use(machine, 6);
    expect(group.read(2_000)).not.toHaveProperty("containerCpuUtilization");
  });

  it("ControlGroup ignores a limit of zero, against which every utilization would be infinite", () => {
    using machine = nested();
    machine.write(`${GROUP}/memory.max`, "0\n");
    using group = found(machine);
    expect(group.read(0)).toEqual({});
  });

  it("ControlGroup leaves out what it cannot read", () => {
    using machine = nested();
    machine.write(`${GROUP}/cpu.max`, "100000 100000\n");
    machine.write(`${GROUP}/memory.max`, "1000000\n");
    machine.write(`${GROUP}/cpu.stat`, "");
    machine.write(`${GROUP}/memory.stat`, "anon 1\n");
    using group = found(machine);
    expect(group.read(0)).toEqual({ containerMemoryLimit: 1_000_000, containerMemoryUsage: 800_000 });
  });
});

describe("findControlGroup", () => {
  it("findControlGroup finds the root if a container sees only its own group, whatever its path on the host", () => {
    for (const path of ["/", "/docker/abc", "/../../outside", "/../../../../etc"]) {
      using machine = new Machine();
      machine.write("proc/self/cgroup", `1:name=systemd:/x\n0::${path}\n`);
      machine.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
      machine.write("sys/fs/cgroup/memory.max", "1000\n");
      machine.write("sys/outside/cgroup.controllers", "cpu memory\n");
      using group = found(machine);
      expect(group.read(0)).toEqual({ containerMemoryLimit: 1_000 });
    }
  });

  it.each([
    ["without a list of groups", undefined],
    ["with groups of version 1 only", "4:memory:/x\n1:cpu:/x\n"],
    ["whose unified groups are not mounted as version 2 mounts them", "4:memory:/x\n0::/\n"],
  ])("findControlGroup finds nothing on a machine %s", (_, list) => {
    using machine = new Machine();
    if (list !== undefined) machine.write("proc/self/cgroup", list);
    expect(findControlGroup(machine.proc, machine.sys, new ByteReader())).toBeUndefined();
  });
});

const HASH = "f5c0c8108718d125a631aa4e2e7a3fb2";

/** Groups of version 1 two levels below the roots, without limits, with the content of the files of a real machine. */
function version1({ cpu = "cpu", memory = "memory", isContainer = false } = {}) {
  const machine = new Machine();
  const path = `/docker/${HASH}`;
  machine.write("proc/self/cgroup", `9:name=systemd:/\n4:memory:${path}\n3:cpuset:/\n2:${cpu}:${path}\n0::/\n`);
  machine.write("sys/fs/cgroup/unified/cgroup.controllers", "hugetlb\n");
  const folders = (hierarchy: string): readonly string[] =>
    ["", ...(isContainer ? [] : ["/docker", path])].map((inner) => `sys/fs/cgroup/${hierarchy}${inner}`);
  for (const folder of folders(cpu)) {
    machine.write(`${folder}/cpu.cfs_quota_us`, "-1\n");
    machine.write(`${folder}/cpu.cfs_period_us`, "100000\n");
  }
  const [own, group] = [folders(cpu).at(-1) ?? "", folders(memory).at(-1) ?? ""];
  const consume = (seconds: number): void => {
    machine.write(`${own}/cpuacct.usage`, `${seconds * 1e9}\n`);
    machine.write(`${own}/cpuacct.stat`, `user ${Math.round(seconds * 60)}\nsystem ${Math.round(seconds * 40)}\n`);
  };
  const limitMemory = (bytes: string): void =>
    machine.write(
      `${group}/memory.stat`,
      `cache 350000\nrss 500000\ninactive_file 100000\nhierarchical_memory_limit ${bytes}\ntotal_cache 350000\ntotal_inactive_file 300000\n`,
    );
  consume(10);
  limitMemory("9223372036854771712");
  machine.write(`${group}/memory.usage_in_bytes`, "800000\n");
  return { machine, own, consume, limitMemory };
}

describe("ControlGroup of version 1", () => {
  it("ControlGroup of version 1 reports nothing without limits", () => {
    const { machine, limitMemory } = version1({ cpu: "cpu,cpuacct" });
    using group = found(machine);
    expect(group.read(0)).toEqual({});
    // The largest multiple of a page of 64 KiB.
    limitMemory("9223372036854710272");
    expect(group.read(0)).toEqual({});
    machine[Symbol.dispose]();
  });

  it.each([
    ["in hierarchies of their own, beside one of version 2 without them", { cpu: "cpu,cpuacct" }],
    ["in a container that sees only its own group", { cpu: "cpu,cpuacct", isContainer: true }],
    ["whose hierarchy is named in the other order", { cpu: "cpuacct,cpu" }],
  ])("ControlGroup of version 1 measures CPU and memory against their limits %s", (_, settings) => {
    const { machine, own, consume, limitMemory } = version1(settings);
    limitMemory("1000000");
    machine.write(`${own}/cpu.cfs_quota_us`, "50000\n");
    using group = found(machine);
    expect(group.read(1_000)).toEqual({
      containerCpuTime: { user: 6, system: 4 },
      containerMemoryLimit: 1_000_000,
      containerMemoryUsage: 800_000,
      containerMemoryUtilization: 0.5,
    });
    consume(10.5);
    // Half a second of CPU in two seconds, with a limit of half a CPU.
    expect(group.read(3_000).containerCpuUtilization).toBeCloseTo(0.5, 12);
    machine[Symbol.dispose]();
  });

  it("ControlGroup of version 1 obeys the smallest quota of the groups around it", () => {
    const { machine, own, consume } = version1({ cpu: "cpu,cpuacct" });
    machine.write(`${own}/cpu.cfs_quota_us`, "400000\n");
    machine.write("sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "200000\n");
    using group = found(machine);
    group.read(0);
    consume(11);
    expect(group.read(1_000).containerCpuUtilization).toBeCloseTo(0.5, 12);
    machine[Symbol.dispose]();
  });

  it("ControlGroup of version 1 reports memory where CPU has no hierarchy", () => {
    using machine = new Machine();
    machine.write("proc/self/cgroup", "4:memory:/\n");
    machine.write("sys/fs/cgroup/memory/memory.stat", "hierarchical_memory_limit 1000\ntotal_inactive_file 0\n");
    machine.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "250\n");
    using group = found(machine);
    expect(group.read(0)).toEqual({ containerMemoryLimit: 1_000, containerMemoryUsage: 250, containerMemoryUtilization: 0.25 });
  });

  it("ControlGroup reads a group whose path contains a colon", () => {
    using machine = new Machine();
    machine.write("proc/self/cgroup", "0::/kubepods/cri:abc\n");
    machine.write("sys/fs/cgroup/cgroup.controllers", "memory\n");
    machine.write("sys/fs/cgroup/kubepods/cri:abc/cgroup.controllers", "memory\n");
    machine.write("sys/fs/cgroup/kubepods/cri:abc/memory.max", "1000\n");
    using group = found(machine);
    expect(group.read(0)).toEqual({ containerMemoryLimit: 1_000 });
  });

  it("findControlGroup finds controllers of version 2 that are mounted beside hierarchies of version 1", () => {
    using machine = new Machine();
    machine.write("proc/self/cgroup", "5:devices:/x\n0::/x\n");
    machine.write("sys/fs/cgroup/unified/x/cgroup.controllers", "cpu memory\n");
    machine.write("sys/fs/cgroup/unified/x/memory.max", "1000\n");
    using group = found(machine);
    expect(group.read(0)).toEqual({ containerMemoryLimit: 1_000 });
  });
});

import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../src/source/host/byte-reader.ts";
import { CpuHistory, parseCpu, type CpuTimes } from "../../../src/source/host/cpu.ts";

const parse = (text: string): CpuTimes | undefined => parseCpu(new ByteReader().over(Buffer.from(text)));
const times = (over: CpuTimes = {}): CpuTimes => ({
  user: 10,
  nice: 0,
  system: 10,
  idle: 100,
  iowait: 10,
  interrupt: 0,
  steal: 0,
  ...over,
});

describe("parseCpu", () => {
  it("parseCpu converts hundredths of a second, and adds soft to hard interrupts but not guests to user", () => {
    expect(parse("cpu  1000 50 300 8000 100 20 30 40 25 5\ncpu0 1 1 1 1 1 1 1 1 1 1\n")).toEqual({
      user: 10,
      nice: 0.5,
      system: 3,
      idle: 80,
      iowait: 1,
      interrupt: 0.5,
      steal: 0.4,
    });
  });

  it("parseCpu reads the largest numbers of a machine with many CPUs exactly", () => {
    expect(parse("cpu  900719925474099 0 0 0 0 0 0 0 0 0\n")?.user).toBe(9_007_199_254_740.99);
  });

  it.each(["", "cpu0 1 2 3 4 5 6 7 8 9 10\n", "cpu  1 2 3\n", "cpu  a b c d e f g h\n", "\0\0\0"])(
    "parseCpu returns nothing for %j",
    (text) => {
      expect(parse(text)).toBeUndefined();
    },
  );
});

describe("CpuHistory", () => {
  it("CpuHistory reports the utilization since the last reading, and none at the first", () => {
    const cpu = new CpuHistory();
    expect(cpu.add(times())).not.toHaveProperty("cpuUtilization");
    expect(cpu.add(times({ user: 13, idle: 107 })).cpuUtilization).toBeCloseTo(0.3, 12);
  });

  it("CpuHistory counts stolen time and interrupts as busy, and iowait as idle", () => {
    const cpu = new CpuHistory();
    cpu.add(times());
    expect(cpu.add(times({ steal: 1, interrupt: 1, nice: 1, iowait: 15, idle: 102 })).cpuUtilization).toBeCloseTo(0.3, 12);
  });

  it("CpuHistory reports no utilization if the times did not increase, and starts again from there", () => {
    const cpu = new CpuHistory();
    cpu.add(times());
    expect(cpu.add(times())).not.toHaveProperty("cpuUtilization");
    expect(cpu.add({ user: 1, idle: 1 })).not.toHaveProperty("cpuUtilization");
    expect(cpu.add({ user: 2, idle: 4 }).cpuUtilization).toBeCloseTo(0.25, 12);
  });

  it("CpuHistory reports no utilization if only the busy time went back", () => {
    const cpu = new CpuHistory();
    cpu.add(times());
    expect(cpu.add(times({ user: 9, idle: 110 }))).not.toHaveProperty("cpuUtilization");
  });

  it("CpuHistory never reports a utilization above one when the idle time jitters", () => {
    const cpu = new CpuHistory();
    cpu.add(times());
    expect(cpu.add(times({ user: 12, idle: 99.9 })).cpuUtilization).toBe(1);
  });
});

describe("CpuHistory with falling counters", () => {
  it("CpuHistory leaves out a mode that jitters until it is back at its maximum, because a falling counter looks like a reset", () => {
    const cpu = new CpuHistory();
    cpu.add(times());
    const wavering = cpu.add(times({ user: 12, iowait: 9.98 }));
    expect(wavering.cpuTime).toEqual({ user: 12, nice: 0, system: 10, idle: 100, interrupt: 0, steal: 0 });
    expect(cpu.add(times({ user: 13, iowait: 9.99 })).cpuTime).not.toHaveProperty("iowait");
    expect(cpu.add(times({ user: 14, iowait: 10 })).cpuTime?.iowait).toBe(10);
  });

  it("CpuHistory reports a mode that falls far, which is a reset", () => {
    const cpu = new CpuHistory();
    cpu.add(times());
    expect(cpu.add(times({ user: 20, idle: 96 })).cpuTime?.idle).toBe(96);
    expect(cpu.add(times({ user: 21, idle: 97 })).cpuTime?.idle).toBe(97);
  });

  it("CpuHistory reports all modes after a reset of all, however small", () => {
    const cpu = new CpuHistory();
    cpu.add({ user: 2, idle: 2 });
    expect(cpu.add({ user: 0.5, idle: 1 }).cpuTime).toEqual({ user: 0.5, idle: 1 });
  });
});

import { counter, gauge, oneOf, upDownCounter, upTo } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/** A machine, this process on it, and the container around it where there is one. */
export const systemMetrics = defineSampleType(
  "system",
  {
    cpuUtilization: gauge("system.cpu.utilization", "1", {
      max: 1,
      good: "low",
      description: "Busy share of all CPUs since the last tick.",
    }),
    cpuTime: counter("system.cpu.time", "s", {
      description: "Time the CPUs spent in each mode.",
      by: [oneOf("cpu.mode", "user", "nice", "system", "idle", "iowait", "interrupt", "steal")],
    }),
    memoryUsage: upDownCounter("system.memory.usage", "By", {
      description: "Memory in each state.",
      by: [oneOf("system.memory.state", "used", "free", "cached", "buffers")],
    }),
    memoryLimit: upDownCounter("system.memory.limit", "By", { description: "Memory there is." }),
    memoryUtilization: gauge("system.memory.utilization", "1", { max: 1, good: "low", description: "1 - available / total." }),
    loadAverage1m: gauge("system.cpu.load_average.1m", "{thread}", {
      good: "low",
      description: "Threads running or waiting, averaged over a minute.",
    }),
    uptime: gauge("system.uptime", "s", { description: "Time since the machine started." }),
    filesystemUtilization: gauge("system.filesystem.utilization", "1", {
      max: 1,
      good: "low",
      description: "Used share of each local, real filesystem.",
      by: [upTo(32, "system.filesystem.mountpoint")],
    }),
    networkIo: counter("system.network.io", "By", {
      description: "Bytes over each network interface.",
      by: [upTo(32, "network.interface.name"), oneOf("network.io.direction", "receive", "transmit")],
    }),
    diskIo: counter("system.disk.io", "By", {
      description: "Bytes from and to each disk.",
      by: [upTo(32, "system.device"), oneOf("disk.io.direction", "read", "write")],
    }),
    processCpuTime: counter("process.cpu.time", "s", {
      description: "CPU time of this process.",
      by: [oneOf("cpu.mode", "user", "system")],
    }),
    processMemory: upDownCounter("process.memory.usage", "By", { good: "low", description: "Resident memory of this process." }),
    eventLoopDelayP99: gauge("nodejs.eventloop.delay.p99", "s", {
      good: "low",
      description: "99th percentile of this process's event-loop delay since the last tick.",
    }),
    containerCpuTime: counter("container.cpu.time", "s", {
      description: "CPU time of the container's control group.",
      by: [oneOf("cpu.mode", "user", "system")],
    }),
    containerCpuUtilization: gauge("container.cpu.limit_utilization", "1", {
      good: "low",
      description: "CPU used since the last tick as a share of the container's CPU limit.",
    }),
    containerMemoryUsage: upDownCounter("container.memory.usage", "By", { description: "Memory of the container's control group." }),
    containerMemoryLimit: upDownCounter("container.memory.limit", "By", { description: "The container's memory limit." }),
    containerMemoryUtilization: gauge("container.memory.limit_utilization", "1", {
      good: "low",
      description: "Memory used, without reclaimable file cache, as a share of the container's limit.",
    }),
  },
  { "measures something": (values) => Object.values(values).some((value) => value !== undefined) },
);
export type SystemMetrics = Values<typeof systemMetrics>;

import { counter, gauge, oneOf, upDownCounter, upTo } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/** A machine, this process, and the container it runs in, if any. */
export const systemMetrics = defineSampleType(
  "system",
  {
    cpuUtilization: gauge("system.cpu.utilization", "1", {
      max: 1,
      good: "low",
      description: "Share of the CPU time that was busy since the previous tick, over all CPUs.",
    }),
    cpuTime: counter("system.cpu.time", "s", {
      description: "CPU time of the machine, by mode.",
      by: [oneOf("cpu.mode", "user", "nice", "system", "idle", "iowait", "interrupt", "steal")],
    }),
    memoryUsage: upDownCounter("system.memory.usage", "By", {
      description: "Memory of the machine, by state; used is what is not available to programs, so the states do not add up to the limit.",
      by: [oneOf("system.memory.state", "used", "free", "cached", "buffers")],
    }),
    memoryLimit: upDownCounter("system.memory.limit", "By", { description: "Total memory of the machine." }),
    memoryUtilization: gauge("system.memory.utilization", "1", {
      max: 1,
      good: "low",
      description: "Share of the memory that is not available.",
    }),
    swapUtilization: gauge("system.paging.utilization", "1", {
      max: 1,
      good: "low",
      description: "Share of the swap space in use; only with swap space.",
    }),
    loadAverage1m: gauge("system.cpu.load_average.1m", "{thread}", {
      good: "low",
      description: "Running and waiting threads, averaged over one minute.",
    }),
    uptime: gauge("system.uptime", "s", { description: "Time since the machine started." }),
    filesystemUtilization: gauge("system.filesystem.utilization", "1", {
      max: 1,
      good: "low",
      description: "Used share of a filesystem, by mount point: local filesystems that store data, and the root of a container.",
      by: [upTo(32, "system.filesystem.mountpoint")],
    }),
    networkIo: counter("system.network.io", "By", {
      description: "Bytes received and transmitted, by network interface.",
      by: [upTo(32, "network.interface.name"), oneOf("network.io.direction", "receive", "transmit")],
    }),
    diskIo: counter("system.disk.io", "By", {
      description: "Bytes read and written, by disk.",
      by: [upTo(32, "system.device"), oneOf("disk.io.direction", "read", "write")],
    }),
    processCpuTime: counter("process.cpu.time", "s", {
      description: "CPU time of this process, by mode.",
      by: [oneOf("cpu.mode", "user", "system")],
    }),
    processMemory: upDownCounter("process.memory.usage", "By", { good: "low", description: "Resident memory of this process." }),
    eventLoopDelayP99: gauge("nodejs.eventloop.delay.p99", "s", {
      good: "low",
      description: "99th percentile of this process's event loop delay since the previous tick.",
    }),
    containerCpuTime: counter("container.cpu.time", "s", {
      description: "CPU time of the container, by mode; only with a CPU limit.",
      by: [oneOf("cpu.mode", "user", "system")],
    }),
    containerCpuUtilization: gauge("container.cpu.limit_utilization", "1", {
      good: "low",
      description: "CPU used since the previous tick, as a share of the container's CPU limit.",
    }),
    containerMemoryUsage: upDownCounter("container.memory.usage", "By", { description: "Memory of the container, including file cache." }),
    containerMemoryLimit: upDownCounter("container.memory.limit", "By", { description: "Memory limit of the container." }),
    containerMemoryUtilization: gauge("container.memory.limit_utilization", "1", {
      good: "low",
      description: "Memory used, without reclaimable file cache, as a share of the container's memory limit.",
    }),
  },
  { "measures something": (values) => Object.values(values).some((value) => value !== undefined) },
);
/** Values of a sample of `systemMetrics`; see docs/metrics.md for the unit of each. */
export type SystemMetrics = Values<typeof systemMetrics>;

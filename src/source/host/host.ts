import * as z from "zod";
import * as os from "node:os";
import { resolve } from "node:path";
import { systemMetrics, type SystemMetrics } from "../../sample/types/system.ts";
import { messageOf } from "../../base/errors.ts";
import { defineSource, reading } from "../source.ts";
import { Linux } from "./linux.ts";
import { CpuHistory, type CpuTimes } from "./cpu.ts";
import { measured } from "./measured.ts";
import { LOCAL, selectionOf } from "./mounts.ts";
import { OwnProcess } from "./own-process.ts";

const INTERVAL_MS = 1_000;

/** A type as in `/proc/filesystems` and `/proc/self/mountinfo`, or an absolute path. */
const FILESYSTEM = /^(?:[a-zA-Z][a-zA-Z0-9_.+-]*|\/.*)$/;

const options = z.strictObject({
  /**
   * Path of the machine's `/proc`, on Linux. A container that monitors its host mounts the host's `/proc` at another path: CPUs, memory,
   * disks and network are then the host's, filesystems still those that this process sees. Default: `/proc`.
   */
  proc: z.string().min(1).default("/proc"),
  /** Path of the machine's `/sys`, on Linux, for disks and for the limits of this process's control group. Default: `/sys`. */
  sys: z.string().min(1).default("/sys"),
  /**
   * Filesystems to measure, on Linux: types such as `nfs4`, absolute paths such as `/data`, and `local` for local filesystems that store data
   * and the root of a container. A request to a network mount may hang; at most two wait at a time. Default: `[local]`.
   */
  filesystems: z
    .array(
      z.string().max(4_096).regex(FILESYSTEM, 'expected a filesystem type such as "nfs4", an absolute path such as "/data", or "local"'),
    )
    .max(1_000)
    .default([LOCAL]),
});

/** This machine and this process: read from `/proc` and `/sys` on Linux, through Node elsewhere. */
export const host = defineSource({
  kind: "host",
  options,
  open: ({ proc, sys, filesystems }, { baseDir, clock, logger }): Linux | Portable =>
    process.platform === "linux"
      ? new Linux(resolve(baseDir, proc), resolve(baseDir, sys), clock, {
          selection: selectionOf(filesystems),
          onUnreadable: (path, error) => logger.warn(`the filesystem of "${path}" cannot be read: ${messageOf(error)}`),
        })
      : new Portable(),
  readings: [reading(systemMetrics, (machine: Linux | Portable, signal) => machine.read(signal), { intervalMs: INTERVAL_MS })],
});

const MILLISECONDS = 1e3;

/** Any machine that Node supports, read through `node:os`, which has no network, disks or filesystems. */
export class Portable implements Disposable {
  readonly #platform: NodeJS.Platform;
  readonly #process = new OwnProcess();
  readonly #cpu = new CpuHistory();

  /** @param platform decides which zeros of `node:os` mean "not measured"; default: this machine's */
  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
  }

  read(): SystemMetrics {
    const limit = os.totalmem();
    const free = os.freemem();
    const cpus = os.cpus();
    return measured({
      // Some systems hide their CPUs; the list is then empty.
      ...(cpus.length === 0 ? {} : this.#cpu.add(timesOf(cpus, this.#platform))),
      memoryLimit: limit,
      memoryUsage: { used: limit - free, free },
      uptime: os.uptime(),
      loadAverage1m: this.#platform === "win32" ? undefined : os.loadavg()[0],
      ...this.#process.read(),
    });
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }
}

/** The times of all CPUs in seconds. Windows has no `nice` and macOS no interrupts: libuv returns zero for them. */
function timesOf(cpus: readonly os.CpuInfo[], platform: NodeJS.Platform): CpuTimes {
  const seconds = (mode: keyof os.CpuInfo["times"]): number => cpus.reduce((sum, { times }) => sum + times[mode], 0) / MILLISECONDS;
  return {
    user: seconds("user"),
    system: seconds("sys"),
    idle: seconds("idle"),
    ...(platform === "win32" ? {} : { nice: seconds("nice") }),
    ...(platform === "darwin" ? {} : { interrupt: seconds("irq") }),
  };
}

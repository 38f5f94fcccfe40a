import * as z from "zod";
import * as os from "node:os";
import { resolve } from "node:path";
import { systemMetrics, type SystemMetrics } from "../../sample/types/system.ts";
import { defineSource, reading } from "../source.ts";
import { Linux } from "./linux.ts";
import { CpuHistory, type CpuTimes } from "./cpu.ts";
import { measured } from "./measured.ts";
import { OwnProcess } from "./own-process.ts";

const INTERVAL_MS = 1_000;

const options = z.strictObject({
  /**
   * Where the machine's `/proc` is, on Linux. A container that watches its host mounts the host's elsewhere: CPUs, memory, disks
   * and network are then the host's; filesystems stay those that this process sees. Default `/proc`.
   */
  proc: z.string().min(1).default("/proc"),
  /** Where the machine's `/sys` is, on Linux: for disks, and for the limits of this process's control group. Default `/sys`. */
  sys: z.string().min(1).default("/sys"),
});

/** The machine this runs on, and this process: `/proc` and `/sys` on Linux, what Node knows elsewhere. */
export const host = defineSource({
  kind: "host",
  options,
  open: ({ proc, sys }, { baseDir, clock }): Linux | Portable =>
    process.platform === "linux" ? new Linux(resolve(baseDir, proc), resolve(baseDir, sys), clock) : new Portable(),
  readings: [reading(systemMetrics, (machine: Linux | Portable, signal) => machine.read(signal), { intervalMs: INTERVAL_MS })],
});

const MILLISECONDS = 1e3;

/** Any machine that Node runs on, through `node:os`. It knows no network, disks or filesystems, so these are absent. */
export class Portable implements Disposable {
  readonly #platform: NodeJS.Platform;
  readonly #process = new OwnProcess();
  readonly #cpu = new CpuHistory();

  /** @param platform decides which of the zeros that `node:os` answers are no measurement; default this machine's */
  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
  }

  read(): SystemMetrics {
    const limit = os.totalmem();
    const free = os.freemem();
    const cpus = os.cpus();
    return measured({
      // Some systems keep their CPUs to themselves; then the list is empty.
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

/** The times of all CPUs in seconds. Windows knows no `nice` and macOS no interrupts: libuv answers zero for them. */
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

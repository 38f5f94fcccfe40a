import * as os from "node:os";
import type { SystemMetrics } from "../../sample/system-metrics.ts";
import { CpuHistory, type CpuTimes } from "./cpu.ts";
import { measured } from "./measured.ts";
import { OwnProcess } from "./own-process.ts";

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

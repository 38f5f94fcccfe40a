import * as os from "node:os";
import type { SystemMetrics } from "../../sample/system-metrics.ts";
import { busyShare, type CpuTotals } from "./cpu.ts";
import { OwnProcess } from "./own-process.ts";

const MILLISECONDS = 1_000;

/** Any machine that Node runs on, through `node:os`. It knows no network, disks or filesystems, so these are absent. */
export class Portable implements Disposable {
  readonly #process = new OwnProcess();
  #cpuBefore: CpuTotals | undefined;

  read(): SystemMetrics {
    const limit = os.totalmem();
    const free = os.freemem();
    const [loadAverage1m] = os.loadavg();
    return {
      ...this.#cpu(),
      memoryLimit: limit,
      memoryUsage: { used: limit - free, free },
      uptime: os.uptime(),
      // Windows has no load average; Node answers zero for it.
      ...(loadAverage1m === undefined || process.platform === "win32" ? {} : { loadAverage1m }),
      ...this.#process.read(),
    };
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }

  #cpu(): SystemMetrics {
    const times = { user: 0, nice: 0, system: 0, idle: 0, interrupt: 0 };
    for (const cpu of os.cpus()) {
      times.user += cpu.times.user / MILLISECONDS;
      times.nice += cpu.times.nice / MILLISECONDS;
      times.system += cpu.times.sys / MILLISECONDS;
      times.idle += cpu.times.idle / MILLISECONDS;
      times.interrupt += cpu.times.irq / MILLISECONDS;
    }
    const busy = times.user + times.nice + times.system + times.interrupt;
    const totals = { busy, whole: busy + times.idle };
    const cpuUtilization = busyShare(this.#cpuBefore, totals);
    this.#cpuBefore = totals;
    return { cpuTime: times, ...(cpuUtilization === undefined ? {} : { cpuUtilization }) };
  }
}

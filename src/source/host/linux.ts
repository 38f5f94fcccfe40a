import { existsSync } from "node:fs";
import { join } from "node:path";
import { elapsedMs, type Clock } from "../../base/clock.ts";
import type { SystemMetrics } from "../../sample/types/system.ts";
import { ByteReader } from "./byte-reader.ts";
import { findControlGroup, type ControlGroup } from "./control-group.ts";
import { CpuHistory, parseCpu } from "./cpu.ts";
import { Disks, parseDisks, parseNetwork } from "./io.ts";
import { Filesystems, type FilesystemSettings } from "./filesystem.ts";
import { ProcFile } from "./proc-file.ts";
import { known, measured } from "./measured.ts";
import { parseMemory } from "./memory.ts";
import { OwnProcess } from "./own-process.ts";

/** Enough for the first line, which sums all CPUs in ten 64-bit numbers. Lines for each CPU and each interrupt follow. */
const CPU_LINE_SIZE = 256;

/** A Linux machine, read from `/proc` and `/sys`. A field that cannot be read is absent. */
export class Linux implements Disposable {
  readonly #clock: Clock;
  readonly #reader = new ByteReader();
  readonly #stat: ProcFile;
  readonly #meminfo: ProcFile;
  readonly #loadavg: ProcFile;
  readonly #uptime: ProcFile;
  readonly #networkFile: ProcFile;
  readonly #diskstats: ProcFile;
  readonly #cpu = new CpuHistory();
  readonly #disks: Disks;
  readonly #filesystems: Filesystems;
  readonly #group: ControlGroup | undefined;
  readonly #process = new OwnProcess();

  /**
   * @param proc path of the machine's `/proc`
   * @param sys path of the machine's `/sys`
   * @param filesystems which filesystems to measure; default: local ones
   */
  constructor(proc: string, sys: string, clock: Clock, filesystems: FilesystemSettings = {}) {
    this.#clock = clock;
    this.#stat = new ProcFile(join(proc, "stat"), CPU_LINE_SIZE);
    this.#meminfo = new ProcFile(join(proc, "meminfo"));
    this.#loadavg = new ProcFile(join(proc, "loadavg"));
    this.#uptime = new ProcFile(join(proc, "uptime"));
    this.#networkFile = new ProcFile(networkPath(proc));
    this.#diskstats = new ProcFile(join(proc, "diskstats"));
    this.#disks = new Disks(join(sys, "block"));
    this.#filesystems = new Filesystems(join(proc, "self/mountinfo"), clock, undefined, filesystems);
    this.#group = findControlGroup(proc, sys, this.#reader);
  }

  /** Takes as long as the filesystems take to answer, at most 250 ms; everything else is read immediately. */
  async read(signal: AbortSignal): Promise<SystemMetrics> {
    const utilization = this.#filesystems.read(signal);
    const values = measured({
      ...this.#cpuReading(),
      ...this.#parse(this.#meminfo, parseMemory),
      loadAverage1m: this.#parse(this.#loadavg, firstNumber),
      uptime: this.#parse(this.#uptime, firstNumber),
      networkIo: this.#parse(this.#networkFile, parseNetwork),
      diskIo: this.#parse(this.#diskstats, (reader) => parseDisks(reader, this.#disks.has)),
      ...this.#process.read(),
      ...this.#group?.read(elapsedMs(this.#clock)),
    });
    return measured({ ...values, filesystemUtilization: await utilization });
  }

  /** Closes the files and stops measuring the event loop. A reading in progress ends without the fields it has not read yet. */
  [Symbol.dispose](): void {
    for (const file of [this.#stat, this.#meminfo, this.#loadavg, this.#uptime, this.#networkFile, this.#diskstats]) file[Symbol.dispose]();
    this.#filesystems[Symbol.dispose]();
    this.#group?.[Symbol.dispose]();
    this.#process[Symbol.dispose]();
  }

  #cpuReading(): SystemMetrics {
    const times = this.#parse(this.#stat, parseCpu);
    return times ? this.#cpu.add(times) : {};
  }

  #parse<T>(file: ProcFile, parse: (reader: ByteReader) => T): T | undefined {
    const bytes = file.read();
    return bytes && parse(this.#reader.over(bytes));
  }
}

const firstNumber = (reader: ByteReader): number | undefined => known(reader.number());

/**
 * `/proc/net` shows the network of the process that reads it. In a container that is the container's own, even if the host's `/proc` is
 * mounted at another path; the host's network is that of its process 1.
 */
function networkPath(proc: string): string {
  const first = join(proc, "1/net/dev");
  return proc !== "/proc" && existsSync(first) ? first : join(proc, "net/dev");
}

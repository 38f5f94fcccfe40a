import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import type { SystemMetrics } from "../../sample/system-metrics.ts";
import { ByteReader } from "./byte-reader.ts";
import { ControlGroup } from "./control-group.ts";
import { busyShare, parseCpu, type CpuTotals } from "./cpu.ts";
import { Filesystems } from "./filesystem.ts";
import { HeldFile } from "./held-file.ts";
import { parseMemory } from "./memory.ts";
import { OwnProcess } from "./own-process.ts";
import { parseDisks, parseNetwork } from "./traffic.ts";

/** Devices that are no disks of their own: they count what another device counts, or no disk at all. */
const NO_DISK = /^(loop|ram|zram|dm-|md|sr|fd)/;

type ProcFile = "stat" | "meminfo" | "loadavg" | "uptime" | "net" | "diskstats";

/** A Linux machine, read from `/proc` and `/sys`. What cannot be read is absent; the rest goes on. */
export class Linux implements Disposable {
  readonly #clock: Clock;
  readonly #reader = new ByteReader();
  readonly #files: Readonly<Record<ProcFile, HeldFile>>;
  readonly #filesystems: Filesystems;
  readonly #group: ControlGroup | undefined;
  readonly #process = new OwnProcess();
  readonly #blockDevices: string;
  readonly #disks = new Map<string, boolean>();
  #cpuBefore: CpuTotals | undefined;

  constructor(proc: string, sys: string, clock: Clock) {
    const held = (path: string): HeldFile => new HeldFile(join(proc, path));
    this.#clock = clock;
    this.#files = {
      stat: held("stat"),
      meminfo: held("meminfo"),
      loadavg: held("loadavg"),
      uptime: held("uptime"),
      net: held("net/dev"),
      diskstats: held("diskstats"),
    };
    this.#filesystems = new Filesystems(join(proc, "self/mountinfo"));
    this.#group = ControlGroup.find(proc, sys);
    this.#blockDevices = join(sys, "block");
  }

  async read(signal: AbortSignal): Promise<SystemMetrics> {
    const filesystemUtilization = await this.#filesystems.read(signal);
    const memory = this.#parse("meminfo", parseMemory);
    const loadAverage1m = this.#parse("loadavg", first);
    const uptime = this.#parse("uptime", first);
    const networkIo = this.#parse("net", parseNetwork);
    const diskIo = this.#parse("diskstats", (reader) => parseDisks(reader, (device) => this.#isDisk(device)));
    return {
      ...this.#cpu(),
      ...memory,
      ...(loadAverage1m === undefined ? {} : { loadAverage1m }),
      ...(uptime === undefined ? {} : { uptime }),
      ...(filesystemUtilization === undefined ? {} : { filesystemUtilization }),
      ...(networkIo === undefined ? {} : { networkIo }),
      ...(diskIo === undefined ? {} : { diskIo }),
      ...this.#process.read(),
      ...this.#group?.read(this.#clock.monotonicMs()),
    };
  }

  [Symbol.dispose](): void {
    for (const file of Object.values(this.#files)) file[Symbol.dispose]();
    this.#group?.[Symbol.dispose]();
    this.#process[Symbol.dispose]();
  }

  #parse<T>(file: ProcFile, parse: (reader: ByteReader) => T): T | undefined {
    const bytes = this.#files[file].read();
    return bytes && parse(this.#reader.over(bytes));
  }

  #cpu(): SystemMetrics {
    const reading = this.#parse("stat", parseCpu);
    if (!reading) return {};
    const cpuUtilization = busyShare(this.#cpuBefore, reading.totals);
    this.#cpuBefore = reading.totals;
    return { cpuTime: reading.cpuTime, ...(cpuUtilization === undefined ? {} : { cpuUtilization }) };
  }

  /** Whole disks have an entry of their own in `/sys/block`; looked up when a device is first seen. */
  #isDisk(device: string): boolean {
    let isDisk = this.#disks.get(device);
    if (isDisk === undefined) {
      isDisk = !NO_DISK.test(device) && names(this.#blockDevices).includes(device);
      this.#disks.set(device, isDisk);
    }
    return isDisk;
  }
}

function first(reader: ByteReader): number | undefined {
  const value = reader.number();
  return Number.isNaN(value) ? undefined : value;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

import { join } from "node:path";
import { ascii, type ByteReader } from "./byte-reader.ts";
import type { Controllers, CpuController, CpuTime, GroupMemory, MemoryController } from "./controllers.ts";
import { groupFolders, groupPaths, smallest } from "./group-folder.ts";
import { known } from "./measured.ts";
import { ProcFile } from "./proc-file.ts";

const MICROSECONDS = 1e6;
const CPU_KEYS = ["usage_usec ", "user_usec ", "system_usec "].map(ascii);
const INACTIVE_FILE = [ascii("inactive_file ")];

/** The controllers of this process's group in the hierarchy of version 2 at `root`; undefined if that is no such hierarchy. */
export function findControllersV2(proc: string, root: string, reader: ByteReader): Controllers | undefined {
  const path = groupPaths(proc).find(({ controllers }) => controllers.length === 0)?.path;
  const folders = path === undefined ? undefined : groupFolders(root, path, "cgroup.controllers");
  return folders && { cpu: new Cpu(folders, reader), memory: new Memory(folders, reader) };
}

class Cpu implements CpuController {
  readonly #reader: ByteReader;
  readonly #limits: readonly ProcFile[];
  readonly #stat: ProcFile;

  constructor(folders: readonly [string, ...string[]], reader: ByteReader) {
    this.#reader = reader;
    this.#limits = folders.map((folder) => new ProcFile(join(folder, "cpu.max")));
    this.#stat = new ProcFile(join(folders[0], "cpu.stat"));
  }

  limit(): number | undefined {
    return smallest(this.#limits.map((file) => this.#quota(file)));
  }

  time(): CpuTime {
    const bytes = this.#stat.read();
    const [total, user, system] = bytes ? this.#reader.over(bytes).keyed(CPU_KEYS) : [];
    return { total: seconds(total), user: seconds(user), system: seconds(system) };
  }

  [Symbol.dispose](): void {
    for (const file of [...this.#limits, this.#stat]) file[Symbol.dispose]();
  }

  /** `cpu.max` in CPUs: the microseconds that the group may use in each period, divided by the period. `max` means no limit. */
  #quota(file: ProcFile): number | undefined {
    const bytes = file.read();
    return bytes && known(this.#reader.over(bytes).number() / this.#reader.number());
  }
}

class Memory implements MemoryController {
  readonly #reader: ByteReader;
  readonly #limits: readonly ProcFile[];
  readonly #current: ProcFile;
  readonly #stat: ProcFile;

  constructor(folders: readonly [string, ...string[]], reader: ByteReader) {
    this.#reader = reader;
    this.#limits = folders.map((folder) => new ProcFile(join(folder, "memory.max")));
    this.#current = new ProcFile(join(folders[0], "memory.current"));
    this.#stat = new ProcFile(join(folders[0], "memory.stat"));
  }

  limit(): number | undefined {
    return smallest(this.#limits.map((file) => this.#number(file)));
  }

  usage(): GroupMemory {
    const usage = this.#number(this.#current);
    const stat = this.#stat.read();
    return { usage, inactive: stat && known(this.#reader.over(stat).keyed(INACTIVE_FILE)[0]) };
  }

  [Symbol.dispose](): void {
    for (const file of [...this.#limits, this.#current, this.#stat]) file[Symbol.dispose]();
  }

  #number(file: ProcFile): number | undefined {
    const bytes = file.read();
    return bytes && known(this.#reader.over(bytes).number());
  }
}

const seconds = (microseconds: number | undefined): number | undefined => known(microseconds && microseconds / MICROSECONDS);

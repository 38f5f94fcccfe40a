import { join } from "node:path";
import { ascii, type ByteReader } from "./byte-reader.ts";
import type { Controllers, CpuController, CpuTime, GroupMemory, MemoryController } from "./controllers.ts";
import { USER_HZ } from "./cpu.ts";
import { groupFolders, groupPaths, smallest, type GroupPath } from "./group-folder.ts";
import { known } from "./measured.ts";
import { ProcFile } from "./proc-file.ts";

const NANOSECONDS = 1e9;
const CPU_KEYS = ["user ", "system "].map(ascii);
const LIMIT = [ascii("hierarchical_memory_limit ")];
const INACTIVE_FILE = [ascii("total_inactive_file ")];

/** Bytes from which a memory limit means none: the kernel reports the largest multiple of its page size below 2^63, which depends on that. */
const UNLIMITED = 2 ** 62;

/**
 * The controllers of this process's groups in the hierarchies of version 1, one for each controller; undefined if neither CPU nor memory
 * has one that is visible.
 *
 * @param root the folder in which the hierarchies are mounted
 */
export function findControllersV1(proc: string, root: string, reader: ByteReader): Controllers | undefined {
  const groups = groupPaths(proc);
  const quota = foldersOf("cpu", "cpu.cfs_quota_us", groups, root);
  const account = foldersOf("cpuacct", "cpuacct.usage", groups, root);
  const memory = foldersOf("memory", "memory.stat", groups, root);
  if (!quota && !memory) return undefined;
  return {
    cpu: quota && new Cpu(quota, account?.[0], reader),
    memory: memory && new Memory(memory[0], reader),
  };
}

/** The folders of a controller's groups. Controllers of one hierarchy share a folder that is named for all, with a link for each. */
function foldersOf(
  controller: string,
  file: string,
  groups: readonly GroupPath[],
  root: string,
): readonly [string, ...string[]] | undefined {
  const group = groups.find(({ controllers }) => controllers.includes(controller));
  if (!group) return undefined;
  for (const folder of [controller, group.controllers.join(",")]) {
    const folders = groupFolders(join(root, folder), group.path, file);
    if (folders) return folders;
  }
  return undefined;
}

class Cpu implements CpuController {
  readonly #reader: ByteReader;
  readonly #limits: readonly { readonly quota: ProcFile; readonly period: ProcFile }[];
  readonly #usage: ProcFile | undefined;
  readonly #stat: ProcFile | undefined;

  /** @param account the folder of the group in the hierarchy of `cpuacct`, if there is one */
  constructor(folders: readonly string[], account: string | undefined, reader: ByteReader) {
    this.#reader = reader;
    this.#limits = folders.map((folder) => ({
      quota: new ProcFile(join(folder, "cpu.cfs_quota_us")),
      period: new ProcFile(join(folder, "cpu.cfs_period_us")),
    }));
    if (account === undefined) return;
    this.#usage = new ProcFile(join(account, "cpuacct.usage"));
    this.#stat = new ProcFile(join(account, "cpuacct.stat"));
  }

  /** A quota of -1 means no limit; it is no number to the reader. */
  limit(): number | undefined {
    return smallest(
      this.#limits.map(({ quota, period }) => known((numberIn(quota, this.#reader) ?? NaN) / (numberIn(period, this.#reader) ?? NaN))),
    );
  }

  time(): CpuTime {
    const usage = this.#usage && numberIn(this.#usage, this.#reader);
    const stat = this.#stat?.read();
    const [user, system] = stat ? this.#reader.over(stat).keyed(CPU_KEYS) : [];
    return { total: usage && usage / NANOSECONDS, user: known(user && user / USER_HZ), system: known(system && system / USER_HZ) };
  }

  [Symbol.dispose](): void {
    for (const { quota, period } of this.#limits) {
      quota[Symbol.dispose]();
      period[Symbol.dispose]();
    }
    this.#usage?.[Symbol.dispose]();
    this.#stat?.[Symbol.dispose]();
  }
}

class Memory implements MemoryController {
  readonly #reader: ByteReader;
  readonly #usage: ProcFile;
  readonly #stat: ProcFile;

  constructor(folder: string, reader: ByteReader) {
    this.#reader = reader;
    this.#usage = new ProcFile(join(folder, "memory.usage_in_bytes"));
    this.#stat = new ProcFile(join(folder, "memory.stat"));
  }

  /** The kernel computes the smallest limit of the groups that limit this one. */
  limit(): number | undefined {
    const limit = this.#inStat(LIMIT);
    return limit === undefined || limit >= UNLIMITED ? undefined : smallest([limit]);
  }

  usage(): GroupMemory {
    return { usage: numberIn(this.#usage, this.#reader), inactive: this.#inStat(INACTIVE_FILE) };
  }

  [Symbol.dispose](): void {
    this.#usage[Symbol.dispose]();
    this.#stat[Symbol.dispose]();
  }

  #inStat(key: readonly Uint8Array[]): number | undefined {
    const stat = this.#stat.read();
    return stat && known(this.#reader.over(stat).keyed(key)[0]);
  }
}

function numberIn(file: ProcFile, reader: ByteReader): number | undefined {
  const bytes = file.read();
  return bytes && known(reader.over(bytes).number());
}

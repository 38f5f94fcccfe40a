/** CPU time of a group since its creation, in seconds. */
export interface CpuTime {
  readonly total: number | undefined;
  readonly user: number | undefined;
  readonly system: number | undefined;
}

/** The CPU controller of a group. */
export interface CpuController extends Disposable {
  /** The limit in CPUs, the smallest of the group and those around it; undefined without a limit. */
  limit(): number | undefined;
  time(): CpuTime;
}

/** Memory of a group, in bytes. */
export interface GroupMemory {
  /** Memory in use, including file cache. */
  readonly usage: number | undefined;
  /** File cache that was not used lately, which the kernel reclaims on demand. */
  readonly inactive: number | undefined;
}

/** The memory controller of a group. */
export interface MemoryController extends Disposable {
  /** The smallest limit of the group and those around it, in bytes; undefined without one. */
  limit(): number | undefined;
  usage(): GroupMemory;
}

/** The controllers of a group that exist and are visible. */
export interface Controllers {
  readonly cpu: CpuController | undefined;
  readonly memory: MemoryController | undefined;
}

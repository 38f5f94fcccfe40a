import { resolve } from "node:path";
import * as z from "zod";
import { systemMetrics } from "../../sample/system-metrics.ts";
import { defineSource, reading } from "../source.ts";
import { Linux } from "./linux.ts";
import { Portable } from "./portable.ts";

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

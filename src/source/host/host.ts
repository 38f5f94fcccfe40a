import * as z from "zod";
import { systemMetrics } from "../../sample/system-metrics.ts";
import { defineSource, reading } from "../source.ts";
import { Linux } from "./linux.ts";
import { Portable } from "./portable.ts";

const options = z.strictObject({
  /** Where the machine's `/proc` is; a container that watches its host mounts it elsewhere. */
  proc: z.string().default("/proc"),
  /** Where the machine's `/sys` is. */
  sys: z.string().default("/sys"),
});

/** The machine this runs on, and this process: `/proc` and `/sys` on Linux, what Node knows elsewhere. */
export const host = defineSource({
  kind: "host",
  options,
  open: ({ proc, sys }, { clock }): Linux | Portable => (process.platform === "linux" ? new Linux(proc, sys, clock) : new Portable()),
  readings: [reading(systemMetrics, (machine: Linux | Portable, signal) => machine.read(signal), { intervalMs: 1_000 })],
});

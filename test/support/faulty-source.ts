import * as z from "zod";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defineSampleType, defineSource, gauge, reading, VitalsError } from "../../src/index.ts";

/** How a source behaves; a test writes it into the source's file. */
export type Fault =
  | { readonly mode: "good" }
  | { readonly mode: "fails" }
  | { readonly mode: "hangs" }
  | { readonly mode: "aborts" }
  | { readonly mode: "slow"; readonly ms: number }
  | { readonly mode: "blocks"; readonly ms: number }
  | { readonly mode: "waits"; readonly ms: number }
  | { readonly mode: "fills"; readonly mebibytes: number };

const faultyMetrics = defineSampleType("faulty", { depth: gauge("faulty.depth", "{job}", { good: "low" }) });

/** Memory that `fills` holds until the source is good again. */
const held = new Map<string, readonly number[][]>();

/** A source kind with real faults: it fails, hangs, is slow, blocks the event loop (with work, or waiting) or fills the heap, as its file says. */
export default defineSource({
  kind: "faulty",
  options: z.strictObject({ file: z.string() }),
  open: ({ file }, { baseDir }) => ({ file: join(baseDir, file) }),
  readings: [
    reading(faultyMetrics, async ({ file }: { readonly file: string }, signal) => {
      const fault = JSON.parse(await readFile(file, "utf8")) as Fault;
      if (fault.mode !== "fills") held.delete(file);
      if (fault.mode === "fails") throw new Error("out of order");
      // A reading that was aborted makes no sample.
      if (fault.mode === "aborts") throw new VitalsError("aborted", "given up by the source itself");
      if (fault.mode === "hangs") await aborted(signal);
      if (fault.mode === "slow") await aborted(AbortSignal.any([signal, AbortSignal.timeout(fault.ms)]));
      if (fault.mode === "blocks") for (const end = performance.now() + fault.ms; performance.now() < end;);
      if (fault.mode === "waits") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fault.ms);
      if (fault.mode === "fills" && !held.has(file)) held.set(file, fill(fault.mebibytes));
      return { depth: 1 };
    }),
  ],
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Arrays of doubles: eight bytes a number, on the heap. */
const fill = (mebibytes: number): readonly number[][] => Array.from({ length: mebibytes }, (_, n) => Array<number>(131_072).fill(n + 0.5));

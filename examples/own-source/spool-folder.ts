/**
 * A source of your own: how many files wait in a spool folder, and how old the oldest is.
 *
 * In your program you import from "otel-vitals" instead of the relative path. The configuration beside this file loads it by
 * path; run it with: npm start -- --config examples/own-source/otel-config.yaml
 */
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { defineSampleType, defineSource, gauge, reading } from "../../src/index.ts";

export const spoolMetrics = defineSampleType("spool", {
  waiting: gauge("spool.files", "{file}", { good: "low", description: "Files waiting in the folder." }),
  oldestAge: gauge("spool.oldest.age", "s", { good: "low", description: "Age of the oldest file." }),
});

interface Spool {
  readonly folder: string;
  readonly nowMs: () => number;
}

export default defineSource({
  kind: "spool-folder",
  options: z.strictObject({ path: z.string() }),
  open: ({ path }, { baseDir, clock }): Spool => ({ folder: resolve(baseDir, path), nowMs: () => clock.wallMs() }),
  readings: [
    reading(spoolMetrics, async ({ folder, nowMs }: Spool, signal) => {
      const names = await readdir(folder);
      let waiting = 0;
      let oldestMs = Number.POSITIVE_INFINITY;
      for (const name of names) {
        signal.throwIfAborted();
        const file = await stat(join(folder, name)).catch(unlessTaken);
        if (!file?.isFile()) continue;
        waiting += 1;
        oldestMs = Math.min(oldestMs, file.mtimeMs);
      }
      // No file, no age: what was not measured is absent.
      if (waiting === 0) return { waiting };
      return { waiting, oldestAge: Math.max(0, nowMs() - oldestMs) / 1_000 };
    }),
  ],
});

/** A file that was taken out of the folder since it was listed no longer waits; any other error makes the sample `failed`. */
function unlessTaken(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/**
 * A custom source: the number of files waiting in a spool folder, and the age of the oldest.
 *
 * In your program, import from "otel-vitals" instead of the relative path. The configuration next to this file loads it by
 * path; run it with: npm start -- --config examples/custom-source/otel-config.yaml
 */
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { defineSampleType, defineSource, gauge, reading, upDownCounter, type Clock, type Logger } from "../../src/index.ts";

export const spoolMetrics = defineSampleType("spool", {
  waiting: upDownCounter("spool.files", "{file}", { good: "low", description: "Files waiting in the folder." }),
  oldestAge: gauge("spool.oldest.age", "s", { good: "low", description: "Age of the oldest file." }),
});

interface Spool {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export default defineSource({
  kind: "spool-folder",
  options: z.strictObject({ path: z.string() }),
  open: ({ path }, { baseDir, clock, logger }): Spool => ({ folder: resolve(baseDir, path), clock, logger }),
  readings: [
    reading(spoolMetrics, async ({ folder, clock, logger }: Spool, signal) => {
      const names = await readdir(folder);
      let waiting = 0;
      let oldestMs = Number.POSITIVE_INFINITY;
      for (const name of names) {
        signal.throwIfAborted();
        const file = await stat(join(folder, name)).catch(unlessRemoved);
        if (!file) logger.debug("a file was removed while the folder was read", { name });
        if (!file?.isFile()) continue;
        waiting += 1;
        oldestMs = Math.min(oldestMs, file.mtimeMs);
      }
      // Without a file there is no age: a value that was not measured is absent.
      if (waiting === 0) return { waiting };
      return { waiting, oldestAge: Math.max(0, clock.wallMs() - oldestMs) / 1_000 };
    }),
  ],
});

/** Ignores a file that was removed after the folder was listed; any other error makes the sample `failed`. */
function unlessRemoved(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

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

export default defineSource({
  kind: "spool-folder",
  options: z.strictObject({ path: z.string() }),
  open: ({ path }, { baseDir, clock }) => ({ folder: resolve(baseDir, path), now: () => clock.wallMs() }),
  readings: [
    reading(spoolMetrics, async ({ folder, now }: { folder: string; now: () => number }, signal) => {
      const names = await readdir(folder);
      signal.throwIfAborted();
      const modified = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
      // No file, no age: what was not measured is absent.
      if (modified.length === 0) return { waiting: 0 };
      return { waiting: modified.length, oldestAge: Math.max(0, now() - Math.min(...modified)) / 1_000 };
    }),
  ],
});

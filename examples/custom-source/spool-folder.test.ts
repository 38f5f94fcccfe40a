/**
 * Tests of the custom source, as its author would write them; run them with: node --test examples/custom-source/spool-folder.test.ts
 *
 * In your program, import from "otel-vitals" and "otel-vitals/testing" instead of the relative paths.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as z from "zod";
import { createCollector, defineSource, isVitalsError, reading } from "../../src/index.ts";
import { checkSource, ManualClock, readOnce, RecordingSink } from "../../src/testing.ts";
import spoolFolder, { spoolMetrics } from "./spool-folder.ts";

let folder: string;
before(async () => void (folder = await mkdtemp(join(tmpdir(), "spool-"))));
after(() => rm(folder, { recursive: true }));

test("spool-folder counts the waiting files and measures the age of the oldest", async () => {
  const clock = new ManualClock({ wallMs: Date.UTC(2026, 0, 1, 12, 0, 0) });
  await writeFile(join(folder, "letter"), "");
  await utimes(join(folder, "letter"), new Date(), new Date("2026-01-01T11:58:30Z"));
  const values = await readOnce(spoolFolder, { path: folder }, spoolMetrics, { clock });
  assert.deepEqual(values, { waiting: 1, oldestAge: 90 });
});

test("spool-folder fails if the folder does not exist", async () => {
  await assert.rejects(
    readOnce(spoolFolder, { path: join(folder, "absent") }, spoolMetrics),
    (error) => isVitalsError(error) && error.code === "source_failed",
  );
});

test("spool-folder behaves as a collector requires", async () => {
  assert.deepEqual(await checkSource(spoolFolder, { path: folder }), []);
});

test("SpoolStuck fires once a file has waited for ten minutes", async () => {
  const clock = new ManualClock();
  const sink = new RecordingSink();
  const arrivedMs = clock.monotonicMs();
  // The clock does not wait for a real folder, so this kind returns the values of a file that stays in the folder.
  const stuck = defineSource({
    kind: "stuck-spool",
    options: z.strictObject({}),
    open: () => clock,
    readings: [reading(spoolMetrics, (now: ManualClock) => ({ waiting: 1, oldestAge: (now.monotonicMs() - arrivedMs) / 1_000 }))],
  });
  const collector = createCollector(
    {
      sources: { outbox: { kind: "stuck-spool" } },
      collections: { spool: { source: "outbox", interval: "10s" } },
      health: { rules: [{ name: "SpoolStuck", collection: "spool", field: "oldestAge", above: 600, status: "unhealthy" }] },
    },
    { clock, sinks: [sink], sourceKinds: [stuck] },
  );
  await collector.start();
  await clock.advance(9 * 60_000);
  assert.equal(sink.alerts.length, 0);
  await clock.advance(2 * 60_000);
  assert.deepEqual(
    sink.alerts.map(({ labels, state }) => `${labels.alertname} ${state}`),
    ["SpoolStuck firing"],
  );
  await collector.shutdown();
});

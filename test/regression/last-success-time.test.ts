/**
 * Pins a fault found by comparing a scrape with a push (docs/decisions/0043): the time of the last success was computed from two clocks at
 * each export, so that two readers of the same sample reported times that differed by fractions of a millisecond.
 */
import { expect, it } from "vitest";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

it("every reader reports the same time of the last success, also after the wall clock was set", async () => {
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
  const clock = new ManualClock();
  const { collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"], "1m"), { telemetry, clock });
  await collector.start();
  await clock.advance(60_000);
  const reported = async (): Promise<string | undefined> =>
    /^vitals_collection_last_success_time_seconds\{.*\} (.+)$/m.exec((await telemetry.scrape?.())?.text ?? "")?.[1];
  const first = await reported();
  expect(Number(first)).toBe(Date.parse(String(collector.collection("jobs").recent(1)[0]?.time)) / 1_000);
  clock.stepWall(0.3);
  clock.block(10_000);
  expect(await reported()).toBe(first);
  await collector.shutdown();
  await telemetry.shutdown(1_000);
});

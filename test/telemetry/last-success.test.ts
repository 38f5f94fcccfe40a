import { expect, it } from "vitest";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { SimulatedClock } from "../support/simulated-clock.ts";

it("tells the time of the newest success as it was then, however the clock is set since, so that two readers tell the same", async () => {
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
  const clock = new SimulatedClock();
  const { collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"], "1m"), { telemetry, clock });
  await collector.start();
  await clock.advance(60_000);
  const told = async (): Promise<string | undefined> =>
    /^vitals_collection_last_success_time_seconds\{.*\} (.+)$/m.exec((await telemetry.scrape?.())?.text ?? "")?.[1];
  const first = await told();
  expect(Number(first)).toBe(Date.parse(String(collector.collection("jobs").recent(1)[0]?.time)) / 1_000);
  clock.stepWall(0.3);
  clock.block(10_000);
  expect(await told()).toBe(first);
  await collector.shutdown();
  await telemetry.shutdown(1_000);
});

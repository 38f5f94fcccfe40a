import { describe, expect, it } from "vitest";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { settle, ManualClock } from "../../src/base/manual-clock.ts";

describe("vitals.alert.suppressed", () => {
  it("vitals.alert.suppressed counts what began and ended within the start-up grace, once the grace is over", async () => {
    const clock = new ManualClock();
    const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
    const health = { rules: [{ name: "Deep", collection: "jobs", field: "depth", above: 10 }] };
    let depth = 99;
    const { collector } = scriptedCollector({ jobs: () => ({ depth }) }, { ...each(["jobs"]), health }, { clock, telemetry });
    const startup = async (): Promise<readonly string[]> =>
      ((await telemetry.scrape?.())?.text ?? "")
        .split("\n")
        .filter((line) => line.startsWith("vitals_alert_suppressed_total{") && line.includes('vitals_suppression_reason="startup"'))
        .map((line) => line.slice(line.lastIndexOf(" ") + 1));
    await collector.start();
    await clock.advance(5_000);
    depth = 1;
    await clock.advance(20_000);
    expect(await startup()).toEqual([]);
    await clock.advance(10_000);
    expect(await startup()).toEqual(["2"]);
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });
});

describe("vitals.component.status", () => {
  it("vitals.component.status of a removed component is 0 for every status, and counts again once its name is reused", async () => {
    const clock = new ManualClock();
    const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
    const { collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]), { clock, telemetry });
    /** Statuses of the component `db` that are 1 in a scrape. */
    const statuses = async (): Promise<readonly string[]> => {
      const { text = "" } = (await telemetry.scrape?.()) ?? {};
      const lines = text.split("\n").filter((line) => line.startsWith("vitals_component_status{") && line.includes('_name="db"'));
      expect(lines.length).toBe(5);
      return lines.filter((line) => line.endsWith(" 1")).map((line) => /_status="(\w+)"/.exec(line)?.[1] ?? "");
    };
    await collector.start();
    const check = collector.health.register("db", () => Promise.reject(new Error("connection refused")));
    await settle();
    expect(await statuses()).toEqual(["unhealthy"]);
    check[Symbol.dispose]();
    expect(await statuses()).toEqual([]);
    await clock.advance(60_000);
    expect(await statuses()).toEqual([]);
    collector.health.register("db", () => {});
    await settle();
    expect(await statuses()).toEqual(["healthy"]);
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });
});

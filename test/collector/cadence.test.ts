import * as z from "zod";
import { describe, expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

const store = defineSampleType("store", { rows: gauge("store.rows", "{row}"), duplicates: gauge("store.duplicates", "{row}") });

/** A source that reads every second and scans every ten. */
function scanning(control: { isScanning: boolean }) {
  let readings = 0;
  return defineSource({
    kind: "scanning",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [
      reading(
        store,
        () => {
          const isDue = readings % 10 === 0;
          readings += 1;
          return { rows: readings, ...(isDue && control.isScanning ? { duplicates: 7 } : {}) };
        },
        { intervalMs: 1_000, measuredEveryMs: { duplicates: 10_000 } },
      ),
    ],
  });
}

function setUp(rules: object[] = []) {
  const clock = new ManualClock();
  const control = { isScanning: true };
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const kind = scanning(control);
  const collector = createCollector(
    { sources: { db: { kind: "scanning" } }, collections: { rows: { source: "db" } }, health: { rules: rules as [] } },
    { clock, telemetry, sourceKinds: [kind] },
  );
  const series = async (name: string): Promise<string | undefined> =>
    ((await telemetry.scrape?.())?.text ?? "")
      .split("\n")
      .find((line) => line.startsWith(`${name}{`))
      ?.split(" ")[1];
  return { clock, collector, control, series, telemetry };
}

describe("A field that is measured less often than its collection", () => {
  it("A field measured less often reports its own interval, and only samples that measured it contain it", async () => {
    const { clock, collector } = setUp();
    await collector.start();
    await clock.advance(25_000);
    const handle = collector.collection("rows", store);
    expect(handle.report().fields).toMatchObject({ rows: { intervalMs: 1_000 }, duplicates: { intervalMs: 10_000 } });
    const carried = handle.recent(25).filter(({ values }) => values && "duplicates" in values);
    expect(carried).toHaveLength(3);
    await collector.shutdown();
  });

  it("A series is on /metrics for three intervals of its own field, not of the collection", async () => {
    const { clock, collector, control, series } = setUp();
    await collector.start();
    await clock.advance(1_000);
    control.isScanning = false;
    expect(await series("store_duplicates")).toBe("7");
    await clock.advance(28_900);
    expect([await series("store_duplicates"), Number(await series("store_rows"))]).toEqual(["7", 30]);
    await clock.advance(2_000);
    expect(await series("store_duplicates")).toBeUndefined();
    collector.pause("rows");
    await clock.advance(4_000);
    expect(await series("store_rows")).toBeUndefined();
    await collector.shutdown();
  });

  it("A rule on the newest value of a field has data for three of the field's intervals, and none afterwards", async () => {
    const rule = { collection: "rows", field: "duplicates", stat: "last", window: "10s", above: 5, for: "0s", name: "Duplicates" };
    const { clock, collector, control } = setUp([rule]);
    const firing = () => collector.alerts().find(({ labels }) => labels.alertname === "Duplicates");
    await collector.start();
    await clock.advance(29_000);
    expect(firing()?.value).toBe(7);
    const fired = collector.journal
      .since(0)
      ?.filter(({ event }) => event.kind === "alert" && event.alert.labels.alertname === "Duplicates");
    expect(fired).toHaveLength(1);
    control.isScanning = false;
    await clock.advance(40_000);
    // Missing data does not resolve an alert.
    expect(firing()?.state).toBe("firing");
    await collector.shutdown();
  });

  it("A rule whose window is shorter than its field's interval is invalid", () => {
    expect(() => setUp([{ collection: "rows", field: "duplicates", stat: "mean", window: "5s", above: 5 }])).toThrow(
      /health\.rules\.0\.window: expected at least 10s/,
    );
  });
});

import * as z from "zod";
import { describe, expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { createApp } from "../../src/http/index.ts";
import { dashboardsFor } from "../../src/dashboards/files.ts";
import { healthOptions } from "../../src/health/rules/options.ts";
import { gauge, upTo } from "../../src/sample/field.ts";
import { metricTable } from "../../src/sample/metric-table.ts";
import { defineSampleType, validateReading, type Values } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

/** A type with one field, and the same type with a second field, which is added in this place only. */
const before = { depth: gauge("queue.depth", "{job}") };
const added = {
  ...before,
  age: gauge("queue.age", "s", { good: "low", description: "Age of the oldest job.", by: [upTo(3, "queue.name")] }),
};

async function derived(fields: typeof before) {
  const type = defineSampleType("queue", fields);
  const kind = defineSource({
    kind: "q",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(type, () => ({ depth: 1, ...("age" in fields ? { age: { mail: 7 } } : {}) }))],
  });
  const clock = new ManualClock();
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const collector = createCollector(
    { sources: { q: { kind: "q" } }, collections: { q: { source: "q", interval: "1s" } } },
    { sourceKinds: [kind], telemetry, clock },
  );
  await collector.start();
  await clock.advance(1_000);
  const app = createApp(collector, { clock });
  const json = async (path: string): Promise<unknown> => (await app.request(path)).json();
  const made = {
    schema: JSON.stringify(z.toJSONSchema(type.schema)),
    verdict: validateReading(type, { age: { mail: 7 } }).ok,
    samples: JSON.stringify(await json("/api/v1/collections/q/samples")),
    aggregates: JSON.stringify(await json("/api/v1/collections/q/aggregates?window=1m")),
    description: JSON.stringify(await json("/api/v1/collections")),
    metrics: (await telemetry.scrape?.())?.text ?? "",
    docs: metricTable(type, ({ instrument }) => instrument),
    dashboards: JSON.stringify(dashboardsFor({ collections: [], types: [type], health: healthOptions.parse({}), job: "q", runbooks: "" })),
  };
  await collector.shutdown();
  return made;
}

describe("a field", () => {
  it("a field added to a type appears in schema, buffer, API, instruments, docs and dashboards", async () => {
    const [without, withIt] = [await derived(before), await derived(added)];
    for (const [output, sign] of [
      ["schema", '"age"'],
      ["samples", '"age/mail"'],
      ["aggregates", '"age":{"mail":{"count":1,"mean":7'],
      ["description", '"additive":false,"instrument":"queue.age","unit":"s","good":"low"'],
      ["metrics", 'queue_age_seconds{vitals_collection_name="q",queue_name="mail"} 7'],
      ["dashboards", '"description":"Age of the oldest job. Lower is better."'],
      ["docs", "| `age` | `queue.age` (gauge) | `s` | `queue.name` (3) |"],
    ] as const) {
      expect(withIt[output]).toContain(sign);
      expect(without[output]).not.toContain(sign);
    }
    expect([without.verdict, withIt.verdict]).toEqual([false, true]);
  });

  it("a field added to a type appears in its TypeScript type", () => {
    const type = defineSampleType("queue", added);
    const values: Values<typeof type> = { depth: 1, age: { mail: 7 } };
    // @ts-expect-error -- a number is not a breakdown
    const wrong: Values<typeof type> = { age: 7 };
    // @ts-expect-error -- there is no such field
    const unknown: Values<typeof type> = { dept: 1 };
    expect([validateReading(type, values).ok, validateReading(type, wrong).ok, validateReading(type, unknown).ok]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCollector } from "../../../src/collector/create-collector.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { RecordingSink } from "../../../src/testing.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "vitals-skipped-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const entity = (n: number): string => JSON.stringify({ type: "entity", name: `e${n}`, entityType: "t", observations: ["o"] });

/** What is reported of a memory file with ten lines, of which the second is not JSON. */
async function reportOf(collection: string, type: "agent-memory" | "graph") {
  const path = join(folder, "memory.jsonl");
  writeFileSync(path, Array.from({ length: 10 }, (_, n) => (n === 1 ? "{cut" : entity(n))).join("\n"));
  const sink = new RecordingSink();
  await using telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
  const collector = createCollector(
    {
      sources: { agent: { kind: "mcp-memory", path } },
      collections: { [collection]: { source: "agent", type, interval: "1s" } },
      health: { startup_grace: "0s" },
    },
    { telemetry, sinks: [sink] },
  );
  await collector.start();
  await sink.until(
    (event) =>
      event.kind === "transition" && event.transition.component === `collection:${collection}` && event.transition.to === "degraded",
    AbortSignal.timeout(20_000),
  );
  const sample = collector
    .collection(collection)
    .recent(100)
    .find(({ outcome }) => outcome !== "missed");
  const component = collector.health.report().components.find((each) => each.component === `collection:${collection}`);
  const { text } = (await telemetry.scrape?.()) ?? { text: "" };
  await collector.shutdown();
  return { sample, component, metrics: text };
}

const REASON =
  "1 of 10 lines of the memory file skipped or read in part; first line 2: expected a JSON object, found text that is not JSON";

describe("lines that mcp-memory skipped", () => {
  it("skipped lines are in the sample and on /metrics, and degrade the collection with the first reason", async () => {
    const { sample, component, metrics } = await reportOf("memory", "agent-memory");
    expect(sample).toMatchObject({ outcome: "success", values: { totalMemories: 9, skippedLines: 1, skippedByReason: { not_json: 1 } } });
    expect(component).toMatchObject({
      status: "degraded",
      measure: "missing",
      value: 0.1,
      reason: expect.stringContaining(REASON) as string,
    });
    expect(metrics).toMatch(/^agent_memory_lines_skipped\{.*agent_memory_skip_reason="not_json".*\} 1$/m);
    expect(metrics).toMatch(/^agent_memory_lines_skipped\{.*agent_memory_skip_reason="too_long".*\} 0$/m);
  });

  it("items that the graph lacks are in its sample and on /metrics, and degrade the collection with the first reason", async () => {
    const { sample, component, metrics } = await reportOf("graph", "graph");
    expect(sample).toMatchObject({ outcome: "success", values: { nodeCount: 9, skippedItems: 1 } });
    expect(component).toMatchObject({
      status: "degraded",
      measure: "missing",
      value: 0.1,
      reason: expect.stringContaining(REASON) as string,
    });
    expect(metrics).toMatch(/^graph_items_skipped\{.*\} 1$/m);
  });
});

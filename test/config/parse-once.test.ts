import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as z from "zod";
import { compose } from "../../src/cli/compose.ts";
import { dashboardPlan } from "../../src/cli/dashboards.ts";
import { collectionOptions } from "../../src/collection/options.ts";
import { sourceOptions } from "../../src/collector/options.ts";
import { fileSchema } from "../../src/config/file-schema.ts";
import { lineOf } from "../../src/config/document.ts";
import { loadConfig } from "../../src/config/load.ts";
import { healthOptions, ruleOptions } from "../../src/health/rules/options.ts";
import { declaredTypeOptions } from "../../src/sample/declared.ts";
import { host } from "../../src/source/host/host.ts";
import { httpJson } from "../../src/source/http-json/http-json.ts";
import { loggerProviderOptions, meterProviderOptions } from "../../src/telemetry/export/options.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-parse-"))));
afterEach(() => {
  rmSync(cwd, { recursive: true });
  vi.restoreAllMocks();
});

const CONFIG = `file_format: "1.0"
meter_provider: { readers: [{ pull: { exporter: { prometheus/development: {} } } }] }
logger_provider: { processors: [{ simple: { exporter: { otlp_http: {} } } }] }
collector:
  sample_types: { queue: { depth: { instrument: queue.depth, unit: "{job}" } } }
  sources:
    here: { kind: host }
    jobs: { kind: http-json, url: "http://127.0.0.1:9/", readings: { queue: { depth: /depth } } }
  collections: { machine: { source: here }, queue: { source: jobs } }
  health: { rules: [{ collection: queue, field: depth, above: 100 }] }
`;

/** Counts the runs of a schema, also as part of another one. */
function counted(schema: z.core.$ZodType): () => number {
  const { _zod: internals } = schema;
  const run = vi.spyOn(internals, "run");
  return () => run.mock.calls.length;
}

describe("parsing a configuration", () => {
  it("each part of a configuration is parsed once by loading it, creating its collector and planning its dashboards", async () => {
    writeFileSync(join(cwd, "otel-config.yaml"), CONFIG);
    const schemas = {
      file: fileSchema,
      health: healthOptions,
      "each rule": ruleOptions,
      "each source": sourceOptions,
      "each collection": collectionOptions,
      "each sample type": declaredTypeOptions,
      "options of host": host.options,
      "options of http-json": httpJson.options,
      "meter provider": meterProviderOptions,
      "logger provider": loggerProviderOptions,
    };
    const counts = Object.entries(schemas).map(([name, schema]) => [name, counted(schema)] as const);
    const { config, problems } = await loadConfig({ env: {}, cwd });
    expect(problems.map(lineOf)).toEqual([]);
    if (!config) throw new Error("the configuration is invalid");
    const { collector, telemetry } = await compose(config, { mute: true });
    expect(dashboardPlan(config).collections.map(({ name }) => name)).toEqual(["machine", "queue"]);
    await collector.shutdown();
    await telemetry.shutdown(1_000);
    expect(Object.fromEntries(counts.map(([name, count]) => [name, count()]))).toEqual({
      file: 1,
      health: 1,
      "each rule": 1,
      "each source": 2,
      "each collection": 2,
      "each sample type": 1,
      "options of host": 1,
      "options of http-json": 1,
      "meter provider": 1,
      "logger provider": 1,
    });
  });
});

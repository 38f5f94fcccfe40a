import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCollector } from "../../src/collector/create-collector.ts";
import { lineOf } from "../../src/config/document.ts";
import { loadConfig } from "../../src/config/load.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-names-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

/** Sample types with one field each: its instrument, unit and kind. */
function typesOf(...fields: readonly (readonly [instrument: string, unit: string, kind?: "gauge" | "counter" | "duration"])[]) {
  return Object.fromEntries(fields.map(([instrument, unit, kind = "gauge"], n) => [`t${n}`, { a: { instrument, unit, kind } }]));
}

/** A configuration with a collection of each type. */
function collectorWith(types: ReturnType<typeof typesOf>) {
  const names = Object.keys(types);
  return {
    sample_types: types,
    sources: {
      s: { kind: "http-json" as const, url: "http://127.0.0.1:9/", readings: Object.fromEntries(names.map((name) => [name, { a: "/a" }])) },
    },
    collections: Object.fromEntries(names.map((name) => [name, { source: "s", type: name }])),
  };
}

/** Problems of the same configuration in a file, one line each. */
async function problemsOf(types: ReturnType<typeof typesOf>): Promise<readonly string[]> {
  const { sample_types, ...rest } = collectorWith(types);
  const lines = Object.entries(sample_types).map(
    ([name, fields]) => `    ${name}: ${JSON.stringify(fields).replaceAll(/([:,])"/g, '$1 "')}\n`,
  );
  const text = `file_format: "1.0"\ncollector:\n  sample_types:\n${lines.join("")}  sources: ${JSON.stringify(rest.sources)}\n  collections: ${JSON.stringify(rest.collections)}\n`;
  writeFileSync(join(cwd, "otel-config.yaml"), text);
  const { problems } = await loadConfig({ env: {}, cwd });
  return problems.map(lineOf);
}

describe("instruments of sample types", () => {
  it.each([
    [
      "the collector's own",
      typesOf(["vitals.collection.up", "1"]),
      /^otel-config\.yaml:4:\d+ collector\.sample_types\.t0\.a\.instrument: .*"vitals\.collection\.up" is reserved/,
    ],
    ["the collector's own in another spelling", typesOf(["Vitals_buffer.size", "By"]), /t0\.a\.instrument: .* is reserved/],
    [
      "the collector's own on /metrics because of their unit",
      typesOf(["vitals", "collection.up"]),
      /t0\.a\.instrument: .*"vitals" is reserved/,
    ],
    ["the SDK's", typesOf(["otel.sdk.exporter.count", "1"]), /t0\.a\.instrument: .* is reserved/],
    ["the metric of the resource", typesOf(["target.info", "{x}"]), /t0\.a\.instrument: .* is reserved/],
    [
      "those of another type in another unit",
      typesOf(["queue.wait", "s"], ["queue.wait", "ms"]),
      /^otel-config\.yaml:5:\d+ collector\.sample_types\.t1\.a\.instrument: queue\.wait \(gauge in s\) and queue\.wait \(gauge in ms\) are the same instrument to OpenTelemetry/,
    ],
    [
      "those of another type as another kind",
      typesOf(["queue.wait", "{x}"], ["queue.wait", "{x}", "counter"]),
      /t1\.a\.instrument: .* are the same instrument/,
    ],
    [
      "those of another type in another case",
      typesOf(["queue.wait", "s"], ["Queue.Wait", "s"]),
      /t1\.a\.instrument: .* are the same instrument/,
    ],
    [
      "those of another type on /metrics",
      typesOf(["queue.wait", "s"], ["queue-wait", "s"]),
      /t1\.a\.instrument: .* have the same name on \/metrics; rename/,
    ],
    ["those of a built-in type", typesOf(["system.uptime", "s"], ["system.uptime", "ms"]), /t1\.a\.instrument: .* are the same instrument/],
  ])("loadConfig and createCollector refuse instruments that are named like %s", async (_, types, problem) => {
    expect(await problemsOf(types)).toEqual([expect.stringMatching(problem)]);
    expect(() => createCollector(collectorWith(types))).toThrow(expect.objectContaining({ code: "config_invalid" }) as Error);
  });

  it("loadConfig and createCollector accept types that share an instrument of one unit and kind", async () => {
    const types = typesOf(["queue.wait", "s"], ["queue.wait", "s"], ["vital.signs", "1"]);
    expect(await problemsOf(types)).toEqual([]);
    await createCollector(collectorWith(types)).shutdown();
  });
});

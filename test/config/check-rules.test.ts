import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { lineOf } from "../../src/config/document.ts";
import { STARTER_NAMES, starterOf } from "../../src/cli/starters.ts";

let cwd = "";
beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), "vitals-rules-"))));
afterEach(() => rmSync(cwd, { recursive: true }));

const HEAD = `file_format: "1.0"
collector:
  sample_types:
    shop:
      orders: { kind: total, unit: "{order}", sums: ordersBy }
      ordersBy: { kind: up_down_counter, instrument: shop.orders, unit: "{order}", by: [{ attribute: shop.state, values: [open, paid] }] }
  sources:
    here: { kind: host }
    shop: { kind: http-json, url: "http://127.0.0.1/", readings: { shop: { orders: /orders } } }
  collections:
    analytics: { source: here, type: system, interval: 1s, retain: 600 }
    shop: { source: shop, interval: 10s }
  health:
    rules:
`;
/** Line of the first rule. */
const FIRST = HEAD.split("\n").length;

/** The problems of these rules, each without the name of the file. */
async function problems(...rules: readonly string[]): Promise<readonly string[]> {
  writeFileSync(join(cwd, "c.yaml"), HEAD + rules.map((rule) => `      - { ${rule} }\n`).join(""));
  const result = await loadConfig({ env: {}, cwd, file: "c.yaml" });
  expect(result.config === undefined).toBe(result.problems.length > 0);
  return result.problems.map((problem) => lineOf(problem).replace(/^c\.yaml:/, ""));
}

const CPU = "collection: analytics, field: cpuUtilization";

describe("invalid user-defined rules", () => {
  it.each([
    [
      "an unknown collection",
      "collection: analytic, field: cpuUtilization, above: 0.9",
      "collection",
      /: unknown collection "analytic"; did you mean "analytics"\?$/,
    ],
    [
      "a misspelled field",
      "collection: analytics, field: cpuUtilisation, above: 0.9",
      "field",
      /: sample type "system" has no field "cpuUtilisation"; did you mean "cpuUtilization"\?$/,
    ],
    [
      "an instrument instead of its field",
      "collection: analytics, field: system.cpu.utilization, above: 0.9",
      "field",
      /: sample type "system" has no field "system.cpu.utilization"; did you mean "cpuUtilization"\?$/,
    ],
    [
      "a field similar to none",
      "collection: shop, field: xyz, above: 9",
      "field",
      /: sample type "shop" has no field "xyz"; expected orders or ordersBy$/,
    ],
    [
      "an attribute for a field without attributes",
      `${CPU}, where: { cpu.mode: user }, above: 0.9`,
      "where.cpu.mode",
      /: expected no attributes, because field "cpuUtilization" is a single number, found "user"$/,
    ],
    [
      "an attribute for a total",
      "collection: shop, field: orders, where: { shop.state: open }, above: 9",
      "where.shop.state",
      /found "open"; its parts by shop.state are in field "ordersBy"$/,
    ],
    [
      "a misspelled attribute",
      "collection: analytics, field: memoryUsage, where: { system.memory.stat: used }, above: 9",
      "where.system.memory.stat",
      /: field "memoryUsage" has no attribute "system.memory.stat"; did you mean "system.memory.state"\?$/,
    ],
    [
      "a value that a closed axis lacks",
      "collection: analytics, field: memoryUsage, where: { system.memory.state: usd }, above: 9",
      "where.system.memory.state",
      /: expected used, free, cached or buffers, found "usd"; did you mean "used"\?$/,
    ],
    [
      "an attribute for a statistic of the collection",
      "collection: analytics, stat: successRate, where: { a: b }, below: 0.9",
      "where.a",
      /: expected no attributes, because "successRate" is a statistic of the whole collection, found "b"$/,
    ],
    ["a misspelled statistic", `${CPU}, stat: meen, above: 0.9`, "stat", /did you mean "mean"\?$/],
    [
      "a rate of a gauge",
      `${CPU}, stat: rate, above: 0.9`,
      "stat",
      /: expected a statistic of a gauge, which field "cpuUtilization" is, found "rate"; did you mean "trend"\?$/,
    ],
    [
      "an increase of a total",
      "collection: shop, field: orders, stat: increase, above: 9",
      "stat",
      /: expected a statistic of a total, which field "orders" is, found "increase"/,
    ],
    [
      "a quantile of a counter",
      "collection: analytics, field: diskIo, stat: p95, above: 9",
      "stat",
      /: expected rate, increase, last or trend, because field "diskIo" is a counter, found "p95"; did you mean "rate"\?$/,
    ],
    [
      "a window that is not retained",
      `${CPU}, stat: mean, window: 11m, above: 0.9`,
      "window",
      /: expected at most 10m, because the collection retains 600 samples, one every 1s, found "11m"$/,
    ],
    [
      "a window too short for a rate",
      "collection: analytics, field: diskIo, stat: rate, window: 1s, above: 9",
      "window",
      /: expected at least 2s, because "rate" needs 2 measurements, one every 1s, found "1s"$/,
    ],
    [
      "a window too short for a trend",
      "collection: shop, field: orders, stat: trend, window: 1m, above: 9",
      "window",
      /: expected at least 80s, because "trend" needs 8 measurements, one every 10s, found "1m"$/,
    ],
    [
      "a percentage as the threshold of a ratio",
      `${CPU}, above: 90`,
      "above",
      /: expected less than 1, the maximum of the value, found 90: the rule would never fire$/,
    ],
    ["a threshold at the maximum", `${CPU}, above: 1`, "above", /expected less than 1, .* never fire$/],
    ["a threshold at the minimum", `${CPU}, below: 0`, "below", /expected more than 0, .* never fire$/],
    [
      "a count that never falls below its threshold",
      "collection: shop, field: orders, above: 5, clear: 0",
      "clear",
      /: expected more than 0, the minimum of the value, found 0: the alert would never resolve$/,
    ],
    [
      "a clear value at the maximum",
      "collection: analytics, stat: successRate, below: 0.9, clear: 1",
      "clear",
      /expected less than 1, .* would never resolve$/,
    ],
    ["a clear value at the minimum", `${CPU}, above: 0.9, clear: 0`, "clear", /expected more than 0, .* would never resolve/],
    [
      "the name of a built-in rule",
      `${CPU}, above: 0.9, name: VitalsCollectionSlow`,
      "name",
      /: expected a unique alert name, found "VitalsCollectionSlow", which is a built-in rule$/,
    ],
  ])("rule with %s is rejected with its position and a suggestion", async (_, rule, key, message) => {
    const found = await problems(rule);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
    const last = key.startsWith("where.") ? key.slice(6) : key;
    const line = `      - { ${rule} }`;
    const column = line.indexOf(`${last}: `) + last.length + 3;
    expect(found[0]?.startsWith(`${FIRST}:${column} collector.health.rules.0.${key}: `)).toBe(true);
  });

  it("rule with the alert name of another rule of its collection is rejected, unless it sets a name", async () => {
    const rules = [`${CPU}, above: 0.8`, `${CPU}, above: 0.9, status: critical`, `${CPU}, above: 0.9, name: Other`];
    expect(await problems(...rules)).toEqual([
      `${FIRST + 1}:9 collector.health.rules.1.name: expected a unique alert name on collection "analytics", found "AnalyticsCpuUtilizationLast", which health.rules.0 has as well; set a name`,
    ]);
    const elsewhere = ["collection: analytics, stat: age, above: 9, name: Old", "collection: shop, stat: age, above: 90, name: Old"];
    expect(await problems(...elsewhere)).toEqual([]);
  });

  it("rule is checked at its own position even if another rule is malformed", async () => {
    const found = await problems(
      "collection: analytics, abve: 1, below: 2, above: 3",
      `${CPU}, above: 0.5`,
      "collection: analytics, field: cpuUtilisation, above: 0.9",
    );
    expect(found.map((line) => line.split(" ")[1])).toEqual([
      "collector.health.rules.0.field:",
      "collector.health.rules.0.abve:",
      "collector.health.rules.0.above:",
      "collector.health.rules.2.field:",
    ]);
    expect(found.at(-1)).toContain(`${FIRST + 2}:`);
  });
});

describe("valid user-defined rules", () => {
  it("rules of every statistic and field kind are accepted", async () => {
    const rules = [
      `${CPU}, stat: p95, window: 10m, above: 0.9, clear: 0.8`,
      `${CPU}, stat: trend, window: 8s, above: 0`,
      "collection: analytics, field: diskIo, where: { system.device: sda }, stat: rate, window: 2s, above: 9",
      "collection: analytics, field: diskIo, stat: increase, above: 9",
      "collection: analytics, field: uptime, below: 60",
      "collection: shop, field: orders, stat: mean, below: 1",
      "collection: shop, field: ordersBy, where: { shop.state: open }, stat: max, above: 9",
      "collection: shop, stat: age, above: 90",
      "collection: shop, stat: successRate, below: 0.5",
      "collection: shop, stat: durationP95, above: 1, window: 1h",
    ];
    expect(await problems(...rules)).toEqual([]);
  });

  it("rule in the comments of the starter files is valid", async () => {
    const root = resolve(import.meta.dirname, "../..");
    const starters = STARTER_NAMES.map(starterOf);
    expect(starters).toHaveLength(6);
    for (const text of [readFileSync(join(root, "otel-config.yaml"), "utf8"), ...starters]) {
      const uncommented = text.replaceAll(
        /^( *)# (health:|  rules:|  source_rules:|rules:|    - \{ collection: |  - \{ collection: )/gm,
        "$1$2",
      );
      expect(uncommented).not.toBe(text);
      writeFileSync(join(cwd, "c.yaml"), uncommented);
      const { config, problems: found } = await loadConfig({ env: {}, cwd, file: "c.yaml" });
      expect(found.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(config?.plan.options.health.rules).toHaveLength(1);
    }
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { lineOf } from "../../src/config/document.ts";

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

/** What is found wrong with rules, each without the name of the file. */
async function problems(...rules: readonly string[]): Promise<readonly string[]> {
  writeFileSync(join(cwd, "c.yaml"), HEAD + rules.map((rule) => `      - { ${rule} }\n`).join(""));
  const result = await loadConfig({ env: {}, cwd, file: "c.yaml" });
  expect(result.config === undefined).toBe(result.problems.length > 0);
  return result.problems.map((problem) => lineOf(problem).replace(/^c\.yaml:/, ""));
}

const CPU = "collection: analytics, field: cpuUtilization";

describe("a rule that leads nowhere", () => {
  it.each([
    [
      "an unknown collection",
      "collection: analytic, field: cpuUtilization, above: 0.9",
      "collection",
      /\(analytics, shop\), found another; did you mean "analytics"\?/,
    ],
    [
      "a slip in a field",
      "collection: analytics, field: cpuUtilisation, above: 0.9",
      "field",
      /sample type "system", found another; did you mean "cpuUtilization"\?$/,
    ],
    [
      "an instrument in place of its field",
      "collection: analytics, field: system.cpu.utilization, above: 0.9",
      "field",
      /did you mean "cpuUtilization"\?$/,
    ],
    ["a field of no likeness", "collection: shop, field: xyz, above: 9", "field", /; there are orders, ordersBy$/],
    [
      "an attribute of a field that has none",
      `${CPU}, where: { cpu.mode: user }, above: 0.9`,
      "where.cpu.mode",
      /expected nothing, because the field is a single number$/,
    ],
    [
      "an attribute of a total",
      "collection: shop, field: orders, where: { shop.state: open }, above: 9",
      "where.shop.state",
      /its parts, by shop.state, are the field "ordersBy"$/,
    ],
    [
      "a slip in an attribute",
      "collection: analytics, field: memoryUsage, where: { system.memory.stat: used }, above: 9",
      "where.system.memory.stat",
      /did you mean "system.memory.state"\?$/,
    ],
    [
      "a value that a closed axis does not have",
      "collection: analytics, field: memoryUsage, where: { system.memory.state: usd }, above: 9",
      "where.system.memory.state",
      /expected used or free or cached or buffers, found something else; did you mean "used"\?$/,
    ],
    [
      "an attribute of a whole collection",
      "collection: analytics, stat: successRate, where: { a: b }, below: 0.9",
      "where.a",
      /successRate is about the whole collection$/,
    ],
    ["a slip in a statistic", `${CPU}, stat: meen, above: 0.9`, "stat", /did you mean "mean"\?$/],
    [
      "a rate of what is no counter",
      `${CPU}, stat: rate, above: 0.9`,
      "stat",
      /rate is for counters and the field is a gauge; did you mean "trend"\?$/,
    ],
    [
      "an increase of a total",
      "collection: shop, field: orders, stat: increase, above: 9",
      "stat",
      /increase is for counters and the field is a total/,
    ],
    [
      "a quantile of a counter",
      "collection: analytics, field: diskIo, stat: p95, above: 9",
      "stat",
      /expected rate or increase or last or trend, because the field is a running total, found p95; did you mean "rate"\?$/,
    ],
    [
      "a window that is not retained",
      `${CPU}, stat: mean, window: 11m, above: 0.9`,
      "window",
      /expected at most 10m, because the collection retains 600 samples, one every 1s/,
    ],
    [
      "a window too short for a rate",
      "collection: analytics, field: diskIo, stat: rate, window: 1s, above: 9",
      "window",
      /expected at least 2s, because rate needs 2 samples/,
    ],
    [
      "a window too short for a trend",
      "collection: shop, field: orders, stat: trend, window: 1m, above: 9",
      "window",
      /expected at least 1m 20s, because trend needs 8 samples/,
    ],
    [
      "a percentage of what is a share",
      `${CPU}, above: 90`,
      "above",
      /expected less than 1, because the value is never above 1: the rule would never fire$/,
    ],
    ["a share above all", `${CPU}, above: 1`, "above", /expected less than 1, .* never fire$/],
    ["a share below nothing", `${CPU}, below: 0`, "below", /expected more than 0, .* never fire$/],
    [
      "a count that is never below none",
      "collection: shop, field: orders, above: 0",
      "above",
      /expected more than 0, .* would never resolve \(of a count, write 0.5\)$/,
    ],
    [
      "a recovery that cannot be",
      "collection: analytics, stat: successRate, below: 0.9, clear: 1",
      "clear",
      /expected less than 1, .* would never resolve$/,
    ],
    ["a recovery below nothing", `${CPU}, above: 0.9, clear: 0`, "clear", /expected more than 0, .* would never resolve/],
    [
      "the name of a built-in rule",
      `${CPU}, above: 0.9, name: VitalsCollectionSlow`,
      "name",
      /found that of the built-in rule VitalsCollectionSlow$/,
    ],
  ])("by %s is told where and what was meant", async (_, rule, key, message) => {
    const found = await problems(rule);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
    const last = key.startsWith("where.") ? key.slice(6) : key;
    const line = `      - { ${rule} }`;
    const column = line.indexOf(`${last}: `) + last.length + 3;
    expect(found[0]?.startsWith(`${FIRST}:${column} collector.health.rules.0.${key}: `)).toBe(true);
  });

  it("because another of the same collection has its alert name is told so, unless it has a name of its own", async () => {
    const rules = [`${CPU}, above: 0.8`, `${CPU}, above: 0.9, status: critical`, `${CPU}, above: 0.9, name: Other`];
    expect(await problems(...rules)).toEqual([
      `${FIRST + 1}:9 collector.health.rules.1.name: expected an alert name of its own on "analytics", found that of rule 1 of the list, AnalyticsCpuUtilizationLast; give it a name`,
    ]);
    const elsewhere = ["collection: analytics, stat: age, above: 9, name: Old", "collection: shop, stat: age, above: 90, name: Old"];
    expect(await problems(...elsewhere)).toEqual([]);
  });

  it("is told also where another rule, or its collection, has the wrong form, and keeps its place", async () => {
    const found = await problems(
      "collection: analytics, abve: 1, below: 2, above: 3",
      `${CPU}, above: 0.5`,
      "collection: analytics, field: cpuUtilisation, above: 0.9",
    );
    expect(found.map((line) => line.split(" ")[1])).toEqual([
      "collector.health.rules.0.abve:",
      "collector.health.rules.0.above:",
      "collector.health.rules.0.field:",
      "collector.health.rules.2.field:",
    ]);
    expect(found.at(-1)).toContain(`${FIRST + 2}:`);
  });
});

describe("a rule that leads somewhere", () => {
  it("is left alone, whatever it looks at", async () => {
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

  it("is shown in the starter files, which are valid without its comment marks", async () => {
    const root = resolve(import.meta.dirname, "../..");
    const starter =
      /const STARTER = `([^]*?)`;\n/.exec(readFileSync(join(root, "src/cli/init.ts"), "utf8"))?.[1]?.replaceAll("\\", "") ?? "";
    for (const text of [readFileSync(join(root, "otel-config.yaml"), "utf8"), starter]) {
      const uncommented = text.replaceAll(
        /^( *)# (health:|  rules:|rules:|    - \{ collection: analytics|  - \{ collection: analytics)/gm,
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

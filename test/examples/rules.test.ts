import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { lineOf } from "../../src/config/document.ts";
import { loadRuleTests } from "../../src/config/rule-tests.ts";
import { COLLECTION_STATS, FIELD_STATS, ruleOptions } from "../../src/health/rules/options.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FOLDER = "examples/rules";
const FILES = readdirSync(join(ROOT, FOLDER)).filter((file) => file.endsWith(".yaml"));
const docs = readFileSync(join(ROOT, "docs/rules.md"), "utf8");

describe("the rule examples in docs/rules.md", () => {
  it("examples/rules has several files", () => expect(FILES.length).toBeGreaterThan(3));

  it.each(FILES)("the rule tests in %s pass", async (file) => {
    const { tests, problems } = await loadRuleTests(join(FOLDER, file), { env: {}, cwd: ROOT });
    expect(problems.map(lineOf)).toEqual([]);
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.flatMap((test) => test.run().mismatches)).toEqual([]);
  });

  it.each(FILES)("docs/rules.md shows %s as it is tested", (file) => {
    const text = readFileSync(join(ROOT, FOLDER, file), "utf8");
    expect(docs).toContain(`\`${FOLDER}/${file}\`:\n\n\`\`\`yaml\n${text}\`\`\`\n`);
  });

  it("every YAML block in docs/rules.md is one of the example files", () => {
    expect(docs.match(/^```yaml$/gm)).toHaveLength(FILES.length);
  });
});

describe("docs/rules.md", () => {
  it("docs/rules.md names every built-in rule, statistic and key of a rule", () => {
    const folder = join(ROOT, "src/health");
    const sources = ["rules/built-in.ts", "check.ts"].map((file) => readFileSync(join(folder, file), "utf8")).join("");
    const passed = readFileSync(join(ROOT, "src/collector/components.ts"), "utf8");
    const alerts = [...new Set(`${sources}${passed}`.match(/"Vitals[A-Z][A-Za-z]+"/g))].map((quoted) => quoted.slice(1, -1));
    expect(alerts.length).toBeGreaterThan(10);
    const keys = Object.keys(ruleOptions.shape);
    expect(keys.length).toBeGreaterThan(10);
    for (const name of [...alerts, ...FIELD_STATS, ...COLLECTION_STATS, ...keys]) expect(docs).toContain(`\`${name}\``);
  });
});

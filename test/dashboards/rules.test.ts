import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import type { RuleFile } from "../../src/dashboards/rules.ts";
import { STORE_RULES } from "../../src/source/graph-store/rules.ts";

const RULES = "grafana/prometheus/otel-vitals.rules.yml";
const CASES = "test/integration/dashboards/rules.test.yml";

interface Case {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const [group] = (parse(readFileSync(RULES, "utf8")) as RuleFile).groups;
const alerts = (group?.rules ?? []).flatMap((rule) => ("alert" in rule ? [rule] : []));
const { tests } = parse(readFileSync(CASES, "utf8")) as { readonly tests: readonly Case[] };

/** Rules that source kinds bring. */
const ofSources = Object.values(STORE_RULES).flat();
/** Alerts of the collector's own rules, by their names in the code. */
const ofCollector = ["health/rules/built-in", "health/check", "collector/components"].flatMap((file) =>
  [...readFileSync(`src/${file}.ts`, "utf8").matchAll(/"(Vitals[A-Z][A-Za-z]+)"/g)].map(([, name = ""]) => name),
);
const names = [...new Set([...alerts.map(({ alert }) => alert), ...ofSources.map(({ name }) => name), ...ofCollector])];
const named = names.map((alert) => ({ alert }));

describe("the rules for Prometheus", () => {
  it("source kinds bring rules", () => expect(ofSources.length).toBeGreaterThan(9));

  it("the rule file has these alerts", () => {
    expect(alerts.map(({ alert }) => alert)).toEqual([
      "VitalsDown",
      "VitalsAbsent",
      "VitalsBreakerOpen",
      "VitalsCollectionStale",
      "VitalsCollectionFailing",
      "VitalsCollectionSlow",
      "VitalsComponentDegraded",
      "VitalsComponentUnhealthy",
      "VitalsStateNotSaved",
      "VitalsExporterFailing",
      "VitalsConfigReloadFailed",
      "VitalsClockDrift",
    ]);
  });

  it.each(alerts)("$alert has a for, a keep_firing_for, a severity and a component", ({ for: wait, keep_firing_for, labels }) => {
    expect(wait).toMatch(/^[1-9]\d*m$/);
    expect(keep_firing_for).toMatch(/^[1-9]\d*m$/);
    expect(["warning", "error", "critical"]).toContain(labels["severity"]);
    expect(labels["component"]).not.toBe("");
  });

  it.each(alerts)("$alert links to its runbook, which the collector of the committed configuration serves", ({ alert, annotations }) => {
    expect(annotations.runbook_url).toBe(`http://127.0.0.1:9464/runbooks/${alert}`);
  });

  it.each(named)("$alert has a runbook: what happened, why it matters, what to check, how it recovers", ({ alert }) => {
    const text = readFileSync(`docs/runbooks/${alert}.md`, "utf8");
    expect([...text.matchAll(/^#+ .+$/gm)].map(String)).toEqual([
      `# ${alert}`,
      "## What happened",
      "## Why it matters",
      "## What to check",
      "## How it recovers",
    ]);
  });

  it("every runbook belongs to an alert of Prometheus, of the collector or of a source kind", () => {
    expect(ofCollector.length).toBeGreaterThan(10);
    expect(readdirSync("docs/runbooks").sort()).toEqual(names.map((name) => `${name}.md`).sort());
  });

  it.each(alerts)("$alert has a promtool case in which it fires and then resolves", ({ alert }) => {
    const seen = tests.map((each) =>
      each.alert_rule_test.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length > 0),
    );
    expect(seen.some((states) => states.lastIndexOf(true) >= 0 && states.at(-1) === false)).toBe(true);
  });
});

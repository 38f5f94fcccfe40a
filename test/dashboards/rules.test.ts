import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import type { RuleFile } from "../../src/dashboards/rules.ts";

const RULES = "grafana/prometheus/otel-vitals.rules.yml";
const CASES = "test/integration/dashboards/rules.test.yml";

interface Case {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const [group] = (parse(readFileSync(RULES, "utf8")) as RuleFile).groups;
const alerts = (group?.rules ?? []).flatMap((rule) => ("alert" in rule ? [rule] : []));
const { tests } = parse(readFileSync(CASES, "utf8")) as { readonly tests: readonly Case[] };

describe("the rules for Prometheus", () => {
  it("tell of all that can go wrong", () => {
    expect(alerts.map(({ alert }) => alert)).toEqual([
      "VitalsDown",
      "VitalsAbsent",
      "VitalsBreakerOpen",
      "VitalsCollectionStale",
      "VitalsCollectionFailing",
      "VitalsCollectionSlow",
      "VitalsComponentDegraded",
      "VitalsComponentUnhealthy",
      "VitalsExporterFailing",
      "VitalsClockDrift",
    ]);
  });

  it.each(alerts)(
    "$alert waits before it fires, is held before it resolves, and says how bad it is and of whom",
    ({ for: wait, keep_firing_for, labels }) => {
      expect(wait).toMatch(/^[1-9]\d*m$/);
      expect(keep_firing_for).toMatch(/^[1-9]\d*m$/);
      expect(["warning", "error", "critical"]).toContain(labels["severity"]);
      expect(labels["component"]).not.toBe("");
    },
  );

  it.each(alerts)("$alert has a runbook that says what it means, how to see it and what to do", ({ alert, annotations }) => {
    expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
    const text = readFileSync(annotations.runbook_url, "utf8");
    expect([...text.matchAll(/^#+ .+$/gm)].map(String)).toEqual([`# ${alert}`, "## What it means", "## How to see it", "## What to do"]);
  });

  it("have no runbook too many", () => {
    expect(readdirSync("docs/runbooks").sort()).toEqual(alerts.map(({ alert }) => `${alert}.md`).sort());
  });

  it.each(alerts)("$alert is tested firing and, later in the same case, resolved", ({ alert }) => {
    const seen = tests.map((each) =>
      each.alert_rule_test.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length > 0),
    );
    expect(seen.some((states) => states.lastIndexOf(true) >= 0 && states.at(-1) === false)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { ruleOptions, type RuleConfig } from "../../../src/health/rules/options.ts";
import { indexedRules, ruleProblems, type RuleSubject } from "../../../src/health/rules/validate.ts";
import { gauge } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";

const graph = defineSampleType("graph", { nodes: gauge("graph.nodes", "{node}"), centrality: gauge("graph.centrality", "1") });

/** Read every second, one hour retained; its centrality is measured once a minute. */
const subject: RuleSubject = {
  intervalMs: 1_000,
  retain: 3_600,
  reading: { type: graph },
  cadence: new Map([
    ["nodes", 1_000],
    ["centrality", 60_000],
  ]),
};

const problemsOf = (config: Omit<RuleConfig, "collection">): readonly string[] =>
  ruleProblems([[0, ruleOptions.parse({ collection: "graph", ...config })]], new Map([["graph", subject]])).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

describe("ruleProblems", () => {
  it("ruleProblems accept a window that holds a measurement of a field measured less often than its collection is read", () => {
    expect(problemsOf({ field: "centrality", window: "60s", above: 1 })).toEqual([]);
    expect(problemsOf({ field: "centrality", stat: "trend", window: "8m", above: 1 })).toEqual([]);
  });

  it("ruleProblems reject a window that is shorter than the time between two measurements of its field", () => {
    expect(problemsOf({ field: "centrality", window: "59s", above: 1 })).toEqual([
      'window: expected at least 1m, because "last" needs a measurement, one every 1m, found "59s"',
    ]);
    expect(problemsOf({ field: "centrality", stat: "trend", window: "7m", above: 1 })).toEqual([
      'window: expected at least 8m, because "trend" needs 8 measurements, one every 1m, found "7m"',
    ]);
    expect(problemsOf({ field: "nodes", window: "59s", above: 1 })).toEqual([]);
  });

  it("ruleProblems of a collection whose configuration is invalid are none", () => {
    const rule = ruleOptions.parse({ collection: "graph", field: "nothing", above: 1 });
    expect(ruleProblems([[0, rule]], new Map([["graph", undefined]]))).toEqual([]);
  });
});

describe("indexedRules", () => {
  it("indexedRules keep the index of each valid rule", () => {
    const valid = { collection: "graph", field: "nodes", above: 1 };
    expect(indexedRules([{}, valid, "text", valid]).map(([index]) => index)).toEqual([1, 3]);
    expect(indexedRules("not a list")).toEqual([]);
  });
});

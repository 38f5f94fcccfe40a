import { describe, expect, it } from "vitest";
import { parseDuration } from "../../../src/base/quantity.ts";
import { ruleOptions, type RuleConfig } from "../../../src/health/rules/options.ts";
import { ruleProblems, type RuleSubject } from "../../../src/health/rules/validate.ts";
import { counter, gauge, total, upDownCounter, upTo } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";

const graph = defineSampleType("graph", {
  nodes: gauge("graph.nodes", "{node}"),
  centrality: gauge("graph.centrality", "1"),
  served: counter("graph.served", "{query}", { by: [upTo(5, "graph.query")] }),
  allServed: total("served", "{query}"),
  stored: upDownCounter("graph.stored", "{node}", { by: [upTo(5, "graph.node")] }),
  allNodes: total("stored", "{node}"),
});

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

  it.each(["2m", "5m", "1h"])(
    "ruleProblems refuse the default window of a rule on a collection every %s, for it could hardly resolve",
    (every) => {
      const intervalMs = parseDuration(every) as number;
      const slow = { ...subject, intervalMs, retain: 100, cadence: new Map([["nodes", intervalMs]]) };
      const ofSlow = (config: Omit<RuleConfig, "collection">) =>
        ruleProblems([[0, ruleOptions.parse({ collection: "graph", ...config })]], new Map([["graph", slow]])).map(
          ({ message }) => message,
        );
      expect(ofSlow({ field: "nodes", above: 1 })).toEqual([
        `expected at least ${every}, because "last" needs a measurement, one every ${every}, found "1m"`,
      ]);
      expect(ofSlow({ field: "nodes", above: 1, window: every })).toEqual([]);
      expect(ofSlow({ stat: "successRate", below: 0.5, window: every })).toHaveLength(1);
      expect(ofSlow({ stat: "age", above: (2 * intervalMs) / 1_000 })).toEqual([]);
      expect(ofSlow({ stat: "age", above: intervalMs / 1_000 })).toEqual([
        `expected more than ${intervalMs / 1_000}, the interval of the collection in seconds, found ${intervalMs / 1_000}: the alert would never resolve`,
      ]);
    },
  );

  it("ruleProblems refuse a threshold above the value of what only grows", () => {
    expect(problemsOf({ field: "served", above: 10 })).toEqual([
      'above: expected "below", because the value of field "served" only grows: the alert would never resolve; did you mean stat "rate"?',
    ]);
    expect(problemsOf({ field: "allServed", above: 10 })).toEqual([
      'above: expected "below", because the value of field "allServed" only grows: the alert would never resolve; did you mean stat "trend"?',
    ]);
    expect(problemsOf({ field: "served", below: 10 })).toEqual([]);
    expect(problemsOf({ field: "allNodes", above: 10 })).toEqual([]);
  });

  it.each(["mean", "min", "max", "p50", "p95", "p99"] as const)(
    "ruleProblems refuse the %s of a counter, and of a total of counters",
    (stat) => {
      expect(problemsOf({ field: "served", stat, above: 1 })).toEqual([
        `stat: expected rate, increase, last or trend, because field "served" is a counter, found "${stat}"; did you mean "rate"?`,
      ]);
      expect(problemsOf({ field: "allServed", stat, above: 1 })).toEqual([
        `stat: expected last or trend, because field "allServed" is a total of counters, found "${stat}"; field "served" has rate and increase`,
      ]);
      expect(problemsOf({ field: "allNodes", stat, above: 1 })).toEqual([]);
    },
  );

  it("ruleProblems of a collection whose configuration is invalid are none", () => {
    const rule = ruleOptions.parse({ collection: "graph", field: "nothing", above: 1 });
    expect(ruleProblems([[0, rule]], new Map([["graph", undefined]]))).toEqual([]);
  });
});

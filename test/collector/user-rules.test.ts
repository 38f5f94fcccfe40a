import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { each, scriptedCollector, type ScriptedConfig } from "../support/scripted.ts";

type Rules = NonNullable<NonNullable<ScriptedConfig["health"]>["rules"]>;

const withRules = (...rules: Rules): ScriptedConfig => ({ ...each(["jobs"]), health: { rules } });

describe("User-defined rules of a collector created in code", () => {
  it("A collection of which nothing was ever measured is unknown, also with a rule about the age of its newest success", async () => {
    const { clock, collector } = scriptedCollector(
      { jobs: () => new Promise(() => {}) },
      {
        sources: { jobs: { kind: "scripted" } },
        collections: { jobs: { source: "jobs", type: "queue", interval: "10s" } },
        health: { rules: [{ collection: "jobs", stat: "age", above: 60, status: "unhealthy" }], interval: "1s" },
      },
    );
    await collector.start();
    await clock.advance(5_000);
    expect(collector.health.report().components.find(({ component }) => component === "collection:jobs")?.status).toBe("unknown");
    await collector.shutdown({ timeoutMs: 0 });
  });

  it("A collector created in code evaluates its user-defined rules: an alert fires with its reason and resolves", async () => {
    let depth = 5;
    const { clock, collector } = scriptedCollector(
      { jobs: () => ({ depth }) },
      withRules({
        name: "QueueDeep",
        collection: "jobs",
        field: "depth",
        above: 10,
        clear: 8,
        for: "3s",
        keep_firing_for: "5s",
        status: "unhealthy",
      }),
    );
    await collector.start();
    await clock.advance(5_000);
    depth = 20;
    await clock.advance(10_000);
    expect(collector.alerts()).toMatchObject([
      {
        labels: { alertname: "QueueDeep", component: "collection:jobs", severity: "error" },
        reason: expect.stringContaining("depth over 1m is 20 (unhealthy above 10); clears below 8 for 5s"),
      },
    ]);
    depth = 9;
    await clock.advance(10_000);
    expect(collector.alerts()).toHaveLength(1);
    depth = 5;
    await clock.advance(10_000);
    expect(collector.alerts()).toEqual([]);
    await collector.shutdown();
  });

  it("createCollector refuses invalid user-defined rules with the first three problems", () => {
    const wrong = withRules(
      { collection: "jobs", field: "dept", above: 10 },
      { collection: "job", field: "depth", above: 10 },
      { collection: "jobs", field: "depth", stat: "rate", above: 10 },
      { collection: "jobs", field: "depth", above: 2_000_000 },
    );
    let refusal: unknown;
    try {
      scriptedCollector({}, wrong);
    } catch (error) {
      refusal = error;
    }
    if (!isVitalsError(refusal)) throw new Error(`expected a refusal, found ${String(refusal)}`);
    expect(refusal.code).toBe("config_invalid");
    expect(refusal.message).toBe(
      'invalid collector configuration: health.rules.0.field: sample type "queue" has no field "dept"; did you mean "depth"?; ' +
        'health.rules.1.collection: unknown collection "job"; did you mean "jobs"?; ' +
        'health.rules.2.stat: expected a statistic of a gauge, which field "depth" is, found "rate"; did you mean "trend"?; and 1 more',
    );
  });
});

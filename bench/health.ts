/**
 * CPU of evaluating 900 rules of 200 components once, over full hours: a hundred sources and their collections with the built-in rules, and five
 * user-defined rules for each collection. All collections tick at once, because their rules are evaluated at their ticks.
 */
import { metrics } from "@opentelemetry/api";
import type { Clock } from "../src/base/clock.ts";
import { SourcePolicy } from "../src/collection/policy.ts";
import { collectionComponent } from "../src/collector/components.ts";
import { CollectionRecord } from "../src/collector/record.ts";
import { parseOptions, resolveOptions, type SourcePlan } from "../src/collector/resolve.ts";
import { HealthMonitor } from "../src/health/monitor.ts";
import { sourceRules } from "../src/health/rules/built-in.ts";
import { counter, gauge } from "../src/sample/field.ts";
import { defineSampleType } from "../src/sample/sample-type.ts";
import type { SampleRecord } from "../src/sample/sample.ts";
import { defineSource, reading } from "../src/source/source.ts";
import * as z from "zod";

const COLLECTIONS = 100;
const HOUR = 3_600;
const ROUNDS = 50;

const type = defineSampleType("load", { busy: gauge("load.busy", "1", { good: "low" }), done: counter("load.done", "{job}") });
const kind = defineSource({
  kind: "none",
  options: z.strictObject({}),
  open: () => ({}),
  readings: [reading(type, () => Promise.reject(new Error("nothing is read here")))],
});

const names = Array.from({ length: COLLECTIONS }, (_, n) => `c${n}`);
const stats = [
  { field: "busy", stat: "p95", window: "5m" },
  { field: "busy", stat: "mean", window: "1h" },
  { field: "busy", stat: "trend", window: "1h" },
  { field: "done", stat: "rate", window: "15m" },
  { stat: "successRate", window: "15m" },
] as const;
const options = parseOptions({
  sources: Object.fromEntries(names.map((name) => [name, { kind: "none" }])),
  collections: Object.fromEntries(names.map((name) => [name, { source: name, interval: "1s", retain: HOUR }])),
  health: {
    rules: names.flatMap((collection) => stats.map((stat, n) => ({ ...stat, name: `Rule${n}`, collection, above: 1e9, clear: 1e8 }))),
  },
});

/** Advances by a second for each sample, so that no collection has missing data. */
let second = 0;
const clock: Clock = {
  wallMs: () => Date.UTC(2026, 0, 1) + second * 1_000,
  // A reading takes some time, so the newest sample started before now.
  monotonicMs: () => second * 1_000 + 5,
  sleepUntil: () => Promise.resolve(),
};

function sampleOf(collection: string): SampleRecord {
  const values = { busy: 0.5 + 0.4 * Math.sin(second / 60) + 0.05 * Math.random(), done: second * 7 };
  const sample = { time: new Date(clock.wallMs()).toISOString(), collection, outcome: "success" as const };
  return { sample: { ...sample, durationMs: 5 * Math.random(), values }, atMs: second * 1_000, dueMs: second * 1_000, latenessMs: 0 };
}

const monitor = new HealthMonitor({
  clock: clock,
  meter: metrics.getMeter("bench"),
  history: 100,
  identity: {},
  flapping: 300_000,
  log: { transition: () => {}, alerts: () => {}, send: () => {} },
});
const plan = resolveOptions(options, { sourceKinds: [kind] }).plan;
const records: CollectionRecord[] = [];
const named: string[] = [];
let rules = 0;
for (const collection of plan.collections.values()) {
  const record = new CollectionRecord(collection, { clock, windows: options.windows });
  const policy = new SourcePolicy(collection.source, (plan.sources.get(collection.source) as SourcePlan).breaker);
  records.push(record);
  const ofSource = sourceRules(options.health, () => ({
    breaker: policy.state,
    consecutiveFailures: policy.consecutiveFailures,
    lastError: policy.lastError,
  }));
  const components = [
    [`source:${collection.name}`, { rules: ofSource }] as const,
    collectionComponent(options.health, record, { paused: () => undefined, readingSinceMs: () => undefined }),
  ];
  for (const [name, spec] of components) {
    monitor.add(name, spec);
    named.push(name);
    rules += spec.rules.length;
  }
}

function pass(): void {
  second += 1;
  for (const record of records) {
    const made = sampleOf(record.plan.name);
    record.take(made, record.points.resolve(made.sample.values));
  }
}

for (let n = 0; n < HOUR; n += 1) pass();
monitor.start();
const costs = Array.from({ length: ROUNDS }, () => {
  pass();
  const before = process.cpuUsage();
  monitor.assessTick(named, { nowMs: clock.monotonicMs(), dueMs: clock.monotonicMs() });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}).toSorted((a, b) => a - b);
const { components, status } = monitor.report();
const [median, worst] = [costs[ROUNDS >> 1] as number, costs.at(-1) as number];
console.log(`${rules} rules over ${components.length} components (${status}), an hour of samples each`);
console.log(
  `a round: ${median.toFixed(1)} ms of CPU, the slowest of ${ROUNDS} ${worst.toFixed(1)} ms; ${((median * 1_000) / rules).toFixed(1)} µs a rule`,
);

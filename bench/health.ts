/**
 * One full assessment of 300 components by 1 000 rules over full hours: a hundred sources, their collections and buffers with the
 * built-in rules, and five rules of one's own for each collection.
 */
import { metrics } from "@opentelemetry/api";
import { SampleBuffer } from "../src/buffer/buffer.ts";
import type { Clock } from "../src/base/clock.ts";
import { CollectionRuntime } from "../src/collector/runtime.ts";
import { Collection } from "../src/collection/collection.ts";
import { makeSources, parseConfig, planCollections, type SourceWithBreaker } from "../src/collector/resolve.ts";
import { bufferRules, collectionRules, sourceRules } from "../src/health/rules/built-in.ts";
import { HealthMonitor } from "../src/health/monitor.ts";
import { userRules } from "../src/health/rules/user.ts";
import { counter, gauge } from "../src/sample/field.ts";
import { defineSampleType } from "../src/sample/sample-type.ts";
import type { SampleRecord } from "../src/sample/sample.ts";
import { defineSource, reading } from "../src/source/source.ts";
import * as z from "zod";

const COLLECTIONS = 100;
const HOUR = 3_600;
const ROUNDS = 50;
const WINDOWS_MS = [60_000, 300_000, 900_000, 3_600_000];

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
const options = parseConfig({
  sources: Object.fromEntries(names.map((name) => [name, { kind: "none" }])),
  collections: Object.fromEntries(names.map((name) => [name, { source: name, interval: "1s", retain: HOUR }])),
  health: {
    rules: names.flatMap((collection) => stats.map((stat, n) => ({ ...stat, name: `Rule${n}`, collection, above: 1e9, clear: 1e8 }))),
  },
});

/** Goes on a second for each sample, so that no collection is silent. */
let second = 0;
const clock: Clock = {
  wallMs: () => Date.UTC(2026, 0, 1) + second * 1_000,
  // A reading takes some time: the newest sample began before now.
  monotonicMs: () => second * 1_000 + 5,
  sleepUntil: () => Promise.resolve(),
};

function sampleOf(collection: string): SampleRecord {
  const values = { busy: 0.5 + 0.4 * Math.sin(second / 60) + 0.05 * Math.random(), done: second * 7 };
  const sample = { seq: second, time: new Date(clock.wallMs()).toISOString(), collection, outcome: "success" as const };
  return { sample: { ...sample, durationMs: 5 * Math.random(), values }, atMs: second * 1_000, latenessMs: 0 };
}

const monitor = new HealthMonitor({
  clock: clock,
  meter: metrics.getMeter("bench"),
  history: 100,
  identity: {},
  flapping: 300_000,
  log: { transition: (transition) => ({ seq: 0, ...transition }), alerts: () => {} },
});
const sources = makeSources(options, new Map([["none", kind]]), { clock: clock, baseDir: ".", types: new Map() });
const handles: CollectionRuntime[] = [];
let rules = 0;
for (const plan of planCollections(options, sources)) {
  const { source, policy } = sources.get(plan.source) as SourceWithBreaker;
  const collection = new Collection({ ...plan, source, policy, clock: clock }, () => {});
  const buffer = new SampleBuffer(plan.name, type, plan.retain, WINDOWS_MS);
  const handle = new CollectionRuntime({ ...plan, collection, buffer, policy, clock: clock });
  handles.push(handle);
  let facts = handle.facts(clock.monotonicMs());
  const ofSource = sourceRules(options.health, () => ({ breaker: policy.state, consecutiveFailures: policy.consecutiveFailures }));
  const ofCollection = [
    ...collectionRules(options.health, plan.slowMs, () => facts),
    ...userRules(options.health.rules, handle.ruleTarget),
  ];
  const ofBuffer = bufferRules(options.health, () => handle.bufferFacts());
  monitor.add(`source:${plan.name}`, { rules: ofSource });
  monitor.add(`collection:${plan.name}`, { rules: ofCollection, prepare: (nowMs) => void (facts = handle.facts(nowMs)) });
  monitor.add(`buffer:${plan.name}`, { rules: ofBuffer, affectsOverall: false });
  rules += ofSource.length + ofCollection.length + ofBuffer.length;
}

function pass(): void {
  second += 1;
  for (const handle of handles) handle.take(sampleOf(handle.name));
}

for (let n = 0; n < HOUR; n += 1) pass();
monitor.start();
const costs = Array.from({ length: ROUNDS }, () => {
  pass();
  const before = process.cpuUsage();
  monitor.assess();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}).toSorted((a, b) => a - b);
const { components, status } = monitor.report();
const [median, worst] = [costs[ROUNDS >> 1] as number, costs.at(-1) as number];
console.log(`${rules} rules over ${components.length} components (${status}), an hour of samples each`);
console.log(
  `a round: ${median.toFixed(1)} ms of CPU, the slowest of ${ROUNDS} ${worst.toFixed(1)} ms; ${((median * 1_000) / rules).toFixed(1)} µs a rule`,
);

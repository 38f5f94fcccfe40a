import * as z from "zod";
import { createCollector, defineSampleType, defineSource, reading, upDownCounter, type RuleConfig } from "../../src/index.ts";

/** The README's example has to compile, and common mistakes must not: `npm run check:types` compiles this file. */
interface Redis {
  llen(key: string, signal: AbortSignal): Promise<number>;
}
declare function connect(url: string): Redis;

export const queueMetrics = defineSampleType("queue", { depth: upDownCounter("queue.depth", "{job}", { good: "low" }) });
export const redisQueue = defineSource({
  kind: "redis-queue",
  options: z.strictObject({ url: z.url() }),
  open: ({ url }) => connect(url),
  // The connection's type is explicit: TypeScript checks the readings before it infers what `open` returns.
  readings: [reading(queueMetrics, async (redis: Redis, signal) => ({ depth: await redis.llen("jobs", signal) }))],
});

const collector = createCollector(
  { sources: { jobs: { kind: "redis-queue", url: "redis://x" } }, collections: { queue: { source: "jobs", interval: "5s" } } },
  { sourceKinds: [redisQueue] },
);
const queue = collector.collection("queue", queueMetrics);
export const depth: number | undefined = queue.recent(1)[0]?.values?.depth;
export const p95: number | undefined = queue.aggregate("1m").fields.depth?.p95;
// @ts-expect-error -- there is no such field
export const deep = queue.aggregate("1m").fields.deep;
// @ts-expect-error -- a reading returns values of its type
reading(queueMetrics, () => ({ depth: "many" }));
for await (const event of collector.events()) if (event.kind === "alert") event.alert.reason satisfies string;

// A check passes by returning nothing or true, fails by false, and says more with a finding.
collector.health.register("a", () => {});
collector.health.register("b", async () => false);
collector.health.register("c", () => ({ status: "degraded", reason: "slow" }));
// @ts-expect-error -- text is no result
collector.health.register("d", () => "ok");
// @ts-expect-error -- there is no such status
collector.health.register("e", () => ({ status: "fine", reason: "slow" }));

// Rules are plain data, written where they are given or beside it.
const deepQueue: RuleConfig = {
  collection: "queue",
  field: "depth",
  stat: "p95",
  window: "5m",
  above: 100,
  clear: 80,
  for: "30s",
  keep_firing_for: 60_000,
};
createCollector({ health: { flapping: "5m", rules: [deepQueue, { collection: "queue", stat: "age", above: 60, status: "critical" }] } });
// @ts-expect-error -- there is no such statistic
createCollector({ health: { rules: [{ collection: "queue", field: "depth", stat: "p59", above: 1 }] } });
// @ts-expect-error -- a rule names its collection
createCollector({ health: { rules: [{ field: "depth", above: 1 }] } });
// @ts-expect-error -- a rule's status is worse than healthy
createCollector({ health: { rules: [{ collection: "queue", field: "depth", above: 1, status: "healthy" }] } });
// @ts-expect-error -- a threshold is a number
createCollector({ health: { rules: [{ collection: "queue", field: "depth", above: "90%" }] } });

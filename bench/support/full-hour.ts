/** A state directory with an hour of the default collections, written by a collector on a simulated clock from readings of this machine. */
import { stat } from "node:fs/promises";
import * as z from "zod";
import { keepAlive } from "../../src/base/clock.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { createCollector } from "../../src/index.ts";
import { BUILT_IN_TYPES } from "../../src/collector/kinds.ts";
import type { AnyValues } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { seededRandom } from "../../src/topology/random.ts";

/** As in otel-config.yaml. */
export const COLLECTIONS = {
  analytics: { source: "here", type: "system", interval: "1s", retain: 3600 },
  memory: { source: "agent", type: "agent-memory", interval: "5s", retain: 720 },
  graph: { source: "agent", type: "graph", interval: "2s", retain: 1800 },
} as const;

/** One real reading of each sample type. */
async function readings(memoryFile: string): Promise<ReadonlyMap<string, AnyValues>> {
  const collector = createCollector({
    sources: { here: { kind: "host" }, agent: { kind: "mcp-memory", path: memoryFile } },
    collections: COLLECTIONS,
  });
  const found = new Map<string, AnyValues>();
  await collector.start();
  // The second reading of a machine is the first that knows rates.
  const counts = new Map<string, number>();
  for await (const event of collector.events()) {
    if (event.kind !== "sample" || !event.sample.values) continue;
    const { collection, values } = event.sample;
    counts.set(collection, (counts.get(collection) ?? 0) + 1);
    found.set(COLLECTIONS[collection as keyof typeof COLLECTIONS].type, values);
    if (Object.keys(COLLECTIONS).every((name) => (counts.get(name) ?? 0) >= (name === "analytics" ? 2 : 1))) break;
  }
  await collector.shutdown();
  return found;
}

/** A value as the next reading could have it: fractions change, and counts do not. */
function varied(value: unknown, random: () => number): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : value * (0.9 + 0.1 * random());
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, varied(inner, random)]));
}

/**
 * Writes an hour that ends now.
 *
 * @returns the samples by collection
 */
export async function writeFullHour(dir: string, memoryFile: string): Promise<Readonly<Record<string, number>>> {
  const templates = await keepAlive(readings(memoryFile));
  const random = seededRandom(1);
  const copied = defineSource({
    kind: "copied",
    options: z.strictObject({}),
    open: () => ({ [Symbol.asyncDispose]: async () => {} }),
    readings: BUILT_IN_TYPES.map((type) => reading(type, () => varied(templates.get(type.name) ?? {}, random) as never)),
  });
  const HOUR_S = 3_600;
  const clock = new ManualClock({ wallMs: Date.now() - (HOUR_S + 10) * 1_000 });
  const config = { sources: { here: { kind: "copied" }, agent: { kind: "copied" } }, collections: COLLECTIONS, state: { dir } } as const;
  const collector = createCollector(config, { clock, sourceKinds: [copied] });
  await collector.start();
  for (let second = 0; second < HOUR_S + 10; second += 1) {
    await clock.advance(1_000);
    // The disk keeps up: simulated time does not wait for it.
    await stat(dir);
  }
  const counts = Object.fromEntries(collector.collections().map((handle) => [handle.name, handle.report().samples]));
  const stopped = collector.shutdown();
  for (let turn = 0; turn < 100; turn += 1) {
    await clock.advance(10);
    await stat(dir);
  }
  await stopped;
  return counts;
}

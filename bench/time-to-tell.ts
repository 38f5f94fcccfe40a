/**
 * Minutes from a failure of a memory to the first alert about it, and false alarms in quiet weeks, on a simulated clock with the real rules of
 * the source kind neo4j, the real buffers and the real alerts. The memory and its failures are simulated: npm run bench -- time-to-tell
 */
import { resolve } from "../src/collector/resolve.ts";
import { RuleSimulation } from "../src/rule-simulation/simulation.ts";
import type { SimulatedTick } from "../src/rule-simulation/ticks.ts";
import { FAILURES, HABITS, SimulatedMemory, START_MS, type Failure, type Habits } from "./support/simulated-memory.ts";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const SCAN_MS = 5 * MINUTE;
const SEEDS = [1, 2, 3, 4, 5];

const plan = resolve({
  sources: { store: { kind: "neo4j" } },
  collections: { memory: { source: "store", type: "agent-memory", interval: "1m", retain: "2h" } },
});

interface Told {
  readonly alert: string;
  readonly atMs: number;
}

/** Alerts that fired in a run from 00:00 of a day on; Monday is 0. */
function run(habits: Habits, seed: number, fromDay: number, days: number, failure?: Failure, failsMs = 0): readonly Told[] {
  const startMs = START_MS + fromDay * DAY;
  const memory = new SimulatedMemory(habits, seed, failure, startMs + failsMs);
  const ticks = Array.from({ length: days * 1_440 }, (_, n): SimulatedTick => {
    const dueMs = n * MINUTE;
    return { dueMs, outcome: "success", durationMs: 1, values: memory.read(startMs + dueMs, SCAN_MS) };
  });
  const simulation = new RuleSimulation(plan, new Map([["memory", { ticks, endMs: days * DAY }]]));
  const { notifications } = simulation.run([]);
  return notifications.flatMap(({ atMs, alert }) => (alert.state === "firing" ? [{ alert: alert.labels.alertname, atMs }] : []));
}

const minutes = (list: readonly number[]): string => {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return sorted.length === 1 ? middle.toFixed(0) : `${middle.toFixed(0)} (${sorted[0]?.toFixed(0)} to ${sorted.at(-1)?.toFixed(0)})`;
};

for (const habits of HABITS) {
  const alarms = SEEDS.flatMap((seed) => run(habits, seed, 0, 7));
  const names = Object.entries(Object.groupBy(alarms, ({ alert }) => alert)).map(([alert, list]) => `${list?.length} ${alert}`);
  console.log(
    `\n${habits.name}: ${alarms.length} false alarms in ${SEEDS.length} quiet weeks${names.length > 0 ? ` (${names.join(", ")})` : ""}`,
  );
  for (const failure of FAILURES) {
    // Tuesday, 10:30, and a bit later for each seed.
    const found = SEEDS.slice(0, 3).map((seed) => {
      const failsMs = (630 + 37 * seed) * MINUTE;
      const first = run(habits, seed, 1, 4, failure, failsMs).find(({ atMs }) => atMs > failsMs);
      return first && { alert: first.alert, minutes: (first.atMs - failsMs) / MINUTE };
    });
    const told = found.flatMap((each) => each ?? []);
    const alerts = [...new Set(told.map(({ alert }) => alert))].join(", ");
    console.log(
      `  ${failure}: told in ${told.length} of ${found.length} runs, after ${minutes(told.map((each) => each.minutes))} min, by ${alerts}`,
    );
  }
}

import { scheduleOf } from "../collection/schedule.ts";
import type { Retained } from "../collector/retained.ts";
import { WITH_DURATION } from "../sample/outcome.ts";
import { INSTANT_MS, type Sample, type SampleRecord } from "../sample/sample.ts";
import { gridTimes, type GridTime } from "./recorded-grid.ts";

/** A retained sample, at the time at which its collector took it. Milliseconds of the simulated clock, as in all records. */
export interface RecordedTick {
  readonly record: SampleRecord;
  readonly takenMs: number;
}

/** The samples of one run of a collector, from its start until it ended. */
export interface Life {
  readonly startMs: number;
  /** Whether it began before its first retained sample. */
  readonly isCutOff: boolean;
  /** When it last saved what the next one remembers; undefined if that is not known. */
  readonly savedMs: number | undefined;
  /** In the order in which they were taken. */
  readonly ticks: readonly RecordedTick[];
  /** Samples of ticks at which no collector ran, before it. */
  readonly outage: readonly Pick<SampleRecord, "sample" | "atMs">[];
  /** Times at which the event loop was blocked: nothing was evaluated. */
  readonly blocked: readonly (readonly [fromMs: number, toMs: number])[];
}

interface Timed {
  readonly sample: Sample;
  readonly timeMs: number;
}

/**
 * Divides samples into the runs of the collector that took them.
 *
 * @param intervals interval of each collection
 * @param originMs wall-clock time at which the simulated clock is 0
 */
export function livesOf(retained: Retained, intervals: ReadonlyMap<string, number>, originMs: number): readonly Life[] {
  const runs = retained.runs.map(({ savedMs, startMs }) => ({
    startMs: startMs - originMs,
    savedMs: savedMs === undefined ? undefined : savedMs - originMs,
  }));
  const timed = retained.samples
    .filter(({ collection }) => intervals.has(collection))
    .map((sample): Timed => ({ sample, timeMs: Date.parse(sample.time) - originMs }));
  const byLife = Map.groupBy(timed, ({ timeMs }) => runs.findLastIndex(({ startMs }) => Math.floor(startMs) <= timeMs));
  const first = Math.min(...byLife.keys());
  const indices = new Set([...byLife.keys(), ...runs.keys()].filter((index) => index >= first));
  let outage: readonly Timed[] = [];
  return [...indices]
    .toSorted((a, b) => a - b)
    .map((index) => {
      const samples = byLife.get(index) ?? [];
      const before = outage;
      outage = index < runs.length - 1 ? missedAtTheEnd(samples) : [];
      const isOfOutage = new Set(outage);
      const own = samples.filter((each) => !isOfOutage.has(each));
      const isCutOff = index === first && !retained.isFromStart;
      return lifeOf(own, before, { intervals, isCutOff, ...runs[index] });
    });
}

/** Ticks of an outage become missed samples at the start behind it: they are the missed ones behind the last that a collector ran at. */
function missedAtTheEnd(samples: readonly Timed[]): readonly Timed[] {
  return [...Map.groupBy(samples, ({ sample }) => sample.collection).values()].flatMap((own) =>
    own.slice(own.findLastIndex(({ sample }) => sample.outcome !== "missed") + 1),
  );
}

interface LifeSettings {
  readonly intervals: ReadonlyMap<string, number>;
  readonly startMs?: number;
  readonly savedMs?: number | undefined;
  readonly isCutOff: boolean;
}

function lifeOf(samples: readonly Timed[], outage: readonly Timed[], { intervals, isCutOff, savedMs, startMs }: LifeSettings): Life {
  const blocked: (readonly [number, number])[] = [];
  const taken = new Map<Timed, RecordedTick>();
  let estimatedMs = Number.POSITIVE_INFINITY;
  for (const [name, own] of Map.groupBy(samples, ({ sample }) => sample.collection)) {
    const intervalMs = intervals.get(name) as number;
    const times = own.map(({ timeMs }) => timeMs);
    const grid = gridTimes(times, intervalMs, firstDueMs(name, intervalMs, times[0] as number, startMs));
    const ticks = ticksOf(own, grid, intervalMs, blocked);
    for (const [n, tick] of ticks.entries()) taken.set(own[n] as Timed, tick);
    estimatedMs = Math.min(estimatedMs, (grid[0] as GridTime).dueMs - scheduleOf(name, intervalMs, 0).firstMs);
  }
  let newestMs = Number.NEGATIVE_INFINITY;
  const ticks = samples.map((sample): RecordedTick => {
    const { record, takenMs } = taken.get(sample) as RecordedTick;
    newestMs = Math.max(newestMs, takenMs);
    return { record, takenMs: newestMs };
  });
  return {
    startMs: isCutOff ? estimatedMs : (startMs ?? estimatedMs),
    isCutOff,
    savedMs,
    ticks,
    outage: outage.map(({ sample, timeMs }) => ({ sample, atMs: timeMs })),
    blocked,
  };
}

/** When the first retained tick was due on the grid that a collection has since a start; undefined if it was on none such. */
function firstDueMs(name: string, intervalMs: number, timeMs: number, startMs: number | undefined): number | undefined {
  if (startMs === undefined) return undefined;
  const { firstMs } = scheduleOf(name, intervalMs, startMs);
  const dueMs = firstMs + Math.max(0, Math.round((timeMs - firstMs) / intervalMs)) * intervalMs;
  const lateMs = timeMs - dueMs;
  return lateMs > -1 && (lateMs < 1 || dueMs === firstMs) && lateMs <= intervalMs / 2 ? dueMs : undefined;
}

/** The samples of one collection, in order. @param blocked receives the times at which the event loop was blocked */
function ticksOf(
  own: readonly Timed[],
  grid: readonly GridTime[],
  intervalMs: number,
  blocked: (readonly [number, number])[],
): readonly RecordedTick[] {
  const ticks: RecordedTick[] = [];
  for (let n = 0; n < own.length;) {
    const { sample } = own[n] as Timed;
    const { dueMs, atMs } = grid[n] as GridTime;
    if (sample.outcome !== "missed") {
      const durationMs = WITH_DURATION.has(sample.outcome) ? sample.durationMs : 0;
      ticks.push({ record: { sample, atMs, dueMs, latenessMs: atMs - dueMs }, takenMs: atMs + Math.max(INSTANT_MS, durationMs) });
      n += 1;
      continue;
    }
    const found = own.findIndex((each, at) => at > n && each.sample.outcome !== "missed");
    const end = found === -1 ? own.length : found;
    const newestDueMs = (grid[end - 1] as GridTime).dueMs;
    const next = grid[end];
    const previousMs = ticks.at(-1)?.takenMs ?? Number.NEGATIVE_INFINITY;
    // Missed ticks are reported together, once the reading before them has ended, or the event loop is no longer blocked.
    const isBlocked = previousMs < dueMs;
    const lateMs = next && next.atMs > next.dueMs ? next.atMs : newestDueMs + intervalMs / 2;
    const takenMs = isBlocked ? lateMs : Math.max(previousMs, newestDueMs);
    if (isBlocked) blocked.push([dueMs, takenMs]);
    for (; n < end; n += 1) {
      const { sample: missed } = own[n] as Timed;
      const { dueMs: missedMs } = grid[n] as GridTime;
      ticks.push({ record: { sample: missed, atMs: missedMs, dueMs: missedMs, latenessMs: 0 }, takenMs });
    }
  }
  return ticks;
}

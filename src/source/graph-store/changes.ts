import * as z from "zod";
import { elapsedMs, type Clock } from "../../base/clock.ts";
import { UNIT_MS } from "../../base/quantity.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";
import { Growth, savedGrowth } from "../growth.ts";

/** The sample type of the fields below. */
export const MEMORY_TYPE = "agent-memory";

/** Fields of `agent-memory` that are computed from earlier readings, by the field that they are measured with. */
export const CHANGE_FIELDS: Readonly<Record<string, string>> = {
  memoryGrowthRate: "totalMemories",
  invalidatedRise: "invalidatedShare",
  recentCommonestShare: "commonestShare",
};

/** Ages in milliseconds, each with what was known then, oldest first. */
const savedRise = z.array(z.tuple([z.number(), z.number()]));
const savedRepeats = z.array(z.tuple([z.number(), z.number(), z.number()]));

/** By graph, what changes are measured from. */
const savedChanges = z.record(z.string(), z.object({ growth: savedGrowth, rise: savedRise, repeats: savedRepeats }));
type SavedChanges = z.output<typeof savedChanges>;

/** What changed in the memories of each graph since earlier readings, of this process or of those before it. */
export class Changes {
  readonly #clock: Clock;
  readonly #graphs = new Map<string, { readonly growth: Growth; readonly rise: Rise; readonly repeats: Repeats }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds what changed to the values of a reading, by graph. Types other than `agent-memory` are left as they are. */
  addTo({ type, values }: { readonly type: SampleType; readonly values: ReadonlyMap<string, Record<string, unknown>> }): void {
    if (type.name !== MEMORY_TYPE) return;
    const nowMs = elapsedMs(this.#clock);
    for (const [graph, measured] of values) Object.assign(measured, this.take(graph, measured as AnyValues, nowMs));
  }

  /** What changes are measured from. */
  save(): SavedChanges {
    const nowMs = elapsedMs(this.#clock);
    const saved = [...this.#graphs].map(([graph, { growth, rise, repeats }]) => {
      return [graph, { growth: growth.save(nowMs), rise: rise.save(nowMs), repeats: repeats.save(nowMs) }] as const;
    });
    return Object.fromEntries(saved);
  }

  /** Continues from what was saved `ageMs` milliseconds ago; data of another form is ignored. */
  restore(saved: unknown, ageMs: number): void {
    const savedMs = elapsedMs(this.#clock) - ageMs;
    for (const [graph, state] of Object.entries(savedChanges.safeParse(saved).data ?? {})) {
      const known = { growth: new Growth(), rise: new Rise(), repeats: new Repeats() };
      known.growth.restore(state.growth, savedMs);
      known.rise.restore(state.rise, savedMs);
      known.repeats.restore(state.repeats, savedMs);
      this.#graphs.set(graph, known);
    }
  }

  /** The changes that follow from values of `agent-memory`, as values of it. @param nowMs time that passed, suspensions included */
  take(graph: string, values: AnyValues, nowMs: number): AnyValues {
    const known = this.#graphs.get(graph) ?? { growth: new Growth(), rise: new Rise(), repeats: new Repeats() };
    this.#graphs.set(graph, known);
    const { totalMemories, invalidatedShare, commonestShare, memories } = values as Readonly<Record<string, unknown>>;
    const changes: Record<string, number | undefined> = {};
    if (typeof totalMemories === "number") {
      changes["memoryGrowthRate"] = known.growth.rate(totalMemories, nowMs);
      known.growth.record(totalMemories, nowMs);
    }
    if (typeof invalidatedShare === "number") changes["invalidatedRise"] = known.rise.take(invalidatedShare, nowMs);
    const stored = (memories as Readonly<Record<string, number>> | undefined)?.["semantic"];
    // A store without times of its memories does not tell which are new.
    if (typeof commonestShare === "number" && stored !== undefined && !Object.hasOwn(values, "recentCommonestShare"))
      changes["recentCommonestShare"] = known.repeats.take({ most: commonestShare * stored, stored }, nowMs);
    return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as AnyValues;
  }
}

/** How far a number is above its lowest value of the last day, or since the start. */
export class Rise {
  /** The lowest value of each ten minutes, oldest first. */
  #lows: { readonly sinceMs: number; value: number }[] = [];

  save(nowMs: number): z.output<typeof savedRise> {
    return this.#lows.map(({ sinceMs, value }) => [Math.round(nowMs - sinceMs), value]);
  }

  restore(saved: z.output<typeof savedRise>, savedMs: number): void {
    this.#lows = saved.map(([age, value]) => ({ sinceMs: savedMs - age, value }));
  }

  take(value: number, nowMs: number): number {
    this.#lows = this.#lows.filter(({ sinceMs }) => nowMs - sinceMs < UNIT_MS.d);
    const last = this.#lows.at(-1);
    if (last && nowMs - last.sinceMs < 10 * UNIT_MS.m) last.value = Math.min(last.value, value);
    else this.#lows.push({ sinceMs: nowMs, value });
    return value - Math.min(...this.#lows.map((low) => low.value));
  }
}

/** How many statements there are, and how many of them are the commonest one. */
interface Statements {
  readonly most: number;
  readonly stored: number;
}

/** Statements that are judged at least: the share of a few is chance. */
const MIN_ADDED = 50;
/** Statements are judged over at least an hour, so that one batch does not decide. */
const MIN_AGE_MS = UNIT_MS.h;

/** The share of the commonest statement among those that were added since. */
export class Repeats {
  #known: (Statements & { readonly atMs: number })[] = [];

  save(nowMs: number): z.output<typeof savedRepeats> {
    return this.#known.map(({ atMs, most, stored }) => [Math.round(nowMs - atMs), most, stored]);
  }

  restore(saved: z.output<typeof savedRepeats>, savedMs: number): void {
    this.#known = saved.map(([age, most, stored]) => ({ atMs: savedMs - age, most, stored }));
  }

  /** Undefined where fewer than fifty statements were added in the last week. */
  take({ most, stored }: Statements, nowMs: number): number | undefined {
    this.#known = this.#known.filter(({ atMs }) => nowMs - atMs <= 7 * UNIT_MS.d);
    const last = this.#known.at(-1);
    if (!last || nowMs - last.atMs >= MIN_AGE_MS / 12) this.#known.push({ atMs: nowMs, most, stored });
    const enough = this.#known.filter((before) => stored - before.stored >= MIN_ADDED);
    const base = enough.findLast(({ atMs }) => nowMs - atMs >= MIN_AGE_MS) ?? enough[0];
    return base && Math.min(1, Math.max(0, (most - base.most) / (stored - base.stored)));
  }
}

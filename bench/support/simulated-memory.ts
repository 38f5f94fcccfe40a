/** A simulated memory: when its writers write, what they store, and what a reading of it measures. Nothing of it comes from a real store. */
import { systemClock } from "../../src/base/clock.ts";
import { Changes } from "../../src/source/graph-store/changes.ts";
import { silenceOf, SLOT_MS } from "../../src/source/graph-store/silence.ts";
import type { AnyValues } from "../../src/sample/sample-type.ts";
import { seededRandom } from "../../src/topology/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Monday, 00:00. */
export const START_MS = Date.UTC(2026, 0, 5);

/** How long the memory had been written to before the simulation starts. */
const HISTORY_MS = 3 * WEEK;

/** What breaks. */
export const FAILURES = [
  "episodes without facts",
  "placeholder facts",
  "placeholder embeddings",
  "embedder changed",
  "worker dead",
  "everything retired",
] as const;
export type Failure = (typeof FAILURES)[number];

/** Who writes. Sessions start at random within the hours; each writes some episodes. */
export interface Habits {
  readonly name: string;
  readonly isAwake: (weekday: number, hour: number) => number;
  /** Sessions in an hour in which everybody is awake. */
  readonly sessionsPerHour: number;
  readonly episodesPerSession: number;
  /** Mean time between two episodes of a session. */
  readonly pauseMs: number;
}

const office = (weekday: number, hour: number): number => {
  if (weekday > 4 || hour < 8 || hour >= 18) return 0;
  return hour === 12 ? 0.2 : 1;
};

export const HABITS: readonly Habits[] = [
  { name: "a team in office hours", isAwake: office, sessionsPerHour: 4, episodesPerSession: 6, pauseMs: 40_000 },
  { name: "one person in office hours", isAwake: office, sessionsPerHour: 0.4, episodesPerSession: 5, pauseMs: 60_000 },
  { name: "an agent day and night", isAwake: () => 1, sessionsPerHour: 60, episodesPerSession: 1, pauseMs: 0 },
];

/** Share of episodes from which nothing is extracted: greetings, thanks. */
const WITHOUT_FACTS = 0.4;
/** Share of facts that retire an older one. */
const RETIRING = 0.1;
/** Share of facts that repeat one of a few statements. */
const REPEATING = 0.03;

interface Fact {
  readonly atMs: number;
  readonly text: number;
}

/** Everything that is written, in order. */
interface Writes {
  readonly episodes: readonly number[];
  readonly facts: readonly Fact[];
  /** When a fact was retired. */
  readonly retired: readonly number[];
  /** When an entity was stored, with its embedding; a placeholder is 0. */
  readonly entities: readonly { readonly atMs: number; readonly embedding: number; readonly size: number }[];
}

function writesOf(habits: Habits, random: () => number, failure: Failure | undefined, failsMs: number, endMs: number): Writes {
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const episodes: number[] = [];
  for (let hour = START_MS - HISTORY_MS; hour < endMs; hour += HOUR) {
    const weekday = Math.floor((hour - START_MS + 10 * WEEK) / DAY) % 7;
    const mean = habits.sessionsPerHour * habits.isAwake(weekday, new Date(hour).getUTCHours());
    if (mean === 0) continue;
    for (let at = exponential(HOUR / mean); at < HOUR; at += exponential(HOUR / mean)) {
      let episodeMs = hour + at;
      for (let n = 0; n === 0 || random() < 1 - 1 / habits.episodesPerSession; n += 1) {
        episodes.push(episodeMs);
        episodeMs += exponential(habits.pauseMs);
      }
    }
  }
  episodes.sort((a, b) => a - b);
  const isBroken = (atMs: number): boolean => failure !== undefined && atMs >= failsMs;
  const kept = failure === "worker dead" ? episodes.filter((atMs) => !isBroken(atMs)) : episodes;
  const facts: Fact[] = [];
  const retired: number[] = [];
  const entities: { atMs: number; embedding: number; size: number }[] = [];
  for (const episodeMs of kept) {
    const extractedMs = episodeMs + 20_000 + exponential(30_000);
    const count = random() < WITHOUT_FACTS ? 0 : 1 + Math.floor(random() * 3);
    for (let n = 0; n < count; n += 1) {
      const broken = isBroken(extractedMs);
      if (broken && failure === "episodes without facts") continue;
      const text = broken && failure === "placeholder facts" ? 0 : random() < REPEATING ? 1 + Math.floor(random() * 5) : 100 + facts.length;
      facts.push({ atMs: extractedMs, text });
      if (random() < RETIRING) retired.push(extractedMs);
      if (random() < 0.5) {
        const embedding = broken && failure === "placeholder embeddings" ? 0 : 1 + entities.length;
        entities.push({ atMs: extractedMs, embedding, size: broken && failure === "embedder changed" ? 1_536 : 1_024 });
      }
    }
  }
  facts.sort((a, b) => a.atMs - b.atMs);
  if (failure === "everything retired") {
    const already = retired.filter((atMs) => atMs < failsMs).length;
    for (let n = facts.filter(({ atMs }) => atMs < failsMs).length - already; n > 0; n -= 1) retired.push(failsMs);
  }
  return { episodes: kept, facts, retired: retired.sort((a, b) => a - b), entities: entities.sort((a, b) => a.atMs - b.atMs) };
}

/** What readings of the memory measure. */
export class SimulatedMemory {
  readonly #writes: Writes;
  readonly #changes = new Changes(systemClock);
  readonly #texts = new Map<number, number>();
  #counted = 0;
  /** How often the commonest text is stored. */
  #most = 0;
  /** Slots with an episode, ascending. */
  readonly #slots: readonly number[];
  #scannedMs = Number.NEGATIVE_INFINITY;

  constructor(habits: Habits, seed: number, failure?: Failure, failsMs = 0, endMs = START_MS + WEEK) {
    this.#writes = writesOf(habits, seededRandom(seed), failure, failsMs, endMs);
    this.#slots = [...new Set(this.#writes.episodes.map((atMs) => Math.floor(atMs / SLOT_MS)))];
  }

  /** A reading of `agent-memory`; the times of readings ascend. */
  read(nowMs: number, scanMs: number): AnyValues {
    const { episodes, facts, retired } = this.#writes;
    const [episodic, semantic, invalidated] = [before(episodes, nowMs), before(facts, nowMs, ({ atMs }) => atMs), before(retired, nowMs)];
    const newestMs = episodes[episodic - 1] ?? nowMs;
    const isDue = nowMs - this.#scannedMs >= scanMs;
    if (isDue) this.#scannedMs = nowMs;
    const values = {
      totalMemories: episodic + semantic,
      memories: { episodic, semantic },
      episodes: episodic,
      newestMemoryAge: (nowMs - newestMs) / 1_000,
      invalidated,
      invalidatedShare: Math.min(1, invalidated / Math.max(1, semantic)),
      ...(isDue ? this.#scan(nowMs, episodic, semantic) : {}),
    };
    return { ...values, ...this.#changes.take("memory", values, nowMs - START_MS) };
  }

  #scan(nowMs: number, episodic: number, semantic: number): AnyValues {
    const { episodes, facts, entities } = this.#writes;
    const newestMs = episodes[episodic - 1] ?? nowMs;
    const factMs = facts[semantic - 1]?.atMs ?? newestMs;
    for (; this.#counted < semantic; this.#counted += 1) {
      const { text = 0 } = facts[this.#counted] ?? {};
      const same = (this.#texts.get(text) ?? 0) + 1;
      this.#texts.set(text, same);
      this.#most = Math.max(this.#most, same);
    }
    const newestSlot = Math.floor(newestMs / SLOT_MS);
    const slots = this.#slots.slice(before(this.#slots, (nowMs - 4 * WEEK) / SLOT_MS), before(this.#slots, newestSlot));
    const silence = silenceOf(slots, newestMs, nowMs);
    const known = before(entities, nowMs, ({ atMs }) => atMs);
    const newest = entities.slice(Math.max(0, known - 50), known);
    const sizes = entities.slice(Math.max(0, known - 20), known).map(({ size }) => size);
    return {
      extractionLag: Math.max(0, newestMs - factMs) / 1_000,
      unextractedEpisodes: episodic - before(episodes, factMs),
      usualGap: silence.usualMs / 1_000,
      relativeMemoryAge: silence.ratio,
      embeddingCoverage: 1,
      recentCommonestShare: mostCommon(facts.slice(Math.max(0, semantic - 50), semantic).map(({ text }) => text)),
      commonestShare: this.#most / Math.max(1, semantic),
      commonestEmbeddingShare: mostCommon(newest.map(({ embedding }) => embedding)),
      embeddingDimension: sizes.at(-1) ?? 0,
      embeddingMismatch: sizes.filter((size) => size !== entities[0]?.size).length / Math.max(1, sizes.length),
    };
  }
}

function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(0, ...counts.values()) / Math.max(1, values.length);
}

/** Number of entries of a sorted list that are not after a time. */
function before<T>(list: readonly T[], nowMs: number, timeOf: (entry: T) => number = Number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(list[middle] as T) <= nowMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { elapsedMs, type Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { duration } from "../base/quantity.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import type { Dispatcher } from "../health/sink/dispatcher.ts";
import type { BacklogLog } from "../health/sink/worker.ts";
import type { JournalEngine, Opened } from "../journal/engine.ts";
import { FileEngine } from "../journal/file/file-engine.ts";
import { TAIL_BYTES, type Journal } from "../journal/journal.ts";
import type { Source } from "../source/source.ts";
import { checkpoint, decoded, encoded, historyValue, sinksValue, VALUES, type Checkpoint } from "./checkpoint.ts";
import { ageOf } from "./engine.ts";
import type { VitalsEvent } from "./event.ts";
import type { CollectionRecord } from "./record.ts";
import type { CollectionPlan } from "./resolve.ts";
import { fitsType, replay, replayedTimes, ticksOfOutage, type ReplayedSample } from "./replay.ts";

/** What a collector saves and restores. */
export interface StateParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds between two saves, unless a notification waits for one. Default: 1 000. */
  readonly syncMs: number | undefined;
  readonly journal: Journal<VitalsEvent>;
  readonly monitor: HealthMonitor;
  readonly dispatcher: Dispatcher;
  readonly records: () => Iterable<CollectionRecord>;
  readonly sources: () => Iterable<Source>;
}

/** A notification waits no longer than this for what it is about to be saved. */
const LONGEST_SAVE_MS = 1_000;

const DEFAULT_SYNC_MS = 1_000;

/** Marks in the time that the longest buffer spans. */
const MARKS = 32;

/**
 * What of a collector survives it: events in the journal's engine, and a checkpoint of what follows from them. To restore it judges
 * nothing: samples rebuild buffers, and statuses, alerts and notifications continue as they were saved.
 */
export class CollectorState implements BacklogLog {
  readonly engine: JournalEngine;
  #parts: StateParts | undefined;
  /** The saves so far, and the one that begins after them. */
  #saving: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  /** When the save in progress began; undefined while there is none. */
  #sinceMs: number | undefined;
  #savedMs = Number.NEGATIVE_INFINITY;
  /** Wall-clock time at which it was opened: later than all samples of the lives before, and than the ticks of the outage. */
  #startedAt = 0;
  readonly #closing = new AbortController();
  /** Whether a save is planned for when it is due. */
  #isPlanned = false;
  #isHistoryChanged = true;
  #areSinksChanged = true;
  /** Numbers of the journal with the monotonic times at which they were the newest, oldest first. */
  #marks: (readonly [seq: number, atMs: number])[] = [];

  constructor(engine: JournalEngine) {
    this.engine = engine;
  }

  /** Why nothing can be saved; undefined while it can be, and before it is opened. */
  get problem(): string | undefined {
    return this.#parts && this.engine instanceof FileEngine ? this.engine.status.problem : undefined;
  }

  /**
   * Opens the engine, and restores what it retains.
   *
   * @throws VitalsError `state_in_use`, `aborted`
   */
  async open(parts: StateParts, signal: AbortSignal): Promise<Opened> {
    const opened = await this.engine.open(signal);
    const saved = this.#read(checkpoint, opened.checkpoint, parts);
    const history = this.#read(historyValue, await this.engine.load(VALUES.history), parts);
    const sinks = this.#read(sinksValue, await this.engine.load(VALUES.sinks), parts);
    const records = [...parts.records()];
    const byName = new Map(records.map((record) => [record.plan.name, record]));
    for (const [name, record] of byName) record.begunAfter = saved?.collections[name]?.begunAfter ?? 0;
    const replayed = await replay(
      this.engine,
      {
        after: saved ? this.#replayAfter(saved, parts) : 0,
        oldest: opened.oldest,
        head: opened.head,
        begunAfter: (collection) => byName.get(collection)?.begunAfter ?? 0,
        retain: (collection) => byName.get(collection)?.plan.retain ?? 0,
        tailBytes: TAIL_BYTES,
      },
      signal,
    );
    const { clock, dispatcher, journal, monitor } = parts;
    if (this.#marks.length === 0) this.#marks.push([Math.max(0, opened.oldest - 1), clock.monotonicMs()]);
    journal.restore(opened.head, replayed.tail);
    if (saved) this.#restore(saved, parts);
    if (saved) monitor.memory.restore(saved.health, history?.history, atMsOf(saved, clock));
    if (sinks) dispatcher.restore(sinks.sinks, atMsOf(sinks, clock));
    const newestMs = records.map((record) => this.#rebuild(record, replayed.samples.get(record.plan.name) ?? [], parts));
    // After all buffers, because filling those can take longer than an interval.
    for (const [n, record] of records.entries()) this.#missOutage(record, newestMs[n], parts);
    this.#parts = parts;
    this.#startedAt = clock.wallMs();
    if (saved) parts.logger.info(`continues from the state of ${duration(clock.monotonicMs() - atMsOf(saved, clock))} ago`);
    if (this.engine instanceof FileEngine) for (const report of this.engine.status.reports) parts.logger.warn(`state: ${report}`);
    journal.commit();
    this.#follow(journal);
    return opened;
  }

  /** Apart from `open`, so that the listener does not keep what `open` has read for as long as the journal lives. */
  #follow(journal: StateParts["journal"]): void {
    journal.subscribe(({ event }) => this.#appended(event.kind));
  }

  /** What is saved has changed. It is saved soon, and at once if a notification waits for it. */
  changed(): void {
    this.#areSinksChanged = true;
    void this.#saveSoon();
  }

  /** The collections were changed: their events are kept for as long as they need them, and everything is saved soon. */
  configured(collections: Iterable<CollectionPlan>): void {
    if (this.engine instanceof FileEngine) this.engine.keepFor(ageOf(collections));
    this.#isHistoryChanged = true;
    this.changed();
  }

  async saved(): Promise<void> {
    if (!this.#parts) return;
    const { clock } = this.#parts;
    // An engine that does not answer holds up one notification, not each of them.
    if (this.#sinceMs !== undefined && clock.monotonicMs() - this.#sinceMs >= LONGEST_SAVE_MS) return;
    const done = new AbortController();
    void this.#saveSoon().then(() => done.abort());
    await clock.sleepUntil(clock.monotonicMs() + LONGEST_SAVE_MS, done.signal);
  }

  /** Saves a last time, and closes the engine. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    try {
      if (this.#parts) await this.#saveSoon();
      await this.engine[Symbol.asyncDispose]();
    } catch (error) {
      this.#parts?.logger.error(`the state could not be closed: ${messageOf(error)}`);
    }
  }

  /** An event was appended. */
  #appended(kind: VitalsEvent["kind"]): void {
    if (!this.#parts) return;
    if (kind !== "sample") this.#isHistoryChanged = true;
    const { clock, syncMs = DEFAULT_SYNC_MS } = this.#parts;
    const dueMs = kind === "sample" ? this.#savedMs + syncMs : clock.monotonicMs();
    if (clock.monotonicMs() >= dueMs) void this.#saveSoon();
    else void this.#saveAt(dueMs, clock);
  }

  async #saveAt(dueMs: number, clock: Clock): Promise<void> {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    await clock.sleepUntil(dueMs, this.#closing.signal);
    this.#isPlanned = false;
    if (!this.#closing.signal.aborted) void this.#saveSoon();
  }

  /** The save that begins after now. It begins in a later turn, between two assessments. */
  #saveSoon(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#saving.then(() => {
      this.#next = undefined;
      return this.#save();
    });
    this.#saving = this.#next = next;
    return next;
  }

  async #save(): Promise<void> {
    const parts = this.#parts;
    if (!parts) return;
    const { clock, dispatcher, logger, monitor } = parts;
    const nowMs = (this.#sinceMs = this.#savedMs = clock.monotonicMs());
    const wallMs = clock.wallMs();
    const values = {
      [VALUES.checkpoint]: encoded(this.#checkpoint(parts), wallMs),
      ...(this.#isHistoryChanged ? { [VALUES.history]: encoded({ history: monitor.memory.saveHistory() }, wallMs) } : {}),
      ...(this.#areSinksChanged ? { [VALUES.sinks]: encoded({ sinks: dispatcher.save(nowMs) }, wallMs) } : {}),
    };
    this.#isHistoryChanged = this.#areSinksChanged = false;
    try {
      await this.engine.save(values);
    } catch (error) {
      this.#isHistoryChanged = this.#areSinksChanged = true;
      logger.error(`the state could not be saved: ${messageOf(error)}`);
    } finally {
      this.#sinceMs = undefined;
    }
  }

  #checkpoint(parts: StateParts): Omit<Checkpoint, "version" | "savedAt"> {
    const nowMs = parts.clock.monotonicMs();
    this.#mark(parts, nowMs);
    const sources = [...parts.sources()].flatMap((source) => {
      const state = source.saveState();
      return state === undefined ? [] : [[source.name, state] as const];
    });
    const collections = [...parts.records()].map((record) => [record.plan.name, entryOf(record)] as const);
    return {
      startedAt: this.#startedAt,
      health: parts.monitor.memory.save(),
      collections: Object.fromEntries(collections),
      sources: Object.fromEntries(sources),
      marks: this.#marks.map(([seq, atMs]) => [seq, nowMs - atMs]),
    };
  }

  /** Notes the newest number, so that a later replay need not read more than the buffers hold. */
  #mark(parts: StateParts, nowMs: number): void {
    const longestMs = longestOf(parts);
    if (nowMs - (this.#marks.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY) < longestMs / MARKS) return;
    this.#marks.push([parts.journal.head, nowMs]);
    const base = this.#marks.findLastIndex(([, atMs]) => nowMs - atMs > longestMs);
    if (base > 0) this.#marks = this.#marks.slice(base);
  }

  #replayAfter(saved: Checkpoint, parts: StateParts): number {
    const savedMs = atMsOf(saved, parts.clock);
    this.#marks = saved.marks.map(([seq, age]) => [seq, savedMs - age]);
    const longestMs = longestOf(parts);
    const found = this.#marks.findLast(([, atMs]) => parts.clock.monotonicMs() - atMs > longestMs) ?? this.#marks[0];
    return found?.[0] ?? 0;
  }

  #restore(saved: Checkpoint, { clock, records, sources }: StateParts): void {
    const lateMs = elapsedMs(clock) - clock.monotonicMs();
    for (const source of sources()) {
      const state = saved.sources[source.name];
      if (state) source.restoreState(state, atMsOf(saved, clock) + lateMs);
    }
    for (const record of records()) {
      const collection = saved.collections[record.plan.name];
      if (collection) record.continueWithoutSuccess(collection.withoutSuccessMs);
    }
  }

  /** Fills a buffer. @returns the monotonic time of its newest sample */
  #rebuild(record: CollectionRecord, retained: readonly ReplayedSample[], { clock }: StateParts): number | undefined {
    const { intervalMs, reading, retain } = record.plan;
    const samples = retained.slice(-retain);
    const now = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
    const times = replayedTimes(samples, intervalMs, now);
    let newestMs: number | undefined;
    for (const [n, replayed] of samples.entries()) {
      const sample = replayed.sample();
      if (!sample || !fitsType(reading.type, sample)) continue;
      newestMs = times[n] as number;
      record.restore({ sample, atMs: newestMs });
    }
    return newestMs;
  }

  /** The ticks since the newest sample are missed. */
  #missOutage(record: CollectionRecord, newestMs: number | undefined, { clock, journal }: StateParts): void {
    if (newestMs === undefined) return;
    const { intervalMs, name, retain } = record.plan;
    const now = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
    record.restoredUntilMs = now.monotonicMs;
    const error = { type: "missed", message: `not read: the collector did not run for ${duration(now.monotonicMs - newestMs)}` };
    for (const atMs of ticksOfOutage(newestMs, intervalMs, retain, now.monotonicMs)) {
      const time = new Date(now.wallMs - (now.monotonicMs - atMs)).toISOString();
      const sample = { time, collection: name, outcome: "missed", durationMs: 0, error } as const;
      record.restore({ sample, atMs });
      journal.append({ kind: "sample", sample });
    }
  }

  #read<T>(schema: Parameters<typeof decoded<T>>[0], text: string | undefined, { logger }: StateParts): T | undefined {
    const value = decoded(schema, text);
    if (typeof value !== "string") return value;
    logger.warn(`the saved state is not used: ${value}`);
    return undefined;
  }
}

const entryOf = ({ begunAfter, withoutSuccessMs }: CollectionRecord): Checkpoint["collections"][string] => ({
  withoutSuccessMs,
  begunAfter,
});

/** The monotonic time at which a value was saved. A wall clock that is behind by now says that no time has passed. */
const atMsOf = ({ savedAt }: { readonly savedAt: number }, clock: Clock): number =>
  clock.monotonicMs() - Math.max(0, clock.wallMs() - savedAt);

/** The longest time that a buffer spans. */
const longestOf = ({ records }: StateParts): number => Math.max(0, ...[...records()].map(({ plan }) => plan.retain * plan.intervalMs));

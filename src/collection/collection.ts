import type { Clock } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { isVitalsError, messageOf, VitalsError, type ErrorCode } from "../base/errors.ts";
import { duration } from "../base/quantity.ts";
import { WITH_DURATION, type Outcome } from "../sample/outcome.ts";
import { validateReading, type AnyValues, type SampleType } from "../sample/sample-type.ts";
import type { Missing, SampleError, SampleRecord } from "../sample/sample.ts";
import { missingOf } from "../source/incomplete.ts";
import type { Reading, Source } from "../source/source.ts";
import { CardinalityLimiter } from "./cardinality.ts";
import type { SourcePolicy } from "./policy.ts";
import { aligned, dueMs, dueTicks, scheduleOf, type Schedule } from "./schedule.ts";

export interface CollectionSettings {
  readonly name: string;
  readonly source: Source;
  readonly reading: Reading<unknown>;
  readonly policy: SourcePolicy;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retain: number;
  readonly clock: Clock;
}

type Read =
  | { readonly outcome: "success"; readonly values: AnyValues; readonly missing?: Missing }
  | { readonly outcome: Outcome; readonly error: SampleError; readonly brokenCheck?: string };

/** A reading that has not ended. */
export interface ReadingInFlight {
  /** Resolves when its tick has ended. */
  readonly ended: Promise<void>;
  /** Aborts it; its tick then makes no sample. */
  abandon(): void;
}

/** Name of the violated check when the source itself rejected the response as malformed. */
const ANSWER_CHECK = "answer";

/** Reads one sample type from one source on a schedule. Every due tick makes one sample. */
export class Collection {
  readonly name: string;
  #settings: CollectionSettings;
  #limiter: CardinalityLimiter;
  readonly #deliver: (record: SampleRecord) => void;
  #state: "waiting" | "running" | "paused" | "stopped" = "waiting";
  /** Aborted by `pause` and `stop`, to end a sleep early. */
  #sleep = new AbortController();
  #schedule: Schedule | undefined;
  /** Number of the next tick. */
  #next = 0;
  /** When the latest tick that read the source was due. */
  #dueMs = Number.NEGATIVE_INFINITY;
  #tickEnded: Promise<void> = Promise.resolve();
  #inFlight: Deadline | undefined;
  #readingSinceMs = Number.NaN;
  /** When the latest reading started and ended. */
  #latest = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.NEGATIVE_INFINITY };
  #resume: (() => void) | undefined;

  /** @param deliver receives each sample, in order; must not throw */
  constructor(settings: CollectionSettings, deliver: (record: SampleRecord) => void) {
    this.name = settings.name;
    this.#settings = settings;
    this.#limiter = new CardinalityLimiter(this.type);
    this.#deliver = deliver;
  }

  get type(): SampleType {
    return this.#settings.reading.type;
  }

  get state(): "waiting" | "running" | "paused" | "stopped" {
    return this.#state;
  }

  /** Monotonic time at which the reading in flight started; undefined if there is none. It ends by its timeout. */
  get readingSinceMs(): number | undefined {
    return this.#inFlight && this.#readingSinceMs;
  }

  /** The reading in flight; undefined if there is none. */
  get inFlight(): ReadingInFlight | undefined {
    const wait = this.#inFlight;
    return wait && { ended: this.#tickEnded, abandon: () => wait.end(this.#abandoned()) };
  }

  /** Data points over the cardinality limit since the start. */
  get overLimit(): number {
    return this.#limiter.overLimit;
  }

  /**
   * Ticks until `stop`. Resolves once the last tick has ended.
   *
   * @param startMs monotonic time from which ticks are due; default: now
   */
  async run(startMs?: number): Promise<void> {
    const { clock, intervalMs } = this.#settings;
    this.#schedule = scheduleOf(this.name, intervalMs, startMs ?? clock.monotonicMs());
    if (this.#state === "waiting") this.#state = "running";
    while (this.#state !== "stopped") {
      if (this.#state === "paused") {
        await new Promise<void>((resolve) => (this.#resume = resolve));
        const { firstMs, intervalMs: ms } = this.#schedule;
        this.#next = Math.max(this.#next, Math.ceil((clock.monotonicMs() - firstMs) / ms));
        continue;
      }
      await clock.sleepUntil(dueMs(this.#schedule, this.#next), this.#sleep.signal);
      if (this.#state === "running") await this.#runDue(this.#schedule);
    }
  }

  /**
   * Continues with other settings from the next tick on. The ticks stay on their grid; with another interval a new one starts, an interval
   * after the latest reading at the earliest. A reading in flight ends as it began, but one of another sample type is aborted.
   */
  change(settings: CollectionSettings): void {
    const { intervalMs, reading } = this.#settings;
    this.#settings = settings;
    if (settings.reading.type !== reading.type) {
      this.#limiter = new CardinalityLimiter(this.type);
      this.abandon();
    }
    if (settings.intervalMs === intervalMs || !this.#schedule) return;
    const { firstMs } = scheduleOf(this.name, settings.intervalMs, settings.clock.monotonicMs());
    this.#schedule = { firstMs: Math.max(firstMs, this.#dueMs + settings.intervalMs), intervalMs: settings.intervalMs };
    this.#next = 0;
    this.#wake();
  }

  /** No tick is due until `resume`. A tick in flight ends normally. */
  pause(): void {
    if (this.#state === "stopped" || this.#state === "paused") return;
    this.#state = "paused";
    this.#wake();
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.#resume?.();
  }

  /** Starts no further tick. A tick in flight continues; `abandon` ends it. */
  stop(): void {
    this.#state = "stopped";
    this.#wake();
    this.#resume?.();
  }

  /** Aborts the tick in flight, which then makes no sample: a shutdown is not a failure of the source. */
  abandon(): void {
    this.#inFlight?.end(this.#abandoned());
  }

  #abandoned(): VitalsError {
    return new VitalsError("aborted", `collection "${this.name}" is stopping`);
  }

  #wake(): void {
    this.#sleep.abort();
    this.#sleep = new AbortController();
  }

  /** Runs the newest due tick and delivers the others as missed. */
  async #runDue(schedule: Schedule): Promise<void> {
    const { clock, retain } = this.#settings;
    const next = this.#next;
    const { missedUntil, run } = dueTicks(schedule, next, clock.monotonicMs());
    // Before the tick, during which another schedule can start.
    this.#next = run === undefined ? missedUntil : run + 1;
    // After a long suspension only as many missed ticks are delivered as the buffer retains.
    for (let n = Math.max(next, missedUntil - retain); n < missedUntil; n += 1) this.#miss(dueMs(schedule, n));
    if (run === undefined) return;
    this.#dueMs = dueMs(schedule, run);
    await (this.#tickEnded = this.#tick(this.#dueMs));
  }

  #miss(dueAtMs: number): void {
    const { clock, intervalMs } = this.#settings;
    const nowMs = clock.monotonicMs();
    const time = new Date(clock.wallMs() - (nowMs - dueAtMs)).toISOString();
    const { startMs, endMs } = this.#latest;
    const why =
      endMs >= dueAtMs
        ? `the previous reading took ${duration(endMs - startMs)}, and one is due every ${duration(intervalMs)}`
        : `the event loop was blocked for ${duration(nowMs - dueAtMs)}`;
    const error = { type: "missed", message: `not read: ${why}` };
    const sample = { time, collection: this.name, outcome: "missed", durationMs: 0, error } as const;
    this.#deliver({ sample, atMs: dueAtMs, dueMs: dueAtMs, latenessMs: 0 });
  }

  async #tick(due: number): Promise<void> {
    const { clock, intervalMs } = this.#settings;
    const limiter = this.#limiter;
    const atMs = clock.monotonicMs();
    const suspendedMs = clock.suspendedMs?.() ?? 0;
    const time = new Date(clock.wallMs()).toISOString();
    const read = await this.#read(atMs);
    if (read === undefined) return;
    const endMs = clock.monotonicMs();
    this.#latest = { startMs: atMs, endMs };
    const { outcome } = read;
    const durationMs = WITH_DURATION.has(outcome) ? microseconds(endMs - atMs) : 0;
    const head = { time, collection: this.name, outcome, durationMs };
    const times = { atMs: aligned(atMs, due, intervalMs), suspendedMs, dueMs: due, latenessMs: atMs - due };
    if ("values" in read) {
      const { missing } = read;
      const sample = { ...head, values: limiter.admit(read.values) };
      this.#deliver({ sample, ...times, ...(missing === undefined ? {} : { missing }) });
    } else {
      const { error, brokenCheck } = read;
      this.#deliver({ sample: { ...head, error }, ...times, ...(brokenCheck === undefined ? {} : { brokenCheck }) });
    }
  }

  /** Reads the source once; undefined if the tick was abandoned. */
  async #read(startMs: number): Promise<Read | undefined> {
    const { clock, policy, reading, source, timeoutMs } = this.#settings;
    const { type } = reading;
    const expired = (): Error =>
      new VitalsError("source_timeout", `source "${source.name}" did not respond within ${duration(timeoutMs)}`, { retryable: true });
    using wait = new Deadline(clock, startMs + timeoutMs, expired);
    this.#inFlight = wait;
    this.#readingSinceMs = startMs;
    try {
      const raw = await policy.execute(() => source.read(reading, wait.signal, { timeoutMs }), wait.signal);
      const verdict = validateReading(type, raw);
      const missing = missingOf(raw);
      if (verdict.ok) return { outcome: "success", values: verdict.values, ...(missing === undefined ? {} : { missing }) };
      return { outcome: "invalid", error: { type: "reading_invalid", message: verdict.message }, brokenCheck: verdict.check };
    } catch (thrown) {
      // The reason of an abort explains more than what a source throws because of it.
      const error: unknown = wait.signal.aborted ? wait.signal.reason : thrown;
      if (isVitalsError(error) && error.code === "aborted") return undefined;
      const outcome = outcomeOf(error);
      const failure = { outcome, error: { type: errorTypeOf(error), message: messageOf(error) } };
      return outcome === "invalid" ? { ...failure, brokenCheck: ANSWER_CHECK } : failure;
    } finally {
      this.#inFlight = undefined;
    }
  }
}

/** Rounds to microseconds: further digits are noise of the clock. */
const microseconds = (ms: number): number => Math.round(ms * 1_000) / 1_000;

/** Outcomes of errors whose code has one of its own; every other error is a failure. */
const OUTCOME_OF: Partial<Record<ErrorCode, Outcome>> = {
  source_timeout: "timeout",
  source_rejected: "rejected",
  reading_invalid: "invalid",
  source_waiting: "waiting",
};

function outcomeOf(error: unknown): Outcome {
  if (!isVitalsError(error)) return "failed";
  return OUTCOME_OF[error.code] ?? "failed";
}

/** A low-cardinality value for `error.type`: our own error type, a system error's code, or the class of the error. */
function errorTypeOf(error: unknown): string {
  if (isVitalsError(error)) return error.errorType;
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]{1,39}$/.test(code)) return code;
  return error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : "_OTHER";
}

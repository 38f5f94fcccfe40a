import type { Meter } from "@opentelemetry/api";
import { elapsedMs, type Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { ReadingInFlight } from "../collection/collection.ts";
import { BREAKER_STATES, SourcePolicy } from "../collection/policy.ts";
import { Source } from "../source/source.ts";
import type { BreakerStates } from "../telemetry/collection-metrics.ts";
import { Explained } from "./explained.ts";
import type { Plan, SourcePlan } from "./resolve.ts";

/** A configured source with the breaker that all its collections share. */
export interface SourceWithBreaker {
  readonly source: Source;
  readonly policy: SourcePolicy;
  readonly explained: Explained;
}

/** What a source gets besides its plan. */
export interface SourceSurroundings {
  readonly clock: Clock;
  /** Folder from which relative paths in options are resolved. */
  readonly baseDir: string;
  readonly logger: Logger;
  readonly meter: Meter;
}

/** Maximum wait for the readings in flight before the connection that they use is closed. */
const CLOSING_MS = 5_000;

/** The sources of a collector. Each is opened at its first reading. */
export class Sources {
  readonly #surroundings: SourceSurroundings;
  readonly #sources = new Map<string, SourceWithBreaker>();
  /** Sources that were removed or replaced, and are not closed yet. */
  readonly #ending = new Set<Source>();

  constructor(plan: Plan, surroundings: SourceSurroundings) {
    this.#surroundings = surroundings;
    for (const source of plan.sources.values()) this.#sources.set(source.name, this.#make(source, plan));
  }

  /** Undefined if there is none of the name. */
  get(name: string): SourceWithBreaker | undefined {
    return this.#sources.get(name);
  }

  /** By name. */
  all(): ReadonlyMap<string, SourceWithBreaker> {
    return this.#sources;
  }

  list(): Iterable<Source> {
    return this.#sources.values().map(({ source }) => source);
  }

  /** The state of each source's breaker, as the metrics report it. */
  breakers(): readonly BreakerStates[] {
    return [...this.#sources].map(([source, { policy }]) => ({ source, state: policy.state, states: BREAKER_STATES }));
  }

  add(source: SourcePlan, plan: Pick<Plan, "types">): void {
    this.#sources.set(source.name, this.#make(source, plan));
  }

  /**
   * Replaces a source. One of the same kind continues from what the earlier one has measured.
   *
   * @param used readings in flight of the earlier one, which is closed after them, or after 5 s
   */
  replace(source: SourcePlan, plan: Pick<Plan, "types">, used: readonly ReadingInFlight[]): void {
    const { source: before } = this.#sources.get(source.name) as SourceWithBreaker; // sound: only a present source is replaced
    const made = this.#make(source, plan);
    const state = before.kind === made.source.kind ? before.saveState() : undefined;
    if (state) made.source.restoreState(state, elapsedMs(this.#surroundings.clock));
    this.#sources.set(source.name, made);
    void this.#end(before, used);
  }

  /**
   * Removes a source.
   *
   * @param used as for `replace`
   * @param closed called once it is closed, unless there is another one of the name by then
   */
  async remove(name: string, used: readonly ReadingInFlight[], closed: () => void): Promise<void> {
    const before = this.#sources.get(name)?.source;
    this.#sources.delete(name);
    if (before) await this.#end(before, used);
    if (!this.#sources.has(name)) closed();
  }

  /** Closes all sources. Never rejects. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#ending, ...[...this.#sources.values()].map(({ source }) => source)].map((source) => source.close()));
  }

  #make(source: SourcePlan, { types }: Pick<Plan, "types">): SourceWithBreaker {
    const made = new Source(source, { ...this.#surroundings, types });
    return {
      source: made,
      policy: new SourcePolicy(source.name, source.breaker),
      explained: new Explained(made, this.#surroundings.clock),
    };
  }

  async #end(source: Source, used: readonly ReadingInFlight[]): Promise<void> {
    const { clock, logger } = this.#surroundings;
    this.#ending.add(source);
    const ended = new AbortController();
    void Promise.all(used.map((each) => each.ended)).finally(() => ended.abort());
    await clock.sleepUntil(clock.monotonicMs() + CLOSING_MS, ended.signal);
    for (const each of used) each.abandon();
    try {
      await source.close();
    } catch (error) {
      logger.warn(`source "${source.name}" could not be closed: ${messageOf(error)}`);
    }
    this.#ending.delete(source);
  }
}

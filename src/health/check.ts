import * as z from "zod";
import type { Clock } from "../base/clock.ts";
import { untilAborted, Deadline } from "../base/deadline.ts";
import { durationSchema, holdSchema } from "../base/duration.ts";
import { messageOf } from "../base/errors.ts";
import type { Finding } from "./record.ts";
import type { Level } from "./condition.ts";
import type { Observation, Rule } from "./rule.ts";
import type { Status } from "./status.ts";

/** A program's own check: returning means healthy, a finding says more, throwing means unhealthy. It should stop when `signal` aborts. */
export type UserCheck = (signal: AbortSignal) => Promise<Finding | void> | Finding | void;

export const userCheckOptions = z.strictObject({
  /** Time between two runs. */
  interval: durationSchema.default(30_000),
  /** When a run's wait ends, which counts as unhealthy. */
  timeout: durationSchema.default(5_000),
  /** How long it has to say better before that counts. */
  keepFiringFor: holdSchema.default(30_000),
  /** Whether it counts towards the overall status. */
  counts: z.boolean().default(true),
});
export type UserCheckConfig = z.input<typeof userCheckOptions>;

/** Runs a program's check in the background and keeps what it last said, so that asking costs nothing. */
export class BackgroundCheck {
  readonly #check: UserCheck;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #stopping = new AbortController();
  #inFlight: Deadline | undefined;
  #last: Finding = { status: "unknown", reason: "not run yet" };

  constructor(check: UserCheck, options: z.output<typeof userCheckOptions>, clock: Clock) {
    this.#check = check;
    this.#clock = clock;
    this.#intervalMs = options.interval;
    this.#timeoutMs = options.timeout;
  }

  get last(): Finding {
    return this.#last;
  }

  /** Runs now and at every interval until `stop`; `tell` is called after each run. */
  async run(tell: () => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startMs = this.#clock.monotonicMs();
      const finding = await this.#once();
      if (signal.aborted) return;
      this.#last = finding;
      tell();
      await this.#clock.sleepUntil(startMs + this.#intervalMs, signal);
    }
  }

  /** Ends the wait for a run in progress, whose result is dropped. */
  stop(): void {
    this.#stopping.abort();
    this.#inFlight?.end(new Error("the collector is stopping"));
  }

  async #once(): Promise<Finding> {
    using wait = new Deadline(
      this.#clock,
      this.#clock.monotonicMs() + this.#timeoutMs,
      () => new Error(`no answer within ${this.#timeoutMs} ms`),
    );
    this.#inFlight = wait;
    try {
      const finding = await untilAborted((async () => this.#check(wait.signal))(), wait.signal);
      return finding ?? { status: "healthy", reason: "the check passed" };
    } catch (error) {
      return { status: "unhealthy", reason: messageOf(error) };
    } finally {
      this.#inFlight = undefined;
    }
  }
}

/** Name of the alert that a check raises which judges by itself. */
const CHECK_ALERT = "VitalsCheckFailing";

const RANKS: Readonly<Record<Exclude<Status, "unknown">, number>> = { healthy: 0, degraded: 1, unhealthy: 2, critical: 3 };

/**
 * A rule over a check that says a status itself: it holds at once and is left once the check has said better for `keepFiringForMs`. A check
 * that says `unknown` says nothing.
 */
export function ruleOfCheck(check: (nowMs: number) => Finding, keepFiringForMs: number): Rule {
  const level = (status: Exclude<Status, "unknown" | "healthy">): Level => {
    const edge = RANKS[status] - 0.5;
    return { status, above: edge, clear: edge, forMs: 0, keepFiringForMs };
  };
  return {
    alert: CHECK_ALERT,
    what: "the check",
    measure: "status",
    unit: "{rank}",
    levels: [level("degraded"), level("unhealthy"), level("critical")],
    observe: (nowMs) => observationOf(check(nowMs)),
  };
}

function observationOf({ status, reason, measure, value, unit, good }: Finding): Observation {
  const shown = {
    ...(measure === undefined ? {} : { measure }),
    ...(value === undefined ? {} : { value }),
    ...(unit === undefined ? {} : { unit }),
    ...(good === undefined ? {} : { good }),
  };
  return { value: status === "unknown" ? undefined : RANKS[status], words: reason, shown };
}

import * as z from "zod";
import type { Clock } from "../base/clock.ts";
import { untilAborted, Deadline } from "../base/deadline.ts";
import { durationSchema, holdSchema } from "../base/duration.ts";
import { messageOf, VitalsError } from "../base/errors.ts";
import { duration } from "../base/quantity.ts";
import { parse, shownValue, summaryOf } from "../base/issues.ts";
import { quoted } from "../base/suggest.ts";
import type { Finding } from "./record.ts";
import type { Level } from "./condition.ts";
import type { Observation, Rule } from "./rule.ts";
import { rankOf, STATUSES } from "./status.ts";

/** What a check may return: nothing or true for healthy, false for unhealthy, a finding to say more. */
export type CheckResult = Finding | boolean | void;

/**
 * A program's own check: returning nothing or true means healthy, false unhealthy; a finding says more, and throwing means unhealthy with the
 * error's message. Any other result is unhealthy, with a reason that shows it. The check should stop when `signal` aborts, at its timeout
 * or when the component is removed.
 */
export type UserCheck = (signal: AbortSignal) => Promise<CheckResult> | CheckResult;

const findingSchema = z.looseObject({
  status: z.enum(STATUSES),
  reason: z.string(),
  measure: z.string().optional(),
  value: z.number().optional(),
  unit: z.string().optional(),
  good: z.enum(["low", "high"]).optional(),
});

const userCheckOptions = z.strictObject({
  /** Time between the starts of two runs. Default: 30 s. */
  interval: durationSchema.default(30_000),
  /** A run that takes longer is unhealthy, and its signal aborts. Default: 5 s. */
  timeout: durationSchema.default(5_000),
  /** How long the check has to report a worse status before that status is entered: `"30s"` with an interval of 30 s ignores one failed run. Default: 0. */
  for: holdSchema.default(0),
  /** Recovery hold: how long the check has to report a better status before that status is taken over. Default: 30 s. */
  keepFiringFor: holdSchema.default(30_000),
  /** Whether the component affects the overall status and raises alerts. Default: true. */
  affectsOverall: z.boolean().default(true),
});
/** How `Health.register` runs a check. Lengths of time are milliseconds, or text such as `30s`. */
export type UserCheckConfig = z.input<typeof userCheckOptions>;
export type UserCheckOptions = z.output<typeof userCheckOptions>;

/** The options of a check with defaults filled in. @throws VitalsError `config_invalid` naming what is wrong with the name, the check or its options */
export function parseCheck(name: unknown, check: unknown, options: UserCheckConfig): UserCheckOptions {
  if (typeof name !== "string" || name.trim() === "")
    throw new VitalsError("config_invalid", `invalid name of a check: expected text that is not empty, found ${shownValue(name, false)}`);
  if (typeof check !== "function")
    throw new VitalsError("config_invalid", `invalid check ${quoted(name)}: expected a function, found ${shownValue(check, false)}`);
  const parsed = parse(userCheckOptions, options);
  if (!parsed.ok) throw new VitalsError("config_invalid", `invalid options of check "${name}": ${summaryOf(parsed.issues, "the options")}`);
  return parsed.data;
}

/** Runs a program's check in the background and keeps its latest finding, so that reading it costs nothing. */
export class BackgroundCheck {
  readonly #check: UserCheck;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #stopping = new AbortController();
  #inFlight: Deadline | undefined;
  #hasRun = false;
  #latest: Finding = { status: "unknown", reason: "the check has not run yet" };

  constructor(check: UserCheck, { interval, timeout }: UserCheckOptions, clock: Clock) {
    this.#check = check;
    this.#clock = clock;
    this.#intervalMs = interval;
    this.#timeoutMs = timeout;
  }

  get latest(): Finding {
    return this.#latest;
  }

  /** Whether there is a finding. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  /** Runs now and at every interval until `stop`; `onFinding` is called after each run. */
  async run(onFinding: () => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startMs = this.#clock.monotonicMs();
      const finding = await this.#once();
      if (signal.aborted) return;
      this.#latest = finding;
      this.#hasRun = true;
      onFinding();
      await this.#clock.sleepUntil(startMs + this.#intervalMs, signal);
    }
  }

  /** Ends a run in progress; its result is dropped. */
  stop(): void {
    this.#stopping.abort();
    this.#inFlight?.end(new Error("the check was stopped"));
  }

  async #once(): Promise<Finding> {
    const expired = (): Error => new Error(`no result within ${duration(this.#timeoutMs)}`);
    using deadline = new Deadline(this.#clock, this.#clock.monotonicMs() + this.#timeoutMs, expired);
    this.#inFlight = deadline;
    try {
      return findingOf(await untilAborted((async () => this.#check(deadline.signal))(), deadline.signal));
    } catch (error) {
      return { status: "unhealthy", reason: messageOf(error) };
    } finally {
      this.#inFlight = undefined;
    }
  }
}

/** The finding that a check's result stands for. A program that is not type-checked can return anything. */
function findingOf(result: CheckResult): Finding {
  if (result === undefined || result === true) return { status: "healthy", reason: "the check passed" };
  if (result === false) return { status: "unhealthy", reason: "the check returned false" };
  if (typeof result !== "object" || result === null || Array.isArray(result)) {
    const found = result === null ? "null" : shownValue(result, false);
    return { status: "unhealthy", reason: `the check returned ${found}; expected a finding, true, false, or nothing` };
  }
  const parsed = parse(findingSchema, result);
  if (parsed.ok) return result;
  return { status: "unhealthy", reason: `the check returned an invalid finding: ${summaryOf(parsed.issues, "the finding")}` };
}

/** Name of the alert that a failing check raises. */
const CHECK_ALERT = "VitalsCheckFailing";

/**
 * A rule over a check that reports a status itself: a status is entered once the check has reported it for `forMs`, and left once it has
 * reported a better one for `keepFiringForMs`. A finding of `unknown` is missing data.
 */
export function ruleOfCheck(check: (nowMs: number) => Finding, keepFiringForMs: number, forMs = 0): Rule {
  const level = (status: Exclude<Level["status"], "unknown">): Level => {
    const edge = rankOf(status) - 0.5;
    return { status, above: edge, clear: edge, forMs, keepFiringForMs };
  };
  return {
    alert: CHECK_ALERT,
    subject: "the check",
    measure: "status",
    unit: "{rank}",
    levels: [level("degraded"), level("unhealthy"), level("critical")],
    clearsWhen: "the check reports a better status",
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
  return { value: status === "unknown" ? undefined : rankOf(status), text: reason, shown };
}

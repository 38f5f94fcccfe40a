import * as z from "zod";
import type { Change } from "./change.ts";
import type { Problem } from "./problem.ts";
import type { Alert, Transition } from "./record.ts";
import { SEVERITIES, STATUSES } from "./status.ts";
import type { RuleState } from "./watched-rule.ts";

/** Schemas with optional keys, typed as what was saved. Sound: parsed JSON has no undefined. */
const as = <T>(schema: z.ZodType): z.ZodType<T> => schema as unknown as z.ZodType<T>;

/** Milliseconds that had passed since a monotonic time when it was saved: the time itself means nothing in another process. */
const age = z.number();
const status = z.enum(STATUSES);
const severity = z.enum(SEVERITIES);

export const savedAlert = as<Alert>(
  z.object({
    fingerprint: z.string(),
    state: z.enum(["firing", "resolved"]),
    labels: z.object({ alertname: z.string(), component: z.string(), severity }).catchall(z.string()),
    annotations: z.object({ summary: z.string(), description: z.string() }),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime().optional(),
    value: z.number().optional(),
    reason: z.string(),
    inhibitedBy: z.string().optional(),
  }),
);

export const savedTransition = as<Transition>(
  z.object({
    time: z.iso.datetime(),
    component: z.string(),
    from: status,
    to: status,
    reason: z.string(),
    value: z.number().optional(),
    unit: z.string().optional(),
  }),
);

/** The state of a rule; its times are ages. */
const ruleState = as<RuleState>(
  z.object({
    phases: z.array(
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("clear") }),
        z.object({ kind: z.literal("pending"), sinceMs: age }),
        z.object({ kind: z.literal("active"), sinceMs: age, goodSinceMs: age.optional() }),
      ]),
    ),
    evaluatedMs: age.optional(),
    tickedMs: age.optional(),
    missingSinceMs: age.optional(),
    improvedMs: age.optional(),
    isFlapping: z.boolean(),
    hasUnconfirmedCrossing: z.boolean(),
    suppressed: z.int(),
  }),
);

const savedRule = z.object({
  alert: z.string(),
  /** The status of each level, by which another configuration's levels are recognised. */
  levels: z.array(status),
  state: ruleState,
});

const savedStatus = z.object({
  status,
  reason: z.string(),
  /** When the status was entered, in milliseconds since 1970. */
  sinceMs: z.number(),
  wasKnown: z.boolean(),
});
export type SavedStatus = z.output<typeof savedStatus>;

const savedComponent = savedStatus.extend({
  /** Without those at rest. */
  rules: z.array(savedRule),
});
export type SavedComponent = z.output<typeof savedComponent>;

const savedProblem = as<Problem>(
  z.object({
    component: z.string(),
    dependsOn: z.string().optional(),
    lookbackMs: z.number(),
    firedMs: age,
    report: z.object({ key: z.string(), component: z.string(), fingerprint: z.string() }).optional(),
    alerts: z.array(savedAlert).min(1),
  }),
);

/** A change of a rule that waits to fire, without the rule, which the configuration has. */
export type SavedChange = Omit<Change, "rule"> & { readonly alert: string };
const savedChange = as<SavedChange>(
  z.object({
    alert: z.string(),
    status: status.optional(),
    reason: z.string(),
    value: z.number().optional(),
    lookbackMs: z.number(),
    component: z.string(),
    dependsOn: z.string().optional(),
    failingSinceMs: age.optional(),
    time: z.iso.datetime(),
  }),
);

const savedPace = z.object({
  fired: z.array(z.tuple([z.string(), severity, age])),
  waiting: z.array(z.object({ change: savedChange, severity, sinceMs: age, isBad: z.boolean() })),
  overtaken: z.array(z.tuple([z.string(), z.array(severity)])),
});
export type SavedPace = z.output<typeof savedPace>;

const savedAlerts = z.object({
  problems: z.array(z.tuple([z.string(), savedProblem])),
  resolvedMs: z.array(z.tuple([z.string(), age])),
  pace: savedPace,
});
export type SavedAlerts = z.output<typeof savedAlerts>;

const savedGrace = z.object({
  /** Fingerprints of the alerts that were withheld from the sinks. */
  alerts: z.array(z.string()),
  transitions: z.array(savedTransition),
});
export type SavedGrace = z.output<typeof savedGrace>;

/** What health remembers of the present. Times that it compares are ages. */
export const savedHealth = z.object({
  components: z.record(z.string(), savedComponent),
  overall: savedStatus,
  alerts: savedAlerts,
  grace: savedGrace,
});
export type SavedHealth = z.output<typeof savedHealth>;

/** What health remembers of the past; it changes only with a transition or an alert. */
export const savedHistory = z.object({
  since: z.iso.datetime(),
  /** In the order in which they were recorded. */
  transitions: z.array(savedTransition),
  forgotten: z.record(z.string(), z.string()),
  removed: z.array(z.string()),
  resolved: z.array(savedAlert),
});
export type SavedHistory = z.output<typeof savedHistory>;

/** The ages of times, or the times of ages: both are distances from `ms`. */
export const mirrored = <K>(entries: Iterable<readonly [K, number]>, ms: number): [K, number][] =>
  [...entries].map(([key, atMs]) => [key, ms - atMs]);

/** The state of a rule with the age of each time, or with the time of each age. */
export function mirroredState(state: RuleState, ms: number): RuleState {
  const { phases, evaluatedMs, tickedMs, missingSinceMs, improvedMs, ...rest } = state;
  const times = Object.entries({ evaluatedMs, tickedMs, missingSinceMs, improvedMs });
  const known = times.flatMap(([key, atMs]) => (atMs === undefined ? [] : [[key, ms - atMs]]));
  return {
    ...rest,
    ...(Object.fromEntries(known) as Partial<RuleState>), // sound: the keys are those of the times
    phases: phases.map((phase) => {
      if (phase.kind === "clear") return phase;
      const sinceMs = ms - phase.sinceMs;
      if (phase.kind === "pending" || phase.goodSinceMs === undefined) return { kind: phase.kind, sinceMs };
      return { kind: phase.kind, sinceMs, goodSinceMs: ms - phase.goodSinceMs };
    }),
  };
}

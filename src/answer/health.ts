import * as z from "zod";
import { STATUSES } from "../health/status.ts";
import { listOf, maybe, time } from "./shape.ts";

export const status = z.enum(STATUSES).describe("What can be said of a component; `unknown` where nothing can.");

export const trend = z
  .object({
    direction: z.enum(["improving", "degrading", "stable", "unknown"]),
    perMinute: maybe(z.number()).describe("Change of the number a minute; absent where there is too little to tell."),
    reachedInSeconds: maybe(z.number()).describe(
      "Until the next threshold is reached, if it goes on like this; absent where none lies ahead.",
    ),
  })
  .describe("How a component moves, compared with itself.");

export const component = z
  .object({
    component: z.string(),
    status,
    since: time.describe("When it entered this status."),
    time: time.describe("When it was last evaluated."),
    reason: z.string().describe("One sentence, with the numbers it is based on."),
    recovery: maybe(z.string()).describe('What ends its status, in words that follow "recovers when".'),
    measure: maybe(z.string()).describe("What the value measures."),
    value: maybe(z.number()),
    unit: maybe(z.string()),
    p95: maybe(z.number()).describe("95 of 100 evaluations of the last eight minutes were at least as good as this."),
    trend,
    affectsOverall: z.boolean().describe("Whether it affects the overall status now."),
  })
  .describe("A component as it stands.");

export const healthReport = z
  .object({
    time,
    status,
    since: time.describe("When the overall status was entered."),
    reason: z.string(),
    components: listOf(component),
  })
  .describe("Everything that health knows at one moment.");

export const transition = z
  .object({
    time,
    component: z.string(),
    from: status,
    to: status,
    reason: z.string(),
    value: maybe(z.number()),
    unit: maybe(z.string()),
  })
  .describe("A component's change from one status to another.");

export const alert = z
  .object({
    fingerprint: z.string().describe("Equal for equal labels."),
    state: z.enum(["firing", "resolved"]),
    labels: z
      .object({ alertname: z.string(), component: z.string(), severity: z.enum(["info", "warning", "error", "critical"]) })
      .catchall(z.string()),
    annotations: z.object({ summary: z.string(), description: z.string() }),
    startsAt: time,
    endsAt: maybe(time).describe("There exactly when it is resolved."),
    value: maybe(z.number()),
    reason: z.string(),
    inhibitedBy: maybe(z.string()).describe(
      "Fingerprint of the alert that this one only follows from; while it fires, no sink is told of this one.",
    ),
  })
  .describe("One thing that is or was wrong.");

export const historyAnswer = z.object({
  since: time.describe("When the first could have been."),
  forgotten: z
    .record(z.string(), time)
    .describe("By component, the moment of the newest that is no longer kept; a component that lost none is not in it."),
  transitions: listOf(transition),
});
/** Answer of `GET /api/v1/health/history`. */
export type HistoryAnswer = z.output<typeof historyAnswer>;

export const alertsAnswer = z.object({ alerts: listOf(alert) });
/** Answer of `GET /api/v1/alerts`. */
export type AlertsAnswer = z.output<typeof alertsAnswer>;

const verdict = z.enum(["pass", "warn", "fail"]);

export const check = z
  .object({
    status: verdict,
    vitalsStatus: status,
    time,
    since: time,
    observedValue: maybe(z.number()),
    observedUnit: maybe(z.string()),
    output: z.string().describe("The reason."),
    trend,
  })
  .describe("A component in the form of a health check.");
export type HealthCheck = z.output<typeof check>;

export const healthAnswer = z
  .object({
    status: verdict.describe("`fail` exactly when the answer is 503."),
    vitalsStatus: status,
    version: maybe(z.string()),
    time: maybe(time),
    since: maybe(time),
    output: maybe(z.string()).describe("The reason."),
    checks: maybe(z.record(z.string(), listOf(check))).describe("By `component:measure`."),
  })
  .describe("Health in the form of draft-inadarei-api-health-check. Only the first two are told to who has no token where one is wanted.");
/** Answer of `GET /health`. */
export type HealthAnswer = z.output<typeof healthAnswer>;

import * as z from "zod";
import { STATUSES } from "../health/status.ts";
import { listOf, maybe, time } from "./shape.ts";

// Their types belong to the health room. `test/types/answers.test-d.ts` holds the schemas to them.
export type { HistoryBounds } from "../health/history.ts";
export type { Alert, ComponentReport, HealthReport, Transition } from "../health/record.ts";

export const status = z.enum(STATUSES).describe("Status of a component; `unknown` without data.");

export const trend = z
  .object({
    direction: z.enum(["improving", "degrading", "stable", "unknown"]).describe("Whether the value moves to better or to worse."),
    perMinute: maybe(z.number()).describe("Change of the value per minute; absent without enough data."),
    reachedInSeconds: maybe(z.number()).describe("Seconds until the next threshold at the current rate; absent if none lies ahead."),
  })
  .describe("Trend of a component's value, compared with its own past.");

export const component = z
  .object({
    component: z.string().describe("Its name, such as `collection:machine`."),
    status,
    since: time.describe("When this status began."),
    time: time.describe("When it was last evaluated."),
    reason: z.string().describe("One sentence, with the numbers it is based on."),
    recovery: maybe(z.string()).describe('What ends its status, in words that follow "recovers when".'),
    measure: maybe(z.string()).describe("What `value` measures."),
    value: maybe(z.number()).describe("The number that decided, in `unit`; absent where none did."),
    unit: maybe(z.string()).describe("UCUM unit of `value`."),
    p95: maybe(z.number()).describe("95 of 100 evaluations of the last eight minutes were at least as good as this."),
    trend,
    affectsOverall: z.boolean().describe("Whether it affects the overall status now."),
  })
  .describe("A component and its current status.");

export const healthReport = z
  .object({
    time: time.describe("When the report was made."),
    status,
    since: time.describe("When the overall status began."),
    reason: z.string().describe("The component that decided, and its reason."),
    components: listOf(component),
  })
  .describe("The overall status and every component at one time.");

export const transition = z
  .object({
    time: time.describe("When the status changed."),
    component: z.string().describe("Its name, such as `collection:machine`."),
    from: status.describe("The status before."),
    to: status.describe("The status from then on."),
    reason: z.string().describe("One sentence: the fact, the threshold and the cause."),
    value: maybe(z.number()).describe("The number that decided, in `unit`; absent where none did."),
    unit: maybe(z.string()).describe("UCUM unit of `value`."),
  })
  .describe("A component's change from one status to another.");

export const alert = z
  .object({
    fingerprint: z.string().describe("Identifies the set of labels, as in Alertmanager."),
    state: z.enum(["firing", "resolved"]).describe("`firing` until its status ends."),
    labels: z
      .object({
        alertname: z.string().describe("Name of the rule."),
        component: z.string().describe("What it is about."),
        severity: z.enum(["info", "warning", "error", "critical"]).describe("Follows from the status."),
      })
      .catchall(z.string())
      .describe("What identifies it, with those of the collector's identity."),
    annotations: z
      .object({ summary: z.string().describe("One line about what it means."), description: z.string().describe("The reason.") })
      .describe("For people."),
    startsAt: time.describe("When it began to fire."),
    endsAt: maybe(time).describe("Present exactly if the alert is resolved."),
    value: maybe(z.number()).describe("The number that decided; absent where none did."),
    reason: z.string().describe("One sentence: the fact, the threshold, the cause and the recovery."),
    inhibitedBy: maybe(z.string()).describe(
      "Fingerprint of the alert that explains this one. While that fires, this one is sent to no sink.",
    ),
  })
  .describe("A problem that exists or existed.");

export const historyAnswer = z.object({
  since: time.describe("When recording began."),
  forgotten: z
    .record(z.string(), time)
    .describe("By component, the time of the newest transition that was dropped; a component that lost none has no entry."),
  transitions: listOf(transition),
});
/** Response of `GET /api/v1/health/history`. */
export type HistoryAnswer = z.output<typeof historyAnswer>;

export const alertsAnswer = z.object({ alerts: listOf(alert) });
/** Response of `GET /api/v1/alerts`. */
export type AlertsAnswer = z.output<typeof alertsAnswer>;

const verdict = z.enum(["pass", "warn", "fail"]);

export const check = z
  .object({
    status: verdict.describe("`pass` if healthy, `warn` if degraded or unknown, else `fail`."),
    vitalsStatus: status,
    time: time.describe("When it was last evaluated."),
    since: time.describe("When this status began."),
    observedValue: maybe(z.number()).describe("The number that decided; absent where none did."),
    observedUnit: maybe(z.string()).describe("UCUM unit of it."),
    output: maybe(z.string()).describe("The reason of the status; absent if it is `pass`, as the format wants it."),
    trend,
  })
  .describe("A component in the format of a health check.");
/** One component in `GET /health`. */
export type HealthCheck = z.output<typeof check>;

export const healthAnswer = z
  .object({
    status: verdict.describe("`fail` exactly if the status code is 503."),
    vitalsStatus: status,
    version: maybe(z.string()).describe("Version of this package."),
    time: maybe(time).describe("When the report was made."),
    since: maybe(time).describe("When the overall status began."),
    output: maybe(z.string()).describe("The reason of the status."),
    checks: maybe(z.record(z.string(), listOf(check))).describe("Checks by `component:measure`."),
  })
  .describe(
    "Health in the format of draft-inadarei-api-health-check. If a token is configured, requests without it get only `status` and `vitalsStatus`.",
  );
/** Response of `GET /health`. */
export type HealthAnswer = z.output<typeof healthAnswer>;

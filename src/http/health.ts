import type { Context } from "hono";
import type { Collector } from "../collector.ts";
import type { ComponentReport } from "../health/record.ts";
import { compareStatus, type Status } from "../health/status.ts";
import { PACKAGE_VERSION } from "../version.ts";
import type { HealthAnswer, HealthCheck } from "./answer/health.ts";
import { health as operation } from "./operations.ts";
import type { TellsAll } from "./probes.ts";
import { parseQuery } from "./query.ts";

type Verdict = HealthAnswer["status"];

/** `/health` as `application/health+json` (draft-inadarei-api-health-check): `fail` exactly when the answer is 503. */
export const health =
  (collector: Collector, tellsAll: TellsAll) =>
  (c: Context): Response => {
    const parsed = parseQuery(c, operation.query);
    if ("wrong" in parsed) return parsed.wrong;
    const { fail_on: failOn } = parsed.query;
    const report = collector.health.report();
    const status = verdictOf(report.status, failOn);
    const head = { status, vitalsStatus: report.status };
    const body: HealthAnswer = !tellsAll(c)
      ? head
      : {
          ...head,
          version: PACKAGE_VERSION,
          time: report.time,
          since: report.since,
          output: report.reason,
          checks: checksOf(report.components, failOn),
        };
    return c.body(JSON.stringify(body), status === "fail" ? 503 : 200, {
      "content-type": operation.type,
      "cache-control": "no-store",
    });
  };

function verdictOf(status: Status, failOn: Status): Verdict {
  if (status === "healthy") return "pass";
  return compareStatus(status, failOn) >= 0 ? "fail" : "warn";
}

function checksOf(components: readonly ComponentReport[], failOn: Status): Record<string, readonly HealthCheck[]> {
  return Object.fromEntries(
    components.map((component) => [`${component.component}:${component.measure ?? "status"}`, [checkOf(component, failOn)]]),
  );
}

function checkOf({ status, time, since, value, unit, reason, trend }: ComponentReport, failOn: Status): HealthCheck {
  return {
    status: verdictOf(status, failOn),
    vitalsStatus: status,
    time,
    since,
    ...(value === undefined ? {} : { observedValue: value }),
    ...(unit === undefined ? {} : { observedUnit: unit }),
    output: reason,
    trend,
  };
}

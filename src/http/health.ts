import type { Context } from "hono";
import type { Collector, SelfCheck } from "../collector/collector.ts";
import type { ComponentReport } from "../health/record.ts";
import { compareStatus, type Status } from "../health/status.ts";
import { PACKAGE_VERSION } from "../base/version.ts";
import type { HealthAnswer, HealthCheck } from "../answer/health.ts";
import { health as operation } from "./api/operations.ts";
import { parseQuery } from "./api/query.ts";
import type { Authorized } from "./guard.ts";

type Verdict = HealthAnswer["status"];

/** `/health` as `application/health+json` (draft-inadarei-api-health-check): `fail` exactly if the status code is 503. */
export const health =
  (collector: Collector, isAuthorized: Authorized) =>
  async (c: Context): Promise<Response> => {
    const parsed = parseQuery(c, operation.query);
    if ("wrong" in parsed) return parsed.wrong;
    const { fail_on: failOn } = parsed.query;
    const report = collector.health.report();
    const status = verdictOf(report.status, failOn);
    const head = { status, vitalsStatus: report.status };
    const body: HealthAnswer = !(await isAuthorized(c))
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
  const verdict = verdictOf(status, failOn);
  return {
    status: verdict,
    vitalsStatus: status,
    time,
    since,
    ...(value === undefined ? {} : { observedValue: value }),
    ...(unit === undefined ? {} : { observedUnit: unit }),
    ...(verdict === "pass" ? {} : { output: reason }),
    trend,
  };
}

/** `/livez`: whether this program makes progress. Nothing it observes can fail it. */
export const livez =
  (collector: Collector, isAuthorized: Authorized) =>
  async (c: Context): Promise<Response> =>
    probe(c, "livez", collector.liveness(), await isAuthorized(c));

/** `/readyz`: configured, every collection has ticked once, not shutting down. */
export const readyz =
  (collector: Collector, isAuthorized: Authorized) =>
  async (c: Context): Promise<Response> =>
    probe(c, "readyz", collector.readiness(), await isAuthorized(c));

/** In Kubernetes' format: `ok`, or with `?verbose` or on failure one line per check. @param isAuthorized whether details may be shown */
function probe(c: Context, name: string, checks: readonly SelfCheck[], isAuthorized: boolean): Response {
  const ok = checks.every((check) => check.ok);
  const isVerbose = isAuthorized && (!ok || c.req.query("verbose") !== undefined);
  const lines = checks.map((check) => `[${check.ok ? "+" : "-"}]${check.name} ${check.ok ? "ok" : "failed"}: ${check.detail}`);
  const verdict = ok ? "ok" : `${name} check failed`;
  const text = isVerbose ? [...lines, `${name} check ${ok ? "passed" : "failed"}`].join("\n") : verdict;
  return c.text(`${text}\n`, ok ? 200 : 503, { "cache-control": "no-store" });
}

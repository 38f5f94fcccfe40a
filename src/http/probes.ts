import type { Context } from "hono";
import type { Collector, SelfCheck } from "../collector.ts";

/** Whether a client may know more than the status. */
export type TellsAll = (c: Context) => boolean;

/** `/livez`: whether this program turns. Nothing it observes can fail it. */
export const livez =
  (collector: Collector, tellsAll: TellsAll) =>
  (c: Context): Response =>
    probe(c, "livez", collector.liveness(), tellsAll(c));

/** `/readyz`: configured, each collection ticked once, not draining. */
export const readyz =
  (collector: Collector, tellsAll: TellsAll) =>
  (c: Context): Response =>
    probe(c, "readyz", collector.readiness(), tellsAll(c));

/** In Kubernetes' form: `ok`, or with `?verbose` or on failure a line for each check. @param tellsAll whether more than the status may be told */
function probe(c: Context, name: string, checks: readonly SelfCheck[], tellsAll: boolean): Response {
  const ok = checks.every((check) => check.ok);
  const isVerbose = tellsAll && (!ok || c.req.query("verbose") !== undefined);
  const lines = checks.map((check) => `[${check.ok ? "+" : "-"}]${check.name} ${check.ok ? "ok" : "failed"}: ${check.detail}`);
  const verdict = ok ? "ok" : `${name} check failed`;
  const text = isVerbose ? [...lines, `${name} check ${ok ? "passed" : "failed"}`].join("\n") : verdict;
  return c.text(`${text}\n`, ok ? 200 : 503, { "cache-control": "no-store" });
}

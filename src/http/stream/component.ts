import type { StreamReport } from "../../answer/stats.ts";
import type { Collector } from "../../collector/collector.ts";
import type { Finding } from "../../health/record.ts";

const INTERVAL_S = 10;

/** Makes the event stream a component of the collector's health, `stream`: it is degraded while it refuses clients. */
export function registerStream(collector: Collector, report: () => StreamReport): Disposable {
  let known = report().refused;
  const check = (): Finding => {
    const { clients, refused } = report();
    const newlyRefused = refused - known;
    known = refused;
    const measured = { measure: "clients", value: clients, unit: "{client}" };
    if (newlyRefused === 0) return { ...measured, status: "healthy", reason: `${clients} clients are connected` };
    const reason = `refused ${newlyRefused} clients in the last ${INTERVAL_S} s; ${clients} are connected`;
    return { ...measured, status: "degraded", reason };
  };
  return collector.health.register(freeName(collector), check, { interval: `${INTERVAL_S}s` });
}

/** A collector may have several apps, each with an event stream of its own. */
function freeName(collector: Collector): string {
  const taken = new Set(collector.health.report().components.map(({ component }) => component));
  let name = "stream";
  for (let n = 2; taken.has(name); n += 1) name = `stream-${n}`;
  return name;
}

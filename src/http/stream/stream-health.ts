import type { Collector } from "../../collector.ts";
import type { Finding } from "../../health/record.ts";
import type { Hub } from "./hub.ts";

const EVERY_S = 10;

/** Makes the event stream a component of the collector's health, `stream`: it is degraded while it turns clients away. */
export function watchStream(collector: Collector, hub: Hub): void {
  let known = hub.report().refused;
  const look = (): Finding => {
    const { clients, refused } = hub.report();
    const turnedAway = refused - known;
    known = refused;
    const shown = { measure: "clients", value: clients, unit: "{client}" };
    if (turnedAway === 0) return { ...shown, status: "healthy", reason: `${clients} clients` };
    return { ...shown, status: "degraded", reason: `turned ${turnedAway} clients away within ${EVERY_S} s; there are ${clients}` };
  };
  collector.health.register(freeName(collector), look, { interval: `${EVERY_S}s` });
}

/** A collector may have several apps, each with a stream of its own. */
function freeName(collector: Collector): string {
  const taken = new Set(collector.health.report().components.map(({ component }) => component));
  let name = "stream";
  for (let n = 2; taken.has(name); n += 1) name = `stream-${n}`;
  return name;
}

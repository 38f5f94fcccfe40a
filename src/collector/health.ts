import type { HealthMonitor } from "../health/monitor.ts";
import type { Health } from "./collector.ts";

/** What the program may do with health: it neither assesses nor closes it. */
export function healthOf(monitor: HealthMonitor): Health {
  return {
    report: () => monitor.report(),
    register: (name, check, options) => monitor.register(name, check, options),
    history: (filter) => monitor.history(filter),
    get historyBounds() {
      return monitor.historyBounds;
    },
  };
}

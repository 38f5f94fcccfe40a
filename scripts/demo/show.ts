import { FAULTS, type Fault, type FaultName } from "./faults.ts";
import type { Demo } from "./start.ts";
import type { Watch } from "./watch.ts";

/** The demo fails if a step takes longer than its limit. */
const HEALTHY_MS = 60_000;
const DEGRADED_MS = 30_000;
const SCRAPED_MS = 30_000;
const RECOVERY_MS = 60_000;

const MIN_SAMPLES = 8;

export type Print = (line: string) => void;

/**
 * Waits until everything is healthy, injects a fault, shows its detection, repairs it, and waits for the recovery.
 *
 * @param hold what is awaited between the detection and the repair
 */
export async function show(name: FaultName, demo: Demo, watch: Watch, print: Print, hold?: () => Promise<void>): Promise<void> {
  const fault: Fault = FAULTS[name];
  await untilSampled(demo);
  await untilHealthy(demo, HEALTHY_MS);
  print("all components are healthy");
  const seen = watch.until(`${fault.component} degraded with its alert`, DEGRADED_MS, ({ transitions, alerts }) => {
    const isDegraded = transitions.some(({ component, to }) => component === fault.component && to !== "healthy" && to !== "unknown");
    return isDegraded && alerts.some(({ labels, state }) => labels.component === fault.component && state === "firing");
  });
  print(`fault: ${fault.description}`);
  const brokenMs = performance.now();
  const repair = await fault.inject(demo);
  try {
    await seen;
    print(`detected after ${seconds(brokenMs)}`);
    if (demo.alertmanager) print(`Alertmanager received ${await untilNotified(demo.alertmanager.url, true)}`);
    if (demo.prometheus) print(`Prometheus scraped ${await untilScraped(demo.prometheus.url, fault.component)}`);
    await hold?.();
  } finally {
    await repair();
  }
  print(`repaired: ${fault.repair}`);
  const repairedMs = performance.now();
  await untilHealthy(demo, RECOVERY_MS);
  if (demo.alertmanager) await untilNotified(demo.alertmanager.url, false);
  print(`recovered after ${seconds(repairedMs)}${demo.alertmanager ? "; Alertmanager has no active alerts" : ""}`);
}

export const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;

/** Polls until `query` returns a value. @throws after `withinMs` milliseconds, naming `what` */
export async function poll<T>(what: string, withinMs: number, query: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const answer = await query();
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(`timed out after ${withinMs / 1_000} s waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Resolves when each collection has several samples, so that one failure does not dominate the success rate. */
export async function untilSampled({ url }: Pick<Demo, "url">): Promise<void> {
  await poll(`${MIN_SAMPLES} samples of each collection`, HEALTHY_MS, async () => {
    const { ticks } = await json<{ ticks: Readonly<Record<string, { readonly success: number }>> }>(`${url}/api/v1/stats`);
    return Object.values(ticks).every(({ success }) => success >= MIN_SAMPLES) ? true : undefined;
  });
}

/** Resolves when every component is healthy, informational ones included, and no alert fires. */
export async function untilHealthy({ url }: Pick<Demo, "url">, withinMs: number): Promise<void> {
  let left: readonly string[] = [];
  await poll("all components to be healthy", withinMs, async () => {
    const [health, { alerts }] = await Promise.all([
      json<{ checks: Readonly<Record<string, readonly { vitalsStatus: string }[]>> }>(`${url}/health`),
      json<{ alerts: readonly object[] }>(`${url}/api/v1/alerts?state=firing`),
    ]);
    left = Object.entries(health.checks).flatMap(([name, checks]) => (checks.every((c) => c.vitalsStatus === "healthy") ? [] : [name]));
    return left.length === 0 && alerts.length === 0 ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; not healthy: ${left.join(", ")}`);
  });
}

/**
 * Waits until Alertmanager has an alert, or none. It does not receive inhibited alerts: the alert of a source replaces those of its
 * collections.
 *
 * @returns the alerts
 */
function untilNotified(url: string, isFiring: boolean): Promise<string> {
  return poll(`Alertmanager to have ${isFiring ? "an" : "no"} alert`, RECOVERY_MS, async () => {
    const alerts = await json<readonly { labels: Record<string, string> }[]>(`${url}/api/v2/alerts?active=true`);
    const names = alerts.map(({ labels }) => `${labels["alertname"]} of ${labels["component"]}`);
    return names.length > 0 === isFiring ? names.join(", ") : undefined;
  });
}

/** Waits until Prometheus has scraped a status other than healthy. @returns the component with its status */
function untilScraped(url: string, component: string): Promise<string> {
  const query = `vitals_component_status{vitals_component_name="${component}",vitals_component_status!="healthy"} == 1`;
  return poll(`Prometheus to scrape an unhealthy status of ${component}`, SCRAPED_MS, async () => {
    const { data } = await json<{ data: { result: readonly { metric: Record<string, string> }[] } }>(
      `${url}/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    const [first] = data.result;
    return first && `${component} as ${first.metric["vitals_component_status"]}`;
  });
}

export async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

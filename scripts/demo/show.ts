import { FAULTS, type Fault, type FaultName } from "./faults.ts";
import type { Stage } from "./stage.ts";
import type { Watch } from "./watch.ts";

/** Within these the demo has to see what it shows, or it fails. */
const WELL_MS = 60_000;
const DEGRADED_MS = 30_000;
const SCRAPED_MS = 30_000;
const RECOVERY_MS = 60_000;

const USED_SAMPLES = 8;

type Print = (line: string) => void;

/** Waits until all is well, injects a fault, shows what the collector makes of it, mends it, and waits until all is well again. */
export async function show(name: FaultName, stage: Stage, watch: Watch, print: Print): Promise<void> {
  const fault: Fault = FAULTS[name];
  await used(stage);
  await allWell(stage, WELL_MS);
  print("all is well");
  const seen = watch.until(`${fault.component} degraded with its alert`, DEGRADED_MS, ({ transitions, alerts }) => {
    const isDegraded = transitions.some(({ component, to }) => component === fault.component && to !== "healthy" && to !== "unknown");
    return isDegraded && alerts.some(({ labels, state }) => labels.component === fault.component && state === "firing");
  });
  print(`fault: ${fault.what}`);
  const brokenMs = performance.now();
  const mend = await fault.inject(stage);
  await seen.catch(async (error: unknown) => {
    await mend();
    throw error;
  });
  print(`seen after ${seconds(brokenMs)}`);
  if (stage.alertmanager) print(`Alertmanager has ${await untilTold(stage.alertmanager.url, true)}`);
  if (stage.prometheus) print(`Prometheus has scraped ${await untilScraped(stage.prometheus.url, fault.component)}`);
  await mend();
  print(`mended: ${fault.mended}`);
  const mendedMs = performance.now();
  await allWell(stage, RECOVERY_MS);
  if (stage.alertmanager) await untilTold(stage.alertmanager.url, false);
  print(`all is well again after ${seconds(mendedMs)}${stage.alertmanager ? ", and Alertmanager has no alert left" : ""}`);
}

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;

/** Asks until a question is answered with something. @throws after so many milliseconds, with what was asked for */
async function ask<T>(what: string, withinMs: number, question: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const answer = await question();
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(`${what} was not seen within ${withinMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Resolves when each collection has some samples, so that a single bad one is not half of all there is. */
async function used({ url }: Stage): Promise<void> {
  await ask(`${USED_SAMPLES} samples of each collection`, WELL_MS, async () => {
    const { ticks } = await json<{ ticks: Readonly<Record<string, { readonly success: number }>> }>(`${url}/api/v1/stats`);
    return Object.values(ticks).every(({ success }) => success >= USED_SAMPLES) ? true : undefined;
  });
}

/** Resolves when every component is healthy, even those that do not count, and no alert fires. */
async function allWell({ url }: Stage, withinMs: number): Promise<void> {
  let left: readonly string[] = [];
  await ask("that all is well", withinMs, async () => {
    const [health, { alerts }] = await Promise.all([
      json<{ checks: Readonly<Record<string, readonly { vitalsStatus: string }[]>> }>(`${url}/health`),
      json<{ alerts: readonly object[] }>(`${url}/api/v1/alerts?state=firing`),
    ]);
    left = Object.entries(health.checks).flatMap(([name, checks]) => (checks.every((c) => c.vitalsStatus === "healthy") ? [] : [name]));
    return left.length === 0 && alerts.length === 0 ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; not well: ${left.join(", ")}`);
  });
}

/**
 * Waits until Alertmanager has an alert, or none; says which. Of alerts that only follow from another it is not told: the one about the
 * source stands for those about its collections.
 */
function untilTold(url: string, isFiring: boolean): Promise<string> {
  return ask(`that Alertmanager has ${isFiring ? "an" : "no"} alert`, RECOVERY_MS, async () => {
    const alerts = await json<readonly { labels: Record<string, string> }[]>(`${url}/api/v2/alerts?active=true`);
    const told = alerts.map(({ labels }) => `${labels["alertname"]} about ${labels["component"]}`);
    return told.length > 0 === isFiring ? told.join(", ") : undefined;
  });
}

/** Waits until Prometheus has scraped a component as not healthy; says how. */
function untilScraped(url: string, component: string): Promise<string> {
  const query = `vitals_component_status{vitals_component_name="${component}",vitals_component_status!="healthy"} == 1`;
  return ask(`that Prometheus has scraped ${component} as not healthy`, SCRAPED_MS, async () => {
    const { data } = await json<{ data: { result: readonly { metric: Record<string, string> }[] } }>(
      `${url}/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    const [first] = data.result;
    return first && `${component} as ${first.metric["vitals_component_status"]}`;
  });
}

async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

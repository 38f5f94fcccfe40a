/**
 * Makes and shuts down five collectors on one meter provider of our own and on one of a program, and prints which of them are still in
 * memory after a garbage collection. Needs `--expose-gc`.
 */
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { CollectorSettings } from "../../src/collector/collector.ts";
import { createApp } from "../../src/http/index.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";

declare const gc: () => void;

async function use(settings: CollectorSettings): Promise<WeakRef<object>> {
  const collector = createCollector(
    { sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } },
    settings,
  );
  const app = createApp(collector);
  await collector.start();
  for await (const event of collector.events({ after: 0 })) if (event.kind === "sample") break;
  const stream = await app.request("/api/v1/events");
  await collector.shutdown();
  await stream.text();
  return new WeakRef(collector);
}

// The timers of a collector do not keep the process alive.
const alive = setInterval(() => {}, 1_000);
const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
const providers: Readonly<Record<string, CollectorSettings>> = { own: { telemetry }, program: { meterProvider: new MeterProvider() } };
const left: Record<string, number> = {};
for (const [name, settings] of Object.entries(providers)) {
  const collectors = await Promise.all(Array.from({ length: 5 }, () => use(settings)));
  // A WeakRef keeps its target until the current job ends, and a cleared timer its callback until the next turn of the event loop.
  for (let n = 0; n < 5; n += 1) {
    await nextTurn();
    gc();
  }
  left[name] = collectors.filter((collector) => collector.deref() !== undefined).length;
}
clearInterval(alive);
process.stdout.write(JSON.stringify(left));

import type { AnyValues, SampleType } from "../../src/sample/sample-type.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { SampleInstruments } from "../../src/telemetry/instruments.ts";
import { StoreMeter } from "../../src/telemetry/store-meter.ts";
import { internalsOf } from "../../src/telemetry/telemetry.ts";
import { everyField } from "./cadence.ts";
import { resolved } from "./points.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

const PULL = { pull: { exporter: { "prometheus/development": {} } } };

/** Telemetry with a Prometheus reader and the instruments of one collection, `c`, on a simulated clock; with `otlp`, a second reader pushes. */
export function instrumented(type: SampleType, otlp?: { readonly endpoint: string; readonly [option: string]: unknown }) {
  const clock = new ManualClock();
  const push = { periodic: { exporter: { otlp_http: { encoding: "json" as const, timeout: 5_000, ...otlp } } } };
  const readers = otlp === undefined ? [PULL] : [PULL, push];
  const telemetry = createTelemetry({ readers }, { resource: {}, clock });
  const meter = telemetry.meterProvider.getMeter("test");
  const instruments = new SampleInstruments(new StoreMeter(internalsOf(telemetry).metrics), clock);
  instruments.observe();
  instruments.register({ name: "c", type, cadence: everyField(type, 1_000) });
  const add = (values: AnyValues | undefined): void => instruments.record("c", resolved(instruments, type, values));
  return {
    clock,
    telemetry,
    meter,
    record: (values: AnyValues): void => add(values),
    fail: (): void => add(undefined),
    report: () => telemetry.exporters()[0],
    scrape: async () => (await telemetry.scrape?.()) ?? { text: "", errors: -1 },
    /** Lines of a scrape that start with the prefix. */
    lines: async (prefix: string): Promise<readonly string[]> =>
      ((await telemetry.scrape?.())?.text ?? "").split("\n").filter((line) => line.startsWith(prefix)),
  };
}

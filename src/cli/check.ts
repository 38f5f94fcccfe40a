import type { ExporterReport } from "../telemetry/telemetry.ts";
import type { Sample } from "../sample/sample.ts";
import { compose, firstSamples, longestWaitMs } from "./compose.ts";
import { EXIT, type CommandLine } from "./usage.ts";
import { openConfig } from "./open-config.ts";

const EXPORT_MS = 15_000;

/** Takes one sample of each collection, makes one export to each exporter and one request to each sink, and says what each answered. */
export async function check({ common }: CommandLine): Promise<number> {
  const config = await openConfig(common, (line) => console.error(line));
  // What is found here is for whoever asks, and wakes nobody.
  const { collector, telemetry } = compose(config, { mute: true });
  const samples = await firstSamples(collector, longestWaitMs(collector));
  const names = collector.collections().map(({ name }) => name);
  for (const name of names) console.log(sampleLine(name, samples.get(name)));
  await telemetry.forceFlush(EXPORT_MS);
  const exporters = telemetry.exporters();
  for (const exporter of exporters) console.log(exporterLine(exporter));
  const sinks = await collector.checkSinks();
  for (const { name, ok, target, detail } of sinks) console.log(`${ok ? "●" : "✖"} sink ${name}: ${target}: ${detail}`);
  await collector.shutdown();
  await telemetry.shutdown(1_000);
  const isFine =
    names.every((name) => samples.get(name)?.outcome === "success") &&
    exporters.every(({ failures, exports: made }) => failures === 0 && made > 0) &&
    sinks.every(({ ok }) => ok);
  return isFine ? EXIT.fine : EXIT.failure;
}

function sampleLine(name: string, sample: Sample | undefined): string {
  if (!sample) return `✖ collection ${name}: made no sample`;
  if (sample.outcome !== "success") return `✖ collection ${name}: ${sample.outcome}: ${sample.error?.message}`;
  return `● collection ${name}: ${Object.keys(sample.values ?? {}).length} fields in ${sample.durationMs} ms`;
}

function exporterLine({ name, exports, failures, lastError }: ExporterReport): string {
  if (failures > 0) return `✖ exporter ${name}: ${lastError}`;
  return exports > 0 ? `● exporter ${name}: took an export` : `✖ exporter ${name}: did not answer in time`;
}

import type { ExporterReport } from "../telemetry/telemetry.ts";
import { duration, quantity } from "../base/quantity.ts";
import type { SourceDescription } from "../collector/collector.ts";
import type { Sample } from "../sample/sample.ts";
import { markOf } from "./banner.ts";
import { compose, firstSamples, isFine, longestWaitMs } from "./compose.ts";
import { EXIT, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";
import { openConfig } from "./open-config.ts";

const EXPORT_TIMEOUT_MS = 15_000;

/** Prints what each source finds, takes one sample of each collection, makes one export to each exporter and one request to each sink, and prints the results. */
export async function check({ common }: CommandLine): Promise<number> {
  const config = await openConfig(common, (line) => console.error(line));
  // The result is for the person who runs the check: no sink is notified.
  const { collector, telemetry } = await compose(config, { mute: true });
  const samples = await firstSamples(collector, longestWaitMs(collector));
  const sources = await collector.describeSources();
  for (const source of sources) for (const line of sourceLines(source)) await print(line);
  const names = collector.collections().map(({ name }) => name);
  for (const name of names) await print(sampleLine(name, samples.get(name)));
  await telemetry.forceFlush(EXPORT_TIMEOUT_MS);
  const exporters = telemetry.exporters();
  for (const exporter of exporters) await print(exporterLine(exporter));
  const sinks = await collector.checkSinks();
  for (const { name, ok, target, detail } of sinks) await print(`${ok ? "●" : "✖"} sink ${name}: ${target}: ${detail}`);
  await collector.shutdown();
  await telemetry.shutdown(1_000);
  const isSuccess =
    sources.every(({ error }) => error === undefined || error.code === "source_waiting") &&
    names.every((name) => isFine(samples.get(name))) &&
    exporters.every(({ failures, exports: made }) => failures === 0 && made > 0) &&
    sinks.every(({ ok }) => ok);
  return isSuccess ? EXIT.fine : EXIT.failure;
}

/** What a source found: the server on the first line, the rest below it; none if its kind describes nothing. */
function sourceLines({ name, lines, error }: SourceDescription): readonly string[] {
  if (error) return [`${error.code === "source_waiting" ? "○" : "✖"} source ${name}: ${error.message}`];
  const [first, ...rest] = lines;
  return first === undefined ? [] : [`● source ${name}: ${first}`, ...rest.map((line) => `    ${line}`)];
}

function sampleLine(name: string, sample: Sample | undefined): string {
  if (!sample) return `✖ collection ${name}: no sample before the deadline`;
  if (sample.outcome === "waiting") return `${markOf(sample)} collection ${name}: ${sample.error?.message}`;
  if (sample.outcome !== "success") return `${markOf(sample)} collection ${name}: ${sample.outcome}: ${sample.error?.message}`;
  return `${markOf(sample)} collection ${name}: ${Object.keys(sample.values ?? {}).length} fields in ${quantity(sample.durationMs, "ms")}`;
}

function exporterLine({ name, exports, failures, lastError }: ExporterReport): string {
  if (failures > 0) return `✖ exporter ${name}: ${lastError}`;
  return exports > 0 ? `● exporter ${name}: accepted one export` : `✖ exporter ${name}: no response within ${duration(EXPORT_TIMEOUT_MS)}`;
}

import type { Collector } from "../collector/collector.ts";
import { quantity } from "../base/quantity.ts";
import { pointsOf } from "../sample/sample-type.ts";
import type { Sample } from "../sample/sample.ts";
import { compose, firstSamples, isFine, longestWaitMs } from "./compose.ts";
import { EXIT, oneOf, type CommandLine } from "./usage.ts";
import { print } from "./output.ts";
import { openConfig } from "./open-config.ts";

/** Takes one sample of each collection and prints it. */
export async function once({ common, own }: CommandLine): Promise<number> {
  const format = oneOf("--format", own["format"], ["json", "prom", "table"]) ?? "table";
  const config = await openConfig(common, (line) => console.error(line));
  // Printing metrics needs the pull reader; a single sample is neither pushed nor alerted on.
  const meterProvider = { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] };
  const { collector, telemetry } = await compose({ ...config, meterProvider }, { mute: true });
  const samples = await firstSamples(collector, longestWaitMs(collector));
  if (format === "json") await print(JSON.stringify([...samples.values()], undefined, 2));
  else if (format === "prom") await print((await telemetry.scrape?.())?.text ?? "");
  else await print(tableOf(collector, samples));
  await collector.shutdown();
  await telemetry.shutdown(1_000);
  const isComplete = collector.collections().every(({ name }) => isFine(samples.get(name)));
  return isComplete ? EXIT.fine : EXIT.failure;
}

function tableOf(collector: Collector, samples: ReadonlyMap<string, Sample>): string {
  const lines = collector.collections().flatMap((handle) => {
    const sample = samples.get(handle.name);
    if (sample?.outcome === "waiting") return [`${handle.name}  ${sample.error?.message}`, ""];
    if (!sample?.values) return [`${handle.name}  ${sample?.outcome ?? "no sample"}  ${sample?.error?.message ?? ""}`.trimEnd(), ""];
    const rows = [...pointsOf(handle.type, sample.values)].map(({ field, path, value }) => {
      const { unit = "1", max } = handle.type.fields[field] ?? {};
      return [[field, ...path].join(" "), quantity(value, unit, { max })];
    });
    const width = Math.max(...rows.map(([name = ""]) => name.length));
    return [
      `${handle.name}  ${sample.outcome} in ${quantity(sample.durationMs, "ms")}`,
      ...rows.map(([name = "", value]) => `  ${name.padEnd(width)}  ${value}`),
      "",
    ];
  });
  return lines.join("\n");
}

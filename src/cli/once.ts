import type { CollectionHandle } from "../collector/collector.ts";
import { quantity } from "../base/quantity.ts";
import { pointsOf } from "../sample/sample-type.ts";
import type { Sample } from "../sample/sample.ts";
import { compose, firstSamples, isFine, longestWaitMs } from "./compose.ts";
import { EXIT, oneOf, type CommandLine } from "./usage.ts";
import { columnsOf, print } from "./output.ts";
import { openConfig } from "./open-config.ts";
import { hanging } from "./paragraph.ts";
import { cut, fit, printable, widthOf, wrapped } from "./top/text.ts";

/** A title with less room is cut. */
const MIN_TITLE = 12;

/** Before the further lines of a title. */
const INDENT = "  ";

/** Cells around the two columns of the table. */
const GAPS = 4;

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
  else await print(tableOf(collector.collections(), samples, columnsOf(process.stdout)));
  await collector.shutdown();
  await telemetry.shutdown(1_000);
  const isComplete = collector.collections().every(({ name }) => isFine(samples.get(name)));
  return isComplete ? EXIT.fine : EXIT.failure;
}

/** A title beside its value; one that is too long goes on above it, because its end distinguishes it from the next. */
function rowOf(title: string, width: number, value: string): readonly string[] {
  if (widthOf(title) <= width || width < MIN_TITLE) return [`  ${fit(title, width)}  ${value}`];
  const lines = wrapped(title, width - INDENT.length, Infinity).map((line, n) => `${n === 0 ? "" : INDENT}${line}`);
  return lines.map((line, n) => (n < lines.length - 1 ? `  ${line}` : `  ${fit(line, width)}  ${value}`));
}

/** A sample of each collection, in lines of at most `columns` cells. */
export function tableOf(
  types: readonly Pick<CollectionHandle, "name" | "type">[],
  samples: ReadonlyMap<string, Sample>,
  columns: number,
): string {
  const lines = types.flatMap(({ name, type }) => {
    const sample = samples.get(name);
    if (!sample?.values) {
      const outcome = sample?.outcome === "waiting" ? "" : `${sample?.outcome ?? "no sample"}  `;
      const start = `${name}  ${outcome}`;
      return [...hanging(start, widthOf(start), printable(sample?.error?.message ?? ""), columns).map((line) => line.trimEnd()), ""];
    }
    const rows = [...pointsOf(type, sample.values)].map(({ field, path, value }) => {
      const { unit = "1", max } = type.fields[field] ?? {};
      return { title: printable([field, ...path].join(" ")), value: quantity(value, unit, { max }) };
    });
    const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(widthOf));
    // A number is never cut: half of it is another one.
    const room = Math.max(0, columns - GAPS - widest(rows.map(({ value }) => value)));
    const width = Math.min(room, widest(rows.map(({ title }) => title)));
    return [
      cut(`${name}  ${sample.outcome} in ${quantity(sample.durationMs, "ms")}`, columns),
      ...rows.flatMap(({ title, value }) => rowOf(title, width, value)),
      "",
    ];
  });
  return lines.join("\n");
}

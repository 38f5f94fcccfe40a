import type { CollectionReport } from "../answer/collection.ts";
import type { AnyValues } from "../sample/sample-type.ts";
import { duration, quantity } from "../base/quantity.ts";
import type { Sample } from "../sample/sample.ts";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../base/version.ts";

export interface BannerFacts {
  readonly url: string;
  /** The configuration file; undefined for the built-in defaults. */
  readonly file: string | undefined;
  readonly collections: readonly CollectionReport[];
  /** Endpoints to which metrics and log records are pushed. */
  readonly pushes: readonly string[];
  readonly hasPrometheus: boolean;
}

/** Styles text on a terminal that supports it. */
export type Style = (text: string) => string;

/** The first output of `run` on a terminal: the version and the addresses. */
export function banner(facts: BannerFacts, bold: Style, dim: Style): string {
  const { url, file, collections, pushes, hasPrometheus } = facts;
  const rows = [
    ["page", `${url}/`],
    ["health", `${url}/health`],
    ...(hasPrometheus ? [["metrics", `${url}/metrics`]] : []),
    ["events", `${url}/api/v1/events`],
    ["api", `${url}/api/v1/collections`],
    ...pushes.map((endpoint) => ["push", endpoint]),
    ["config", file ?? "built-in defaults; write a file with: otel-vitals init"],
  ];
  const hint = collections.some(({ type }) => type === "agent-memory")
    ? []
    : [
        dim(
          "  To monitor an agent's memory, set MEMORY_FILE_PATH, or write a configuration with otel-vitals init --store falkordb (or neo4j).",
        ),
        "",
      ];
  return [
    "",
    `${bold(`${PACKAGE_NAME} ${PACKAGE_VERSION}`)}  ${collections.length} collection${collections.length === 1 ? "" : "s"}`,
    "",
    ...rows.map(([name = "", value]) => `  ${dim(name.padEnd(8))} ${value}`),
    "",
    ...hint,
  ].join("\n");
}

/** The sign of a sample's outcome: a success, a source that waits for its first write, or a failure. */
export function markOf({ outcome }: Sample): string {
  if (outcome === "waiting") return "○";
  return outcome === "success" ? "●" : "✖";
}

const SHOWN = 4;

/** A collection's first sample in one line. */
export function sampleLine(sample: Sample, collection: CollectionReport, bold: Style, dim: Style): string {
  const mark = markOf(sample);
  const every = `every ${duration(collection.intervalMs)}`;
  const summary = sample.values ? numbersOf(sample.values, collection) : (sample.error?.message ?? sample.outcome);
  return `  ${mark} ${bold(sample.collection.padEnd(12))} ${dim(every.padEnd(10))} ${summary}`;
}

/** The first few plain numbers, in the order of the sample type. */
function numbersOf(values: AnyValues, { fields }: CollectionReport): string {
  const plain = Object.entries(fields).flatMap(([key, { unit, max }]) => {
    const value = values[key];
    return typeof value === "number" ? [`${key} ${quantity(value, unit, { max })}`] : [];
  });
  return plain.slice(0, SHOWN).join(", ");
}

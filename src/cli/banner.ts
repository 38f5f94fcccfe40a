import type { CollectionReport } from "../answer/collection.ts";
import type { AnyValues } from "../sample/sample-type.ts";
import { counted, duration, quantity } from "../base/quantity.ts";
import type { Sample } from "../sample/sample.ts";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../base/version.ts";
import { hanging } from "./paragraph.ts";
import { cut, printable, widthOf } from "./top/text.ts";

export interface BannerFacts {
  readonly url: string;
  /** The configuration file; undefined for the built-in defaults. */
  readonly file: string | undefined;
  readonly collections: readonly CollectionReport[];
  /** Endpoints to which metrics and log records are pushed. */
  readonly pushes: readonly string[];
  readonly hasPrometheus: boolean;
}

/** A terminal, as text is written to it. */
export interface Display {
  /** Styles text, where the terminal supports it. */
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  /** Cells of a line. */
  readonly columns: number;
}

/** The first output of `run` on a terminal: the version, the addresses and what to do next. */
export function banner(facts: BannerFacts, { bold, dim, columns }: Display): string {
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
        ...hanging(
          "  ",
          2,
          "To monitor an agent's memory, set MEMORY_FILE_PATH, or write a configuration with otel-vitals init --store falkordb (or neo4j).",
          columns,
        ).map(dim),
        "",
      ];
  return [
    "",
    `${bold(`${PACKAGE_NAME} ${PACKAGE_VERSION}`)}  ${counted(collections.length, "collection")}`,
    "",
    // Addresses are never cut: half of one opens nothing.
    ...rows.map(([name = "", value]) => `  ${dim(name.padEnd(8))} ${value}`),
    "",
    ...hint,
    ...hanging("  ", 2, "Open the page in a browser. Ctrl-C ends the collector.", columns),
    "",
  ].join("\n");
}

/** The sign of a sample's outcome: a success, a source that waits for its first write, or a failure. */
export function markOf({ outcome }: Sample): string {
  if (outcome === "waiting") return "○";
  return outcome === "success" ? "●" : "✖";
}

/** Cells of the name of a collection, and of its interval. */
const NAME = 12;
const EVERY = 10;

/**
 * A collection's first sample in one line that fits the terminal: as many whole numbers as have room. The reason of a failure is not cut; it
 * continues below.
 */
export function sampleLine(sample: Sample, collection: CollectionReport, { bold, dim, columns }: Display): string {
  const name = cut(sample.collection, Math.max(NAME, Math.floor(columns / 2))).padEnd(NAME);
  const every = `every ${duration(collection.intervalMs)}`.padEnd(EVERY);
  const indent = widthOf(name) + widthOf(every) + 6;
  const start = `  ${markOf(sample)} ${bold(name)} ${dim(every)} `;
  if (sample.values) return `${start}${numbersOf(sample.values, collection, columns - indent)}`;
  return hanging(start, indent, printable(sample.error?.message ?? sample.outcome), columns).join("\n");
}

const SHOWN = 4;

/** The first few numbers without attributes, in the order of the sample type; no limits and uptimes, which say nothing about how it is going. */
function numbersOf(values: AnyValues, { fields }: CollectionReport, room: number): string {
  const numbers = Object.entries(fields).flatMap(([key, { unit, max, instrument }]) => {
    const value = values[key];
    if (typeof value !== "number" || unit === "{flag}" || /\.(limit|uptime)$/.test(instrument)) return [];
    return [`${key} ${quantity(value, unit, { max })}`];
  });
  let text = "";
  for (const number of numbers.slice(0, SHOWN)) {
    const longer = text === "" ? number : `${text}, ${number}`;
    if (widthOf(longer) > room) break;
    text = longer;
  }
  return text;
}

import { linkTo } from "./address.ts";
import { formatValue, type Unit } from "./format.ts";
import type { CollectionReport, ComponentReport } from "../client/api.ts";
import { READING_TIME } from "./chart-spec.ts";

/** The numbers of a component, and where they are shown in detail. */
export interface ComponentRow {
  readonly now: string;
  /** What the number is: `success rate`. Empty without a number. */
  readonly measure: string;
  readonly p95: string;
  /** To the chart of the number, to the charts of the collection, or to the resource use of the collector. */
  readonly href: string;
}

/** Measures of the built-in rules that are shares. */
const SHARES = new Set(["successRate", "heapUsed", "missedTicks"]);

/** Describes a component. @param collections those of the collector, one of which may be what the component is about */
export function componentRow(report: ComponentReport, collections: readonly CollectionReport[]): ComponentRow {
  const { component, measure, value, p95 } = report;
  const subject = collections.find(({ name, source }) => component === `collection:${name}` || component === `source:${source}`);
  const field = component.startsWith("collection:") && measure !== undefined ? subject?.fields[measure] : undefined;
  const max = field?.max ?? (SHARES.has(measure ?? "") ? 1 : undefined);
  const unit: Unit = { unit: report.unit ?? "1", ...(max === undefined ? {} : { max }) };
  const chart = field ? measure : measure === "durationP95" ? READING_TIME : undefined;
  return {
    now: formatValue(value, unit),
    measure: value === undefined ? "" : wordsOf(field?.title ?? measure ?? ""),
    p95: formatValue(p95, unit),
    href: subject ? linkTo({ collection: subject.name, chart }) : "#footer",
  };
}

/** `successRate` and `Success rate` as `success rate`; abbreviations keep their capitals. */
const wordsOf = (name: string): string =>
  name
    .replaceAll(/(?<=[a-z0-9])[A-Z](?=[a-z0-9])/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());

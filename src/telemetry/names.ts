import type { Attributes, AttributeValue } from "@opentelemetry/api";
import { labelOf, type FieldKind } from "../sample/field.ts";

/**
 * Names on `/metrics`, by the rules of Prometheus' own OTLP translation (prometheus/otlptranslator, with suffixes and escaping),
 * so that one dashboard serves a scrape and a push.
 */

const UNIT_WORDS: Readonly<Record<string, string>> = {
  d: "days",
  h: "hours",
  min: "minutes",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  GiBy: "gibibytes",
  TiBy: "tibibytes",
  KBy: "kilobytes",
  MBy: "megabytes",
  GBy: "gigabytes",
  TBy: "terabytes",
  m: "meters",
  V: "volts",
  A: "amperes",
  J: "joules",
  W: "watts",
  g: "grams",
  Cel: "celsius",
  Hz: "hertz",
  "1": "",
  "%": "percent",
};

/** Words after "per", in the singular. A minute is `m` here, as in otlptranslator. */
const PER_WORDS: Readonly<Record<string, string>> = { s: "second", m: "minute", h: "hour", d: "day", w: "week", mo: "month", y: "year" };

export type MetricKind = "gauge" | "counter" | "up_down_counter" | "histogram";

/** The kind of instrument that a field is exported as; a total is exported as the parts it sums. */
export function metricKindOf(kind: FieldKind): MetricKind {
  if (kind === "duration") return "histogram";
  return kind === "total" ? "up_down_counter" : kind;
}

/** Name of an instrument on `/metrics`; the serialiser does not change it. Empty for a name without letters and digits. */
export function prometheusName(name: string, unit: string, kind: MetricKind): string {
  const words = name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== "");
  for (const suffix of unitSuffixes(unit)) if (!words.includes(suffix)) words.push(suffix);
  if (kind === "counter") moveToEnd(words, "total");
  if (kind === "gauge" && unit === "1") moveToEnd(words, "ratio");
  const family = words.join("_");
  return /^\d/.test(family) ? `_${family}` : family;
}

/** Suffixes of a unit: its word, and a word for the unit after the slash. Annotations in braces add nothing. */
function unitSuffixes(unit: string): readonly string[] {
  const slash = unit.indexOf("/");
  const amount = wordOf(slash < 0 ? unit : unit.slice(0, slash), UNIT_WORDS);
  const per = slash < 0 ? "" : wordOf(unit.slice(slash + 1), PER_WORDS);
  return [amount, per === "" ? "" : `per_${per}`].filter((suffix) => suffix !== "");
}

function wordOf(unit: string, words: Readonly<Record<string, string>>): string {
  const bare = unit.trim();
  if (/[{}]/.test(bare)) return "";
  return (words[bare] ?? bare).replaceAll(/[^a-zA-Z0-9]+/g, "_").replaceAll(/^_|_$/g, "");
}

function moveToEnd(words: string[], suffix: string): void {
  for (let at = words.indexOf(suffix); at >= 0; at = words.indexOf(suffix)) words.splice(at, 1);
  words.push(suffix);
}

/** Attributes of series about a source, and about a sink of alerts. */
export const SOURCE_ATTRIBUTE = "vitals.source.name";
export const SINK_ATTRIBUTE = "vitals.sink.name";

export interface NamedInstrument {
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricKind;
}

/**
 * Groups of different instruments that share a name: on `/metrics`, where they would lose or mix their data, or as OpenTelemetry compares
 * instruments, by name without case.
 */
export function collidingNames<T extends NamedInstrument>(instruments: Iterable<T>): readonly (readonly T[])[] {
  const byName = new Map<string, T[]>();
  const known = new Set<string>();
  for (const instrument of instruments) {
    const identity = `${instrument.name}\0${instrument.unit}\0${instrument.kind}`;
    if (known.has(identity)) continue;
    known.add(identity);
    for (const name of [...namesOf(instrument), `${instrument.name.toLowerCase()} as an instrument`])
      byName.set(name, [...(byName.get(name) ?? []), instrument]);
  }
  const groups = [...byName.values()].filter((members) => members.length > 1);
  // Two histograms of one family meet in each of its names: that is one collision.
  return groups.filter((group, n) => groups.findIndex((other) => isSameGroup(other, group)) === n);
}

/** Names that a series of an instrument has on `/metrics`: a histogram also takes those of its buckets, count and sum. */
export function namesOf({ name, unit, kind }: NamedInstrument): readonly string[] {
  const family = prometheusName(name, unit, kind);
  return kind === "histogram" ? [family, `${family}_bucket`, `${family}_count`, `${family}_sum`] : [family];
}

/** Names on `/metrics` of the metrics about the collector, about the SDK and about the resource. */
const OWN_NAME = /^(vitals_|otel_sdk_|target_info$)/i;

/** Whether an instrument has a name on `/metrics` that is reserved for the collector's own metrics. */
export const isOwnName = (instrument: NamedInstrument): boolean => namesOf(instrument).some((name) => OWN_NAME.test(name));

const isSameGroup = (a: readonly NamedInstrument[], b: readonly NamedInstrument[]): boolean =>
  a.length === b.length && a.every((member, n) => member === b[n]);

/**
 * Attributes under the names of their labels on `/metrics`. The values of attributes that share a label are joined by `;`, in the order of the
 * attributes' names, as OpenTelemetry specifies; an empty value is no label, as in Prometheus.
 *
 * @param taken a label that the series has already, which no attribute may have
 */
export function labelsOf(attributes: Attributes, taken?: string): Attributes {
  const namesOfLabel = new Map<string, string[]>();
  for (const name of Object.keys(attributes)) {
    const label = labelOf(name);
    if (label === "" || label === taken || labelValue(attributes[name]) === "") continue;
    const names = namesOfLabel.get(label);
    if (names) names.push(name);
    else namesOfLabel.set(label, [name]);
  }
  return Object.fromEntries(
    [...namesOfLabel].map(([label, names]) => [
      label,
      names
        .toSorted()
        .map((name) => labelValue(attributes[name]))
        .join(";"),
    ]),
  );
}

/** As the serialiser writes it: text as it is, everything else as JSON. */
const labelValue = (value: AttributeValue): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** Attribute of every data point of a sample. Our readers recognise our series by it where a program has an instrument of the same name. */
export const COLLECTION_ATTRIBUTE = "vitals.collection.name";

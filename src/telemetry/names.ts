/** Prometheus' words for the UCUM units that the OpenTelemetry "Prometheus and OpenMetrics compatibility" specification lists. */
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
  "%": "percent",
};

const PER_WORDS: Readonly<Record<string, string>> = { s: "second", min: "minute", h: "hour", d: "day", wk: "week", mo: "month", y: "year" };

/** The words of a unit, to be appended to a name; empty where it adds nothing. Annotations in braces add nothing. */
export function unitSuffix(unit: string, isGauge: boolean): string {
  if (unit === "1") return isGauge ? "ratio" : "";
  const [amount = "", per] = unit.replaceAll(/\{[^}]*\}/g, "").split("/");
  const words = [UNIT_WORDS[amount] ?? amount.replaceAll(/[^a-zA-Z0-9]+/g, "_")];
  if (per !== undefined && per !== "") words.push("per", PER_WORDS[per] ?? per);
  return words.filter((word) => word !== "").join("_");
}

export type MetricKind = "gauge" | "counter" | "histogram";

/** An instrument's name with its unit, before Prometheus' own `_total`; not doubled where the name already ends with it. */
export function nameWithUnit(name: string, unit: string, kind: MetricKind): string {
  const suffix = unitSuffix(unit, kind === "gauge");
  const bare = kind === "counter" ? name.replace(/[._]total$/, "") : name;
  const sanitized = bare.replaceAll(/[^a-zA-Z0-9_]/g, "_");
  return suffix === "" || sanitized.endsWith(`_${suffix}`) ? bare : `${bare}_${suffix}`;
}

/** The family an instrument becomes on `/metrics`. */
export function prometheusName(name: string, unit: string, kind: MetricKind): string {
  const sanitized = nameWithUnit(name, unit, kind)
    .replaceAll(/[^a-zA-Z0-9_]/g, "_")
    .replaceAll(/_{2,}/g, "_");
  return kind === "counter" ? `${sanitized}_total` : sanitized;
}

export interface NamedInstrument {
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricKind;
}

/** Groups of different instruments that would become one family on `/metrics`, and so lose their data. */
export function collidingNames(instruments: Iterable<NamedInstrument>): readonly (readonly NamedInstrument[])[] {
  const families = new Map<string, NamedInstrument[]>();
  for (const instrument of instruments) {
    const family = prometheusName(instrument.name, instrument.unit, instrument.kind);
    const members = families.get(family) ?? [];
    families.set(family, members);
    const isSame = (other: NamedInstrument): boolean =>
      other.name === instrument.name && other.unit === instrument.unit && other.kind === instrument.kind;
    if (!members.some(isSame)) members.push(instrument);
  }
  return [...families.values()].filter((members) => members.length > 1);
}

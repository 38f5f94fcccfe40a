/** One attribute that a field is split by. Plain data, so a configuration file can say the same. */
export interface Axis<V extends string = string> {
  /** OpenTelemetry attribute name, such as `network.interface.name`. */
  readonly attribute: string;
  /** How many values get a series of their own; the others are folded into `_OTHER` where the field is additive, and dropped where not. */
  readonly limit: number;
  /** The only values allowed. Absent: an open axis. */
  readonly values?: readonly V[];
}

/** A closed axis: these values and no others. @param attribute OpenTelemetry attribute name @param values all that a reading may have */
export const oneOf = <const V extends string>(attribute: string, ...values: V[]): Axis<V> => ({ attribute, limit: values.length, values });

/** An open axis: any value, of which `limit` get a series of their own: those present for longest, then the largest. @param attribute OpenTelemetry attribute name */
export const upTo = (limit: number, attribute: string): Axis => ({ attribute, limit });

/**
 * The attribute value that stands for all values over an open axis's limit: their sum for an up-down counter, and for a counter what they
 * have grown since the collector started.
 */
export const OTHER = "_OTHER";

/** Every kind of field. */
export const FIELD_KINDS = ["gauge", "counter", "up_down_counter", "duration", "total"] as const;

/**
 * - `gauge`: a current value; adding two of them means nothing (observable gauge)
 * - `counter`: a running total that only grows, or restarts at zero (observable counter)
 * - `up_down_counter`: an amount that rises and falls, such as bytes in use; the parts of a breakdown add up (observable up-down counter)
 * - `duration`: seconds that an operation took, measured anew in each sample (histogram)
 * - `total`: the sum of a breakdown; in samples and API responses, without an instrument of its own
 */
export type FieldKind = (typeof FIELD_KINDS)[number];

/** A kind of field in prose, with its article. */
export const KIND_NAMES: Readonly<Record<FieldKind, string>> = {
  gauge: "a gauge",
  counter: "a counter",
  up_down_counter: "an up-down counter",
  duration: "a duration",
  total: "a total",
};

/** What a field may say beside its instrument and unit. */
export interface FieldOptions {
  /** Smallest value allowed. Default 0; `-Infinity` for none. */
  readonly min?: number;
  /** Largest value allowed. Default none. */
  readonly max?: number;
  /** Which direction is an improvement. Default: neither. */
  readonly good?: "low" | "high";
  /** One sentence, shown as the instrument's description, in the docs and on dashboards. */
  readonly description?: string;
  /** Attributes that the value is split by, outermost first. Default: none, a single number. */
  readonly by?: readonly Axis[];
}

/** A named number of a sample type, described once for everything that is derived from it. */
export interface Field<By extends readonly Axis[] = readonly Axis[]> {
  /** What its values are, and how they are exported. */
  readonly kind: FieldKind;
  /** OpenTelemetry instrument name. A `total` has the name of the breakdown it sums. */
  readonly instrument: string;
  /** UCUM unit: `s`, `By`, `1` for a share, `{thing}` for a count of things. */
  readonly unit: string;
  /** Smallest value allowed; `-Infinity` for none. */
  readonly min: number;
  /** Largest value allowed; `Infinity` for none. */
  readonly max: number;
  /** Which direction is an improvement; absent for neither. */
  readonly good?: "low" | "high";
  /** One sentence, shown as the instrument's description, in the docs and on dashboards. */
  readonly description?: string;
  /** Attributes that the value is split by, outermost first; empty for a single number. */
  readonly by: By;
  /** `total` only: key of the field it sums. */
  readonly sums?: string;
}

/**
 * Makes a field of one kind.
 *
 * @param instrument OpenTelemetry instrument name
 * @param unit UCUM unit
 * @param options bounds, direction, description, and `by`: the attributes that it is split by; default: those of `FieldOptions`
 */
export type MakeField = <const M extends FieldOptions = {}>(
  instrument: string,
  unit: string,
  options?: M,
) => Field<M extends { readonly by: infer By extends readonly Axis[] } ? By : []>;

const make =
  (kind: FieldKind): MakeField =>
  (instrument, unit, options) => ({
    kind,
    instrument,
    unit,
    min: 0,
    max: Number.POSITIVE_INFINITY,
    ...options,
    by: (options?.by ?? []) as never,
  });

/** A current value that does not add up with others: a share, a temperature, a maximum. */
export const gauge: MakeField = make("gauge");

/** A running total; it may restart at zero and never falls otherwise. */
export const counter: MakeField = make("counter");

/** An amount that rises and falls, and adds up with others: bytes in use, jobs in a queue. */
export const upDownCounter: MakeField = make("up_down_counter");

/** Seconds that one operation took. @param instrument OpenTelemetry instrument name @param options bounds, direction and description */
export const duration = (instrument: string, options: Omit<FieldOptions, "by"> = {}): Field<[]> =>
  make("duration")(instrument, "s", options);

/**
 * The sum of the counter or up-down counter `sums`, a field of the same type; checked against its parts and exported only through them. Where
 * parts of a counter are folded into `_OTHER`, which starts at zero with the collector, the total remains that of the reading.
 *
 * @param sums key of that field
 * @param unit UCUM unit, that of the field
 * @param options bounds, direction and description
 */
export const total = (sums: string, unit: string, options: Omit<FieldOptions, "by"> = {}): Field<[]> => ({
  ...make("total")("", unit, options),
  sums,
});

/** Something inside one record per axis: `Split<[a, b], number>` is `{ [a]: { [b]: number } }`. */
export type Split<By extends readonly Axis[], Leaf> = By extends readonly []
  ? Leaf
  : By extends readonly [Axis<infer V>, ...infer Rest extends readonly Axis[]]
    ? { readonly [K in V]?: Split<Rest, Leaf> }
    : NestedRecord<Leaf>;

/** A `Split` whose number of axes the compiler does not know. */
export type NestedRecord<Leaf> = Leaf | { readonly [key: string]: NestedRecord<Leaf> };

/** Whether the points of a field add up, over its attributes and over several sources. */
export function isAdditive({ kind }: Pick<Field, "kind">): boolean {
  return kind === "counter" || kind === "up_down_counter" || kind === "total";
}

/** Whether a field only grows, so that its mean and quantiles mean nothing: a counter, or the total of one. */
export function isRunningTotal({ kind, sums = "" }: Pick<Field, "kind" | "sums">, fields: Readonly<Record<string, Field>>): boolean {
  return kind === "counter" || (kind === "total" && fields[sums]?.kind === "counter");
}

/**
 * The Prometheus label of an attribute, by the rule of Prometheus' own OTLP translation: characters that no label may have become `_`, several
 * `_` become one, and a leading digit gets the prefix `key_`.
 */
export function labelOf(attribute: string): string {
  const label = attribute.replaceAll(/[^a-zA-Z0-9]+/g, "_");
  return /^\d/.test(label) ? `key_${label}` : label;
}

const ABBREVIATIONS: Readonly<Record<string, string>> = { cpu: "CPU", io: "I/O", id: "ID" };

/** A field's name for people, from its key: `cpuUtilization` as `CPU utilization`, `loadAverage1m` as `Load average 1m`. */
export function titleOf(key: string): string {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([a-z])([0-9])/g, "$1 $2")
    .toLowerCase()
    .split(" ");
  const text = words.map((word) => ABBREVIATIONS[word] ?? word).join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

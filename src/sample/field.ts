/** One attribute that a field is split by. Plain data, so a configuration file can say the same. */
export interface Axis<V extends string = string> {
  /** OpenTelemetry attribute name, such as `network.interface.name`. */
  readonly attribute: string;
  /** How many values get a series of their own; what comes after them is folded into `_OTHER`. */
  readonly limit: number;
  /** The only values there can be. Absent: an open axis. */
  readonly values?: readonly V[];
}

/** A closed axis: these values and no other. */
export const oneOf = <const V extends string>(attribute: string, ...values: V[]): Axis<V> => ({ attribute, limit: values.length, values });

/** An open axis: any value, of which the first `limit` (largest first) get a series of their own. */
export const upTo = (limit: number, attribute: string): Axis => ({ attribute, limit });

/** Where the values over an open axis's limit go. */
export const OTHER = "_OTHER";

/**
 * - `gauge`: a value now (observable gauge)
 * - `counter`: a running total that only grows, or starts again at zero (observable counter)
 * - `duration`: seconds that something took, a new measurement in each sample (histogram)
 * - `total`: the sum of a breakdown; in samples and answers, with no instrument of its own
 */
export type FieldKind = "gauge" | "counter" | "duration" | "total";

interface FieldOptions {
  /** Smallest value allowed. Default 0; `-Infinity` for none. */
  readonly min?: number;
  /** Largest value allowed. Default none. */
  readonly max?: number;
  /** Which direction is an improvement. Default: neither. */
  readonly good?: "low" | "high";
  /** One sentence for the instrument's description, the docs and the dashboards. */
  readonly description?: string;
  /** Attributes that the value is split by, outermost first. Default: none, a single number. */
  readonly by?: readonly Axis[];
}

/** A named number of a sample type, described once for everything that is derived from it. */
export interface Field<By extends readonly Axis[] = readonly Axis[]> {
  readonly kind: FieldKind;
  /** OpenTelemetry instrument name. A `total` has the name of the breakdown it sums. */
  readonly instrument: string;
  /** UCUM unit: `s`, `By`, `1` for a share, `{thing}` for a count of things. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly good?: "low" | "high";
  readonly description?: string;
  readonly by: By;
  /** `total` only: key of the field it sums. */
  readonly sums?: string;
}

type ByOf<M> = M extends { readonly by: infer By extends readonly Axis[] } ? By : [];
type MakeField = <const M extends FieldOptions = {}>(instrument: string, unit: string, options?: M) => Field<ByOf<M>>;

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

/** A value now. */
export const gauge: MakeField = make("gauge");

/** A running total since some start; may begin again at zero, never shrinks otherwise. */
export const counter: MakeField = make("counter");

/** Seconds that one operation took. */
export const duration = (instrument: string, options: Omit<FieldOptions, "by"> = {}): Field<[]> =>
  make("duration")(instrument, "s", options);

/** The sum of the breakdown `sums`, another field of the same type; checked against it, recorded only through it. */
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

/** What a `Split` looks like when the number of axes is not known to the compiler. */
export type NestedRecord<Leaf> = Leaf | { readonly [key: string]: NestedRecord<Leaf> };

/** Whether values of this unit may be added up: shares and scores may not. */
export function isAdditive(field: Pick<Field, "unit">): boolean {
  return field.unit !== "1" && field.unit !== "{score}" && field.unit !== "{flag}";
}

import * as z from "zod";
import { harmless } from "../base/harmless.ts";
import { fieldProblems, MAX_AXIS_LIMIT } from "./field-problems.ts";
import {
  counter,
  duration,
  FIELD_KINDS,
  gauge,
  KIND_NAMES,
  oneOf,
  total,
  upDownCounter,
  upTo,
  type Axis,
  type Field,
  type FieldKind,
} from "./field.ts";
import { defineSampleType, type SampleType } from "./sample-type.ts";

const axisOptions = z.union(
  [
    z.strictObject({ attribute: z.string().min(1), values: z.array(z.string()).min(1).max(MAX_AXIS_LIMIT) }),
    z.strictObject({ attribute: z.string().min(1), limit: z.int().min(1).max(MAX_AXIS_LIMIT).default(20) }),
  ],
  { error: "expected { attribute, values } or { attribute, limit }" },
);

const fieldOptions = z
  .strictObject({
    /** What its values are, as in `FieldKind`. Default: `gauge`. */
    kind: z.enum(FIELD_KINDS).default("gauge"),
    /** Required, except for a `total`, which has the instrument of the field it sums. */
    instrument: z.string().register(harmless, {}).optional(),
    /** Required, except for a `duration`, which is in seconds. */
    unit: z.string().max(63).register(harmless, {}).optional(),
    /** Default 0; `-.inf` for none. */
    min: z.union([z.number(), z.literal(Number.NEGATIVE_INFINITY)], { error: "expected a number, or -.inf for no minimum" }).optional(),
    /** Largest value allowed. Default: none. */
    max: z.number().optional(),
    /** Which direction is an improvement. Default: neither. */
    good: z.enum(["low", "high"]).optional(),
    /** One sentence, shown with the metric. */
    description: z.string().max(1_000).optional(),
    /** Attributes that split it, each `{ attribute, values }` or `{ attribute, limit }` (default: 20), at most 4; only of `gauge`, `counter` and `up_down_counter`. */
    by: z.array(axisOptions).max(4).optional(),
    /** `total` only: the field it sums. */
    sums: z.string().optional(),
  })
  .check(({ value, issues }) => {
    for (const [key, message] of mismatches(value)) issues.push({ code: "custom", message, path: [key], input: value });
  });

interface DeclaredField {
  readonly kind: FieldKind;
  readonly instrument?: string | undefined;
  readonly unit?: string | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly good?: "low" | "high" | undefined;
  readonly description?: string | undefined;
  readonly by?: readonly z.output<typeof axisOptions>[] | undefined;
  readonly sums?: string | undefined;
}

/** One entry of `sample_types` in a configuration file: a field by each key. */
export const declaredTypeOptions = z.record(z.string().register(harmless, {}), fieldOptions).check(({ value, issues }) => {
  for (const { path, message } of fieldProblems(fieldsOf(value))) issues.push({ code: "custom", message, path: [...path], input: value });
});
export type DeclaredType = Readonly<Record<string, DeclaredField>>;

/** A sample type from its declaration, as `declaredTypeOptions` parsed it. @throws VitalsError `config_invalid` where `defineSampleType` would */
export function declareSampleType(name: string, declared: DeclaredType): SampleType {
  return defineSampleType(name, fieldsOf(declared));
}

const fieldsOf = (declared: DeclaredType): Readonly<Record<string, Field>> =>
  Object.fromEntries(Object.entries(declared).map(([key, field]) => [key, fieldOf(field)]));

/** Options that a kind of field requires and lacks, or that have no effect on it: no setting is ignored. `parse` adds the value found. */
function* mismatches({ kind, instrument, unit, by, sums }: DeclaredField): Generator<readonly [key: string, message: string]> {
  const canSplit = kind === "gauge" || kind === "counter" || kind === "up_down_counter";
  const which = `the field is ${KIND_NAMES[kind]}`;
  if (kind !== "total" && instrument === undefined) yield ["instrument", `expected an instrument name, because ${which}`];
  if (kind === "total" && instrument !== undefined)
    yield ["instrument", "expected none, because a total has the instrument of the field it sums"];
  if (kind !== "duration" && unit === undefined) yield ["unit", `expected a unit such as "{job}", because ${which}`];
  if (kind === "duration" && unit !== undefined && unit !== "s") yield ["unit", 'expected "s", because a duration is in seconds'];
  if (kind === "total" && sums === undefined) yield ["sums", "expected the name of the field that the total sums"];
  if (kind !== "total" && sums !== undefined) yield ["sums", `expected nothing, because ${which} and only a total sums another field`];
  if (!canSplit && by !== undefined && by.length > 0)
    yield [
      "by",
      `expected nothing, because ${KIND_NAMES[kind]} is a single number; found ${by.length === 1 ? "an attribute" : `${by.length} attributes`}`,
    ];
}

/** The schema has checked that what a kind requires is present. */
function fieldOf({ kind, instrument = "", unit = "", by = [], sums = "", ...rest }: DeclaredField): Field {
  const options = withoutUndefined(rest);
  if (kind === "total") return total(sums, unit, options);
  if (kind === "duration") return duration(instrument, options);
  const make = kind === "counter" ? counter : kind === "up_down_counter" ? upDownCounter : gauge;
  return make(instrument, unit, { ...options, by: by.map(axisOf) });
}

const axisOf = (axis: z.output<typeof axisOptions>): Axis =>
  "values" in axis ? oneOf(axis.attribute, ...axis.values) : upTo(axis.limit, axis.attribute);

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An absent option must stay absent: a key whose value is undefined would replace a default. */
function withoutUndefined<T extends object>(options: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}

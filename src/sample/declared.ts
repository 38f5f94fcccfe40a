import * as z from "zod";
import { counter, duration, gauge, oneOf, total, upTo, type Axis, type Field } from "./field.ts";
import { defineSampleType, type SampleType } from "./sample-type.ts";

const axisOptions = z.union(
  [
    z.strictObject({ attribute: z.string().min(1), values: z.array(z.string()).min(1).max(1_000) }),
    z.strictObject({ attribute: z.string().min(1), limit: z.int().min(1).max(1_000).default(20) }),
  ],
  { error: "expected { attribute, values } or { attribute, limit }" },
);

const fieldOptions = z
  .strictObject({
    kind: z.enum(["gauge", "counter", "duration", "total"]).default("gauge"),
    /** Required but for a `total`, which has the instrument of the field it sums. */
    instrument: z.string().optional(),
    /** Required but for a `duration`, which is in seconds. */
    unit: z.string().max(63).optional(),
    /** Default 0; `-.inf` for none. */
    min: z.union([z.number(), z.literal(Number.NEGATIVE_INFINITY)], { error: "expected a number, or -.inf for no minimum" }).optional(),
    max: z.number().optional(),
    good: z.enum(["low", "high"]).optional(),
    description: z.string().max(1_000).optional(),
    /** `gauge` and `counter` only. */
    by: z.array(axisOptions).max(4).optional(),
    /** `total` only: the field it sums. */
    sums: z.string().optional(),
  })
  .check(({ value, issues }) => {
    for (const [key, message] of misfits(value)) issues.push({ code: "custom", message, path: [key], input: value });
  });

interface DeclaredField {
  readonly kind: "gauge" | "counter" | "duration" | "total";
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
export const declaredTypeOptions = z.record(z.string(), fieldOptions);
export type DeclaredType = Readonly<Record<string, DeclaredField>>;

/** A sample type from its declaration, as `declaredTypeOptions` parsed it. @throws VitalsError `config_invalid` where `defineSampleType` would */
export function declareSampleType(name: string, declared: DeclaredType): SampleType {
  return defineSampleType(name, Object.fromEntries(Object.entries(declared).map(([key, field]) => [key, fieldOf(field)])));
}

/** What a kind of field lacks, or says in vain: nothing that somebody wrote is passed over in silence. */
function* misfits({ kind, instrument, unit, min = 0, max, by, sums }: DeclaredField): Generator<readonly [key: string, message: string]> {
  const isSplit = kind === "gauge" || kind === "counter";
  if (kind !== "total" && instrument === undefined) yield ["instrument", `expected an instrument, because the field is a ${kind}`];
  if (kind === "total" && instrument !== undefined)
    yield ["instrument", "expected none, because a total has the instrument of the field it sums"];
  if (kind !== "duration" && unit === undefined) yield ["unit", `expected a unit such as "{job}", because the field is a ${kind}`];
  if (kind === "duration" && unit !== undefined && unit !== "s") yield ["unit", "expected s, because a duration is in seconds"];
  if (kind === "total" && sums === undefined) yield ["sums", "expected the field that the total sums"];
  if (kind !== "total" && sums !== undefined) yield ["sums", `expected nothing, because the field is a ${kind} and no total`];
  if (!isSplit && by !== undefined && by.length > 0) yield ["by", `expected nothing, because a ${kind} is a single number`];
  if (max !== undefined && max < min) yield ["max", `expected at least min (${min}), found ${max}`];
}

/** What a kind needs is there: the schema has seen to it. */
function fieldOf({ kind, instrument = "", unit = "", by = [], sums = "", ...rest }: DeclaredField): Field {
  const options = withoutUndefined(rest);
  if (kind === "total") return total(sums, unit, options);
  if (kind === "duration") return duration(instrument, options);
  const make = kind === "counter" ? counter : gauge;
  return make(instrument, unit, { ...options, by: by.map(axisOf) });
}

const axisOf = (axis: z.output<typeof axisOptions>): Axis =>
  "values" in axis ? oneOf(axis.attribute, ...axis.values) : upTo(axis.limit, axis.attribute);

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An option left out must stay out: a key that is there and undefined would replace a default. */
function withoutUndefined<T extends object>(options: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}

import * as z from "zod";
import { VitalsError } from "../errors.ts";
import { counter, duration, gauge, oneOf, total, upTo, type Axis, type Field } from "./field.ts";
import { defineSampleType, type SampleType } from "./sample-type.ts";

const axisOptions = z.union(
  [
    z.strictObject({ attribute: z.string().min(1), values: z.array(z.string()).min(1).max(1_000) }),
    z.strictObject({ attribute: z.string().min(1), limit: z.int().min(1).max(1_000).default(20) }),
  ],
  { error: "expected { attribute, values } or { attribute, limit }" },
);

const fieldOptions = z.strictObject({
  kind: z.enum(["gauge", "counter", "duration", "total"]).default("gauge"),
  /** Required but for a `total`. */
  instrument: z.string().optional(),
  /** Required but for a `duration`, which is in seconds. */
  unit: z.string().max(63).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  good: z.enum(["low", "high"]).optional(),
  description: z.string().max(1_000).optional(),
  by: z.array(axisOptions).max(4).optional(),
  /** `total` only: the field it sums. */
  sums: z.string().optional(),
});
type DeclaredField = z.output<typeof fieldOptions>;

/** One entry of `sample_types` in a configuration file: a field by each key. */
export const declaredTypeOptions = z.record(z.string(), fieldOptions);
export type DeclaredType = z.output<typeof declaredTypeOptions>;

/** A sample type from its declaration. @throws VitalsError `config_invalid` where `defineSampleType` would, or a field lacks its instrument or unit */
export function declareSampleType(name: string, declared: DeclaredType): SampleType {
  return defineSampleType(name, Object.fromEntries(Object.entries(declared).map(([key, options]) => [key, fieldOf(name, key, options)])));
}

function fieldOf(type: string, key: string, declared: DeclaredField): Field {
  const { kind, instrument, unit, by, sums, ...rest } = declared;
  const needed = (what: string, value: string | undefined): string => {
    if (value === undefined) throw new VitalsError("config_invalid", `sample type "${type}": field "${key}" of kind ${kind} needs ${what}`);
    return value;
  };
  const options = withoutUndefined(rest);
  if (kind === "total") return total(needed("sums", sums), needed("a unit", unit), options);
  if (kind === "duration") return duration(needed("an instrument", instrument), options);
  const make = kind === "counter" ? counter : gauge;
  return make(needed("an instrument", instrument), needed("a unit", unit), { ...options, by: (by ?? []).map(axisOf) });
}

const axisOf = (axis: z.output<typeof axisOptions>): Axis =>
  "values" in axis ? oneOf(axis.attribute, ...axis.values) : upTo(axis.limit, axis.attribute);

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An option left out must stay out: a key that is there and undefined would replace a default. */
function withoutUndefined<T extends object>(options: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}

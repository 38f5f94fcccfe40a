import * as z from "zod";
import { VitalsError } from "../base/errors.ts";
import { fieldProblems } from "./field-problems.ts";
import { OTHER, type Axis, type Field, type Split } from "./field.ts";

export type Fields = Readonly<Record<string, Field>>;

/** Numbers by field, split where the field is split. Absent means not measured. */
export type ValuesOf<F extends Fields, Leaf = number> = { readonly [K in keyof F]?: Split<F[K]["by"], Leaf> };

/** The values of a sample type: `type SystemMetrics = Values<typeof systemMetrics>`. `Leaf` replaces each number, as in aggregates. */
export type Values<T extends SampleType, Leaf = number> = ValuesOf<T["fields"], Leaf>;

/** Values whose fields the compiler does not know. */
export type AnyValues = ValuesOf<Fields>;

/** One number of one sample: its field, and where it stands on the field's axes, outermost first. */
export interface Point {
  readonly field: string;
  readonly path: readonly string[];
  readonly value: number;
}

/** A condition across fields; holds trivially where a field it needs was not measured. */
export interface Check {
  readonly name: string;
  holds(values: AnyValues): boolean;
}

/** A list of field descriptors, from which everything else about a kind of sample is derived. Make one with `defineSampleType`. */
export interface SampleType<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
  /** Structure, bounds and finiteness; unknown keys are refused. */
  readonly schema: z.ZodType<ValuesOf<F>>;
  readonly checks: readonly Check[];
}

/** Most values an open axis may have in one reading, whatever its limit: what is over would be work without use. */
export const AXIS_READING_LIMIT = 10_000;

/**
 * Describes a kind of sample.
 *
 * @param name how collections and configuration files refer to it
 * @param fields descriptors made with `gauge`, `counter`, `upDownCounter`, `duration` and `total`
 * @param checks conditions across fields, by name; a reading that breaks one is `invalid` and counted under that name
 * @throws VitalsError `config_invalid` for a name that OpenTelemetry or Prometheus does not allow, two fields with one instrument, or a
 *   total of a field that does not add up
 */
export function defineSampleType<const F extends Fields>(
  name: string,
  fields: F,
  checks: Readonly<Record<string, (values: ValuesOf<F>) => boolean>> = {},
): SampleType<F> {
  const [problem] = fieldProblems(fields);
  if (problem) throw new VitalsError("config_invalid", `sample type "${name}": ${problem.message}`);
  const shape = Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, splitSchema(field.by, numberSchema(field)).optional().describe(meaningOf(field))]),
  );
  const schema = z.strictObject(shape) as unknown as z.ZodType<ValuesOf<F>>; // sound: the shape was made from F
  const named = Object.entries(checks).map(([checkName, holds]): Check => ({ name: checkName, holds }));
  return { name, fields, schema, checks: [...totalChecks(fields), ...named] };
}

/** What a field's number is, and its unit, in one line. */
export const meaningOf = ({ description, unit }: Field): string => [description, `Unit: ${unit}.`].filter(Boolean).join(" ");

/** One leaf for each point of a field: the leaf itself, or records of it, one for each axis. */
export function splitSchema([axis, ...inner]: readonly Axis[], leaf: z.ZodType): z.ZodType {
  if (!axis) return leaf;
  const value = splitSchema(inner, leaf);
  return axis.values ? z.partialRecord(z.enum(axis.values), value) : z.record(z.string(), value);
}

function numberSchema({ min, max }: Field): z.ZodType {
  // No .min(-Infinity) or .max(Infinity): they would become null in the JSON schema.
  let number = z.number();
  if (Number.isFinite(min)) number = number.min(min);
  if (Number.isFinite(max)) number = number.max(max);
  return number;
}

function totalChecks(fields: Fields): Check[] {
  return Object.entries(fields).flatMap(([key, field]): Check[] => {
    const { sums } = field;
    if (field.kind !== "total" || sums === undefined) return [];
    return [
      {
        name: `${sums} sums to ${key}`,
        holds: (values) => {
          const whole = values[key];
          const parts = values[sums];
          return whole === undefined || parts === undefined || nearly(sumOf(parts), whole as number);
        },
      },
    ];
  });
}

/** Equal but for the rounding of a sum. */
export const nearly = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

/** All numbers of a breakdown added up. */
export function sumOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + sumOf(part), 0);
}

/** Every number of `values` as one point each, in the order of the type's fields. */
export function* pointsOf(type: SampleType, values: AnyValues): Generator<Point> {
  for (const [field, { by }] of Object.entries(type.fields)) {
    const value = values[field];
    if (value !== undefined) yield* walk(field, by.length, value, []);
  }
}

function* walk(field: string, depth: number, value: unknown, path: readonly string[]): Generator<Point> {
  if (depth === 0) yield { field, path, value: value as number };
  else
    for (const [key, inner] of Object.entries(value as object))
      if (inner !== undefined) yield* walk(field, depth - 1, inner, [...path, key]);
}

/** The reverse of `pointsOf`: one leaf for each point, put back where its point stood. */
export function assemble<Leaf>(points: Iterable<readonly [Pick<Point, "field" | "path">, Leaf]>): ValuesOf<Fields, Leaf> {
  const values: Record<string, unknown> = {};
  for (const [{ field, path }, leaf] of points) {
    let place = values;
    let key = field;
    for (const step of path) {
      place = (place[key] ??= Object.create(null)) as Record<string, unknown>;
      key = step;
    }
    place[key] = leaf;
  }
  return values as ValuesOf<Fields, Leaf>;
}

/** Attributes of a point: each axis's attribute with the value it stands at. */
export function attributesOf(field: Field, path: readonly string[]): Record<string, string> {
  return Object.fromEntries(field.by.map((axis, depth) => [axis.attribute, path[depth] ?? OTHER]));
}

/** One string for a point's place, equal exactly where field and path are equal. */
export const pointKey = ({ field, path }: Pick<Point, "field" | "path">): string =>
  path.length === 0 ? field : `${field}\0${path.join("\0")}`;

export type Verdict<V> =
  | { readonly ok: true; readonly values: V }
  | { readonly ok: false; readonly check: string; readonly message: string };

/** The check that a reading breaks when its structure, not a condition across fields, is wrong. */
export const SCHEMA_CHECK = "schema";

/** Whether a raw reading is what its sample type says. Never throws; the message names the field and what was expected. */
export function judge<F extends Fields>(type: SampleType<F>, raw: unknown): Verdict<ValuesOf<F>> {
  const crowd = overcrowded(raw, 0);
  if (crowd !== undefined) return { ok: false, check: SCHEMA_CHECK, message: crowd };
  const parsed = type.schema.safeParse(raw);
  if (!parsed.success) return { ok: false, check: SCHEMA_CHECK, message: issuesOf(parsed.error) };
  const broken = type.checks.find((check) => !check.holds(parsed.data as AnyValues));
  if (broken) return { ok: false, check: broken.name, message: `the values do not agree: ${broken.name} does not hold` };
  return { ok: true, values: parsed.data };
}

/** Looks before zod does: zod drops a `__proto__` key in silence and describes every one of 100 000 bad items. */
function overcrowded(raw: unknown, depth: number): string | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  if (depth > 8) return "expected at most 8 levels of nesting, found more";
  const keys = Object.keys(raw);
  if (keys.length > AXIS_READING_LIMIT) return `expected at most ${AXIS_READING_LIMIT} values, found ${keys.length}`;
  if (keys.includes("__proto__")) return "found the key __proto__, which no field has";
  for (const key of keys) {
    const inner = overcrowded((raw as Record<string, unknown>)[key], depth + 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The first three zod issues in one line. */
export function issuesOf(error: z.core.$ZodError): string {
  const said = error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.length === 0 ? "the reading" : issue.path.join(".")}: ${issue.message}`);
  const more = error.issues.length - said.length;
  return said.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

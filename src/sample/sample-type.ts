import * as z from "zod";
import { VitalsError } from "../base/errors.ts";
import { parse, shownValue, summaryOf } from "../base/issues.ts";
import { typeProblems } from "./field-problems.ts";
import { OTHER, type Axis, type Field, type Split } from "./field.ts";

/** Fields by key. */
export type Fields = Readonly<Record<string, Field>>;

/** Numbers by field, split where the field is split. Absent means not measured. */
export type ValuesOf<F extends Fields, Leaf = number> = { readonly [K in keyof F]?: Split<F[K]["by"], Leaf> };

/** The values of a sample type: `type SystemMetrics = Values<typeof systemMetrics>`. `Leaf` replaces each number, as in aggregates. */
export type Values<T extends SampleType, Leaf = number> = ValuesOf<T["fields"], Leaf>;

/** Values whose fields the compiler does not know. */
export type AnyValues = ValuesOf<Fields>;

/** One number of a sample: its field, and its values on the field's axes, outermost first. */
export interface Point {
  /** Key of the field. */
  readonly field: string;
  /** Values of the attributes that split the field; empty if none does. */
  readonly path: readonly string[];
  /** The number, in the unit of the field. */
  readonly value: number;
}

/** A condition across fields; holds if a field it needs was not measured. */
export interface Check {
  /** Counted under this name when it is violated. */
  readonly name: string;
  /** Whether `values` satisfy the condition. */
  holds(values: AnyValues): boolean;
}

/** A list of field descriptors, from which everything about a kind of sample is derived. Made by `defineSampleType`. */
export interface SampleType<F extends Fields = Fields> {
  /** How collections and configuration files refer to it. */
  readonly name: string;
  /** Descriptors by key. */
  readonly fields: F;
  /** Checks structure, bounds and finiteness; rejects unknown keys. */
  readonly schema: z.ZodType<ValuesOf<F>>;
  /** Conditions across fields; a reading that violates one is `invalid`. */
  readonly checks: readonly Check[];
}

/** Maximum values of an open axis in one reading, whatever its limit: more would be work without use. */
export const AXIS_READING_LIMIT = 10_000;

/**
 * Defines a kind of sample.
 *
 * @param name how collections and configuration files refer to it
 * @param fields descriptors made with `gauge`, `counter`, `upDownCounter`, `duration` and `total`
 * @param checks conditions across fields, by name; a reading that violates one is `invalid` and counted under that name
 * @throws VitalsError `config_invalid` for a name that is not allowed here, in OpenTelemetry or in Prometheus, an unknown kind of field, bounds
 *   that no value meets, an axis without values, two fields with one instrument, or a total of a field that does not add up
 */
export function defineSampleType<const F extends Fields>(
  name: string,
  fields: F,
  checks: Readonly<Record<string, (values: ValuesOf<F>) => boolean>> = {},
): SampleType<F> {
  const [problem] = typeProblems(name, fields, checks);
  if (problem) throw new VitalsError("config_invalid", `sample type ${shownValue(name, false)}: ${problem.message}`);
  const shape = Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, splitSchema(field.by, numberSchema(field)).optional().describe(meaningOf(field))]),
  );
  const schema = z.strictObject(shape) as unknown as z.ZodType<ValuesOf<F>>; // sound: the shape was made from F
  const named = Object.entries(checks).map(([checkName, holds]): Check => ({ name: checkName, holds }));
  return { name, fields, schema, checks: [...totalChecks(fields), ...named] };
}

/** A field's description and unit in one line. */
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

/** Equal except for rounding errors of a sum. */
export const nearly = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

/** The sum of all numbers of a breakdown. */
export function sumOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + sumOf(part), 0);
}

/** Every number of `values` as a point, in the order of the type's fields. */
export function* pointsOf(type: SampleType, values: AnyValues): Generator<Point> {
  for (const [key, field] of Object.entries(type.fields)) {
    const value = values[key];
    if (value !== undefined) yield* pointsOfField(key, field, value);
  }
}

/** Every number of the value of one field as a point. */
export function pointsOfField(key: string, { by }: Pick<Field, "by">, value: unknown): readonly Point[] {
  const points: Point[] = [];
  collect(points, key, by.length, value, []);
  return points;
}

function collect(points: Point[], field: string, depth: number, value: unknown, path: readonly string[]): void {
  if (depth === 0) {
    points.push({ field, path, value: value as number });
    return;
  }
  const split = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(split)) {
    const inner = split[name];
    if (inner !== undefined) collect(points, field, depth - 1, inner, [...path, name]);
  }
}

/** The reverse of `pointsOf`: one leaf for each point, at the path of its point. */
export function assemble<Leaf>(points: Iterable<readonly [Pick<Point, "field" | "path">, Leaf]>): ValuesOf<Fields, Leaf> {
  const values: Record<string, unknown> = {};
  for (const [{ field, path }, leaf] of points) {
    let parent = values;
    let key = field;
    for (const step of path) {
      parent = (parent[key] ??= Object.create(null)) as Record<string, unknown>;
      key = step;
    }
    parent[key] = leaf;
  }
  return values as ValuesOf<Fields, Leaf>;
}

/** Attributes of a point: each axis's attribute with the point's value on it. */
export function attributesOf(field: Field, path: readonly string[]): Record<string, string> {
  return Object.fromEntries(field.by.map((axis, depth) => [axis.attribute, path[depth] ?? OTHER]));
}

/** A string that is equal exactly if field and path are equal, whatever characters the path contains. */
export const pointKey = ({ field, path }: Pick<Point, "field" | "path">): string =>
  path.length === 0 ? field : `${field} ${JSON.stringify(path)}`;

/**
 * A point's name for people and column heads: the field, and its values on the field's axes, joined by `/`. With several axes, `~` in a value is
 * `~0` and `/` is `~1`, as in a JSON Pointer, so that no two points share a name.
 */
export function columnName({ field, path }: Pick<Point, "field" | "path">): string {
  const steps = path.length < 2 ? path : path.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1"));
  return [field, ...steps].join("/");
}

export type Verdict<V> =
  | { readonly ok: true; readonly values: V }
  | { readonly ok: false; readonly check: string; readonly message: string };

/** The check that a reading violates if its structure, not a condition across fields, is wrong. */
export const SCHEMA_CHECK = "schema";

/** Checks a raw reading against its sample type. Never throws; the message names the field and what was expected. */
export function validateReading<F extends Fields>(type: SampleType<F>, raw: unknown): Verdict<ValuesOf<F>> {
  const excess = excessIn(raw, 0);
  if (excess !== undefined) return { ok: false, check: SCHEMA_CHECK, message: excess };
  const parsed = parse(type.schema, raw, { keys: "key" });
  if (!parsed.ok) return { ok: false, check: SCHEMA_CHECK, message: summaryOf(parsed.issues, "the reading") };
  const broken = type.checks.find((check) => !check.holds(parsed.data as AnyValues));
  if (broken)
    return { ok: false, check: broken.name, message: `the values contradict each other: the check "${broken.name}" does not hold` };
  return { ok: true, values: parsed.data };
}

/** Runs before zod, which ignores a `__proto__` key and describes every one of 100 000 invalid items. */
function excessIn(raw: unknown, depth: number): string | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  if (depth > 8) return "expected at most 8 levels of nesting, found more";
  const keys = Object.keys(raw);
  if (keys.length > AXIS_READING_LIMIT) return `expected at most ${AXIS_READING_LIMIT} values, found ${keys.length}`;
  if (keys.includes("__proto__")) return "found the key __proto__, which is not a field";
  for (const key of keys) {
    const inner = excessIn((raw as Record<string, unknown>)[key], depth + 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

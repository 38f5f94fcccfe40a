import * as z from "zod";
import { VitalsError } from "../../base/errors.ts";
import { parse } from "../../base/issues.ts";
import { conversion } from "../../base/quantity.ts";
import { didYouMean, quoted, unknownName } from "../../base/suggest.ts";
import type { Field } from "../../sample/field.ts";
import type { SampleType } from "../../sample/sample-type.ts";
import { EACH, parsePath, type Step } from "./path.ts";

/** Instead of a path: the duration of the request in seconds. */
const DURATION_PATH = "$duration";

/** Instead of the path of a name: the key of an entry, or the index of an item. */
const KEY_PATH = "$key";

const stepsAt = (text: string): readonly Step[] => {
  const path = parsePath(text);
  return path.ok ? path.steps : [];
};

/** Text that is a path, or a word with a meaning of its own. */
const pathText = z.string().check(({ value, issues }) => {
  const problem = problemOf(value, DURATION_PATH);
  if (problem !== undefined) issues.push({ code: "custom", message: problem, input: value });
});

function problemOf(text: string, word: string): string | undefined {
  const path = text === word ? undefined : parsePath(text);
  if (path?.ok !== false) return undefined;
  const meant = didYouMean(text, [word]);
  return meant === "" ? path.message : `expected a path or "${word}", found ${quoted(text)}${meant}`;
}

/** The problems with the paths of names, each with its place in a list. */
function* nameProblems(by: string | readonly string[]): Generator<readonly [place: readonly number[], message: string]> {
  for (const [n, path] of (typeof by === "string" ? [by] : by).entries()) {
    const hasEach = stepsAt(path).includes(EACH);
    const problem = hasEach ? `expected a path without *, because an entry has one name; found ${quoted(path)}` : problemOf(path, KEY_PATH);
    if (problem !== undefined) yield [typeof by === "string" ? [] : [n], problem];
  }
}

const mappingOptions = z
  .strictObject({
    /** JSON Pointer or keys joined by dots, in which `*` stands for each entry; or `$duration`. */
    path: pathText,
    /**
     * For each `*`, the path from an entry to its name on the field's attribute, or `$key`. One text is for every `*`. Default: the keys of a
     * map; a list has no default.
     */
    by: z.union([z.string(), z.array(z.string()).min(1)], { error: "expected the path of a name, or a list of them" }).optional(),
    /** Numbers by text, such as `{ green: 0, yellow: 1, red: 2 }`. */
    map: z
      .record(z.string(), z.number())
      .refine((map) => Object.keys(map).length > 0, "expected at least one entry")
      .optional(),
    /** UCUM unit of the number in the response, which is converted to that of the field. Default: that of the field. */
    unit: z.string().min(1).optional(),
    /** Factor that the number is multiplied by. Default: 1. */
    scale: z
      .number()
      .refine((scale) => scale !== 0, "expected a number other than 0")
      .optional(),
    /** `age` for a time, in ISO 8601 or Unix time: the seconds that have passed since. Default: a number. */
    as: z.enum(["number", "age"]).default("number"),
  })
  .check(({ value: { map, unit, scale, as, path, by }, issues }) => {
    const refuse = (key: string, reason: string): void =>
      void issues.push({ code: "custom", message: `expected no ${key}, because ${reason}`, path: [key], input: undefined });
    const counted = stepsAt(path).filter((step) => step === EACH).length;
    if (scale !== undefined && unit !== undefined) refuse("scale", "unit converts the number already");
    if (map && unit !== undefined) refuse("unit", "map gives the numbers");
    if (map && scale !== undefined) refuse("scale", "map gives the numbers");
    if (as === "age" && map) refuse("map", "an age is measured from a time");
    if (as === "age" && scale !== undefined) refuse("scale", "an age is converted to the unit of its field");
    for (const [place, message] of by === undefined ? [] : nameProblems(by))
      issues.push({ code: "custom", message, path: ["by", ...place], input: undefined });
    if (by !== undefined && counted === 0) refuse("by", "the path has no *");
    else if (Array.isArray(by) && by.length !== counted)
      issues.push({
        code: "custom",
        message: `expected a name for each * of the path, ${counted} in total, found ${by.length}`,
        path: ["by"],
        input: undefined,
      });
  });

/** How a field is read from a response, as it is configured. */
export type FieldMappingConfig = string | z.input<typeof mappingOptions>;
type MappingOptions = z.output<typeof mappingOptions>;

/** The mapping of one field: a path, or a map with the path and what is done with the value at it. */
export const fieldMapping = z.custom<FieldMappingConfig>().transform((value: unknown, context): MappingOptions => {
  const isText = typeof value === "string";
  if (!isText && (typeof value !== "object" || value === null || Array.isArray(value))) {
    context.addIssue({ code: "custom", message: "expected a path, or a map with a path", input: value });
    return z.NEVER;
  }
  const parsed = parse(mappingOptions, isText ? { path: value } : value);
  if (parsed.ok) return parsed.data;
  for (const { path, message } of parsed.issues) context.addIssue({ code: "custom", message, path: isText ? [] : [...path] });
  return z.NEVER;
});

/** How a field is read from a response. */
export interface FieldMapping {
  /** As it is configured. */
  readonly path: string;
  readonly isDuration: boolean;
  readonly steps: readonly Step[];
  /** For each `*`, the steps from an entry to its name; undefined for its key. */
  readonly names: readonly (readonly Step[] | "key" | undefined)[];
  readonly map?: Readonly<Record<string, number>>;
  readonly unit?: string;
  /** What the number is multiplied by. */
  readonly factor: number;
  /** Whether `scale` gave the factor, so that a percent sign does not. */
  readonly isScaled: boolean;
  readonly as: "number" | "age";
  /** Whether the path was configured, so that it is worth a message if it is never found. */
  readonly isConfigured: boolean;
}

export type Mappings = Readonly<Record<string, FieldMapping>>;

/**
 * The mappings of a sample type's fields. If none is configured, the response has the shape of the type: each field is at its key.
 *
 * @throws VitalsError `config_invalid` for an unknown field, and for a mapping that does not fit the unit or the attributes of its field
 */
export function mappingsOf(type: SampleType, configured: Readonly<Record<string, MappingOptions>>): Mappings {
  const known = Object.keys(type.fields);
  const scope = `of sample type ${quoted(type.name)}`;
  const isConfigured = Object.keys(configured).length > 0;
  const keys = isConfigured ? Object.keys(configured) : known;
  return Object.fromEntries(
    keys.map((key) => {
      const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
      if (!field) throw new VitalsError("config_invalid", unknownName("field", key, known, scope));
      const options = configured[key] ?? { path: pointerOf(key), as: "number" };
      return [key, { ...mappingOf(options, field, `field ${quoted(key)} ${scope}`), isConfigured }];
    }),
  );
}

const pointerOf = (key: string): string => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

function mappingOf({ path, by, map, unit, scale, as }: MappingOptions, field: Field, name: string): Omit<FieldMapping, "isConfigured"> {
  const isDuration = path === DURATION_PATH;
  const steps = isDuration ? [] : stepsAt(path);
  const splits = steps.filter((step) => step === EACH).length;
  if (splits > field.by.length)
    throw new VitalsError(
      "config_invalid",
      `${name}: the path has ${splits} * and the field ${amountOf(field.by.length)}; expected at most one * for each`,
    );
  const isAge = as === "age";
  const convert = (from: string, to: string): number => {
    const factor = conversion(from, to);
    if (factor !== undefined) return factor;
    const hint = isAge ? "" : "; set scale";
    throw new VitalsError("config_invalid", `${name}: cannot convert ${quoted(from)} to ${quoted(to)}${hint}`);
  };
  // The unit of a time is that of its digits, and its age is in seconds.
  if (isAge) convert(unit ?? "s", "s");
  const from = isAge || (isDuration && unit === undefined) ? "s" : (unit ?? field.unit);
  return {
    path,
    isDuration,
    steps,
    names: Array.from({ length: splits }, (_, n) => nameStepsOf(Array.isArray(by) ? by[n] : by)),
    ...(map === undefined ? {} : { map }),
    ...(unit === undefined ? {} : { unit }),
    factor: scale ?? (map ? 1 : convert(from, field.unit)),
    isScaled: scale !== undefined,
    as,
  };
}

const amountOf = (attributes: number): string =>
  attributes === 1 ? "one attribute" : attributes === 0 ? "no attribute" : `${attributes} attributes`;

function nameStepsOf(by: string | undefined): readonly Step[] | "key" | undefined {
  if (by === undefined) return undefined;
  return by === KEY_PATH ? "key" : stepsAt(by);
}

import { shownValue } from "../base/issues.ts";
import { didYouMean, EXPECTED_NAME, NAME, unknownName } from "../base/suggest.ts";
import { FIELD_KINDS, isAdditive, KIND_NAMES, labelOf, type Axis, type Field } from "./field.ts";

/** One thing that is wrong with the descriptors of a sample type. */
export interface FieldProblem {
  /** Keys and indices that lead to it from the sample type, as in a configuration file. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Fields = Readonly<Record<string, Field>>;

const FIELD_KEY = /^[a-zA-Z][a-zA-Z0-9]{0,63}$/;
const INSTRUMENT_NAME = /^[a-z][a-z0-9_.\-/]{0,254}$/i;
const ATTRIBUTE_NAME = /^[a-zA-Z][a-zA-Z0-9_.\-/]{0,254}$/;

/** Labels that a series already has, or that Prometheus gives a meaning. */
const RESERVED_LABELS: Readonly<Record<string, string>> = {
  vitals_collection_name: "every data point carries it as the name of its collection",
  le: "Prometheus uses it for the buckets of a histogram",
  quantile: "Prometheus uses it for the quantiles of a summary",
  job: "Prometheus sets it for each scraped target",
  instance: "Prometheus sets it for each scraped target",
};

/** Prefix of the labels that carry the instrumentation scope. */
const SCOPE_LABELS = "otel_scope_";

/** Maximum series of one axis: as many values as one reading may have on it. */
export const MAX_AXIS_LIMIT = 10_000;

/** Everything that is wrong with what `defineSampleType` was called with, types aside: a program may have none. */
export function* typeProblems(name: unknown, fields: unknown, checks: unknown): Generator<FieldProblem> {
  if (typeof name !== "string" || !NAME.test(name)) yield { path: [], message: EXPECTED_NAME };
  if (isMap(fields)) yield* fieldProblems(fields as Fields);
  else yield { path: [], message: `expected a map of fields, found ${shownValue(fields, false)}` };
  if (!isMap(checks)) {
    yield { path: [], message: `expected a map of checks, found ${shownValue(checks, false)}` };
    return;
  }
  for (const [check, holds] of Object.entries(checks)) {
    if (typeof holds === "function") continue;
    yield { path: [], message: `the check "${check}" is no function: expected a function, found ${shownValue(holds, false)}` };
  }
}

const isMap = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

/** Everything that is wrong with a sample type's fields: their names, kinds, bounds and axes, and what its totals sum. */
export function* fieldProblems(fields: Fields): Generator<FieldProblem> {
  const ownerOf = new Map<string, string>();
  if (Object.keys(fields).length === 0) yield { path: [], message: "expected at least one field, found none" };
  for (const [key, field] of Object.entries(fields)) {
    yield* keyProblems(key);
    const malformed = malformedField(key, field);
    if (malformed) {
      yield malformed;
      continue;
    }
    yield* boundProblems(key, field);
    if (field.kind === "total") {
      yield* totalProblems(key, field, fields);
      continue;
    }
    yield* instrumentProblems(key, field, ownerOf);
    yield* attributeProblems(key, field.by);
  }
}

function* keyProblems(key: string): Generator<FieldProblem> {
  if (!FIELD_KEY.test(key)) {
    yield { path: [key], message: `invalid field name "${key}"; expected a letter, then up to 63 letters and digits` };
  } else if (key in Object.prototype) {
    yield { path: [key], message: `the field name "${key}" is reserved: every JavaScript object has a property "${key}"; choose another` };
  }
}

/** A field that lacks its parts has no other problem worth naming. */
function malformedField(key: string, field: unknown): FieldProblem | undefined {
  if (!isMap(field))
    return { path: [key], message: `expected a field "${key}" such as gauge("queue.age", "s"), found ${shownValue(field, false)}` };
  const { kind, instrument, unit, by } = field as Readonly<Record<string, unknown>>;
  if (!FIELD_KINDS.some((known) => known === kind))
    return { path: [key, "kind"], message: unknownName("kind", String(kind), FIELD_KINDS, `of field "${key}"`) };
  for (const [part, value] of Object.entries({ instrument, unit })) {
    if (typeof value !== "string")
      return { path: [key, part], message: `expected text as the ${part} of field "${key}", found ${shownValue(value, false)}` };
  }
  if (!Array.isArray(by) || !by.every(isMap))
    return { path: [key, "by"], message: `expected a list of axes as the by of field "${key}", found ${shownValue(by, false)}` };
  return undefined;
}

function* boundProblems(key: string, { min, max, good }: Field): Generator<FieldProblem> {
  if (good !== undefined && !["low", "high"].includes(good))
    yield { path: [key, "good"], message: `invalid good of field "${key}": expected low or high, found ${shownValue(good, false)}` };
  for (const [bound, value] of Object.entries({ min, max })) {
    const isNumber = typeof value === "number" && !Number.isNaN(value);
    if (!isNumber)
      yield { path: [key, bound], message: `expected a number as the ${bound} of field "${key}", found ${shownValue(value, false)}` };
  }
  if (max < min)
    yield { path: [key, "max"], message: `the max of field "${key}" is below its min: expected at least ${min}, found ${max}` };
}

function* totalProblems(key: string, { sums = "" }: Field, fields: Fields): Generator<FieldProblem> {
  const path = [key, "sums"];
  const summed = Object.hasOwn(fields, sums) ? fields[sums] : undefined;
  if (!summed) {
    yield { path, message: `the total "${key}" sums an unknown field "${sums}"${didYouMean(sums, Object.keys(fields))}` };
  } else if (!isAdditive(summed) || summed.kind === "total") {
    const message = `the total "${key}" sums "${sums}", which is ${KIND_NAMES[summed.kind]}; only a counter or an up_down_counter can be summed`;
    yield { path, message };
  }
}

function* instrumentProblems(key: string, { instrument }: Field, ownerOf: Map<string, string>): Generator<FieldProblem> {
  const path = [key, "instrument"];
  if (!INSTRUMENT_NAME.test(instrument)) {
    const message = `invalid instrument name "${instrument}" of field "${key}"; expected a letter, then up to 254 letters, digits, _ . - or /`;
    yield { path, message };
  }
  // OpenTelemetry compares instrument names without case.
  const name = instrument.toLowerCase();
  const owner = ownerOf.get(name);
  if (owner !== undefined) yield { path, message: `fields "${owner}" and "${key}" share the instrument ${instrument}; give each its own` };
  ownerOf.set(name, key);
}

function* attributeProblems(key: string, by: readonly Axis[]): Generator<FieldProblem> {
  const attributeOf = new Map<string, string>();
  for (const [n, { attribute, limit, values }] of by.entries()) {
    if (typeof attribute !== "string") {
      yield {
        path: [key, "by", n, "attribute"],
        message: `expected text as an attribute of field "${key}", found ${shownValue(attribute, false)}`,
      };
      continue;
    }
    yield* axisProblems(key, n, { attribute, limit, ...(values && { values }) });
    const path = [key, "by", n, "attribute"];
    const label = labelOf(attribute);
    const other = attributeOf.get(label);
    const reason = label.startsWith(SCOPE_LABELS) ? "its label is one of the instrumentation scope's" : RESERVED_LABELS[label];
    if (!ATTRIBUTE_NAME.test(attribute)) {
      const message = `invalid attribute name "${attribute}" of field "${key}"; expected a letter, then up to 254 letters, digits, _ . - or /`;
      yield { path, message };
    } else if (reason !== undefined) {
      yield { path, message: `the attribute name "${attribute}" of field "${key}" is reserved: ${reason}; choose another` };
    } else if (other !== undefined) {
      const message = `the attributes "${other}" and "${attribute}" of field "${key}" share the label ${label} on /metrics; rename one`;
      yield { path, message };
    }
    attributeOf.set(label, attribute);
  }
}

function* axisProblems(key: string, n: number, { attribute, limit, values }: Axis): Generator<FieldProblem> {
  const path = [key, "by", n];
  const axis = `the attribute "${attribute}" of field "${key}"`;
  if (values === undefined) {
    if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_AXIS_LIMIT) return;
    const message = `invalid limit of ${axis}: expected a whole number from 1 to ${MAX_AXIS_LIMIT}, found ${shownValue(limit, false)}`;
    yield { path: [...path, "limit"], message };
  } else if (!Array.isArray(values) || values.length === 0 || values.length > MAX_AXIS_LIMIT) {
    const found = Array.isArray(values) ? values.length : shownValue(values, false);
    yield { path: [...path, "values"], message: `invalid values of ${axis}: expected 1 to ${MAX_AXIS_LIMIT}, found ${found}` };
  } else {
    const at = values.findIndex((value) => typeof value !== "string" || value === "__proto__");
    const value: unknown = values[at];
    if (at >= 0 && value === "__proto__")
      yield { path: [...path, "values", at], message: `the value "__proto__" cannot be measured; choose another` };
    else if (at >= 0)
      yield { path: [...path, "values", at], message: `invalid value of ${axis}: expected text, found ${shownValue(value, false)}` };
  }
}

import { didYouMean } from "../base/suggest.ts";
import { isAdditive, KIND_NAMES, labelOf, type Axis, type Field } from "./field.ts";

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

/** Everything that is wrong with the names of a sample type's fields, and with what its totals sum. */
export function* fieldProblems(fields: Fields): Generator<FieldProblem> {
  const ownerOf = new Map<string, string>();
  if (Object.keys(fields).length === 0) yield { path: [], message: "expected at least one field, found none" };
  for (const [key, field] of Object.entries(fields)) {
    yield* keyProblems(key);
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
  for (const [n, { attribute, values = [] }] of by.entries()) {
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
    const at = values.indexOf("__proto__");
    if (at >= 0) yield { path: [key, "by", n, "values", at], message: `the value "__proto__" cannot be measured; choose another` };
  }
}

import { VitalsError } from "../../base/errors.ts";
import type { Field } from "../../sample/field.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";
import type { FieldMapping, Mappings } from "./field-mapping.ts";
import { FieldReader, type Skips } from "./field-reader.ts";

/** What a response contains of a sample type. */
export interface Picked {
  readonly values: AnyValues;
  /** Values that were found and left out, because they cannot be converted or are not allowed in their field. */
  readonly skipped: Skips;
  /** Number of values that were read. */
  readonly read: number;
  /** Fields that the response does not contain. */
  readonly missing: readonly string[];
}

/** When a response was read. */
export interface ReadTimes {
  /** Duration of the request in seconds. */
  readonly durationSeconds: number;
  /** The time now, of which ages are measured. */
  readonly wallMs: number;
}

const PATHS_IN_MESSAGE = 5;

/**
 * Extracts a sample type's fields from a response. A missing field is absent; a value that cannot be converted, or is not allowed in its
 * field, is left out and counted.
 *
 * @throws VitalsError `reading_invalid` if the response contains no field, or all of its values were left out
 */
export function pick(type: SampleType, document: unknown, mappings: Mappings, { durationSeconds, wallMs }: ReadTimes): Picked {
  const values: Record<string, unknown> = {};
  const missing: string[] = [];
  const skipped: Skips = { count: 0, first: undefined };
  let taken = 0;
  const read = (key: string, mapping: FieldMapping, source: unknown): void => {
    const reader = new FieldReader(key, type.fields[key] as Field, mapping, wallMs);
    const value = reader.read(source);
    skipped.first ??= reader.skipped.first;
    skipped.count += reader.skipped.count;
    taken += reader.taken;
    // A breakdown without one of its parts would contradict its total.
    const isComplete = reader.skipped.count === 0 || !isSummed(type, key);
    if (value !== undefined && isComplete) values[key] = value;
    else if (reader.skipped.count === 0) missing.push(key);
  };
  const [ofRequest, ofResponse] = [true, false].map((is) => Object.entries(mappings).filter(([, { isDuration }]) => isDuration === is));
  for (const [key, mapping] of ofResponse ?? []) read(key, mapping, document);
  if (ofResponse?.length !== 0 && Object.keys(values).length === 0) throw nothingFound(ofResponse ?? [], skipped);
  for (const [key, mapping] of ofRequest ?? []) read(key, mapping, durationSeconds);
  return { values: values as AnyValues, skipped, read: taken, missing };
}

const isSummed = ({ fields }: SampleType, key: string): boolean => Object.values(fields).some(({ sums }) => sums === key);

function nothingFound(mapped: readonly (readonly [string, FieldMapping])[], { first, count }: Skips): VitalsError {
  if (first !== undefined) {
    const others = count === 1 ? "" : `; and ${count - 1} more`;
    return new VitalsError("reading_invalid", `no value of the response is valid; ${first}${others}`);
  }
  const paths = mapped.map(([, { path }]) => path);
  const shown = paths.slice(0, PATHS_IN_MESSAGE).join(", ");
  const more = paths.length > PATHS_IN_MESSAGE ? ` and ${paths.length - PATHS_IN_MESSAGE} more` : "";
  return new VitalsError("reading_invalid", `the response contains none of the paths ${shown}${more}`);
}

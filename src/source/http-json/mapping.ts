import { VitalsError } from "../../errors.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";
import { locate } from "./locate.ts";

/** Where each field of a sample type stands in an answer, by the field's key. */
export type FieldPaths = Readonly<Record<string, string>>;

/** Instead of a path: the seconds that this request took. */
export const DURATION_PATH = "$duration";

/** Refuses paths for fields that are not there. @throws VitalsError `config_invalid` */
export function refuseUnknownFields(type: SampleType, paths: FieldPaths): void {
  for (const field of Object.keys(paths)) {
    if (Object.hasOwn(type.fields, field)) continue;
    throw new VitalsError("config_invalid", `readings.${type.name}: no field "${field}"; there are ${Object.keys(type.fields).join(", ")}`);
  }
}

/**
 * Picks a sample type's fields out of an answer. What is not there is absent; what is there is judged as it is, text included,
 * so that nothing is taken for a number that is none.
 *
 * @throws VitalsError `reading_invalid` when nothing was found at all
 */
export function pick(document: unknown, paths: FieldPaths, durationSeconds: number): AnyValues {
  const found: Record<string, unknown> = {};
  for (const [field, path] of Object.entries(paths)) {
    const value = path === DURATION_PATH ? durationSeconds : locate(document, path);
    if (value !== undefined) found[field] = value;
  }
  const isAnswered = Object.keys(found).some((field) => paths[field] !== DURATION_PATH);
  if (!isAnswered) throw new VitalsError("reading_invalid", `the answer has nothing at ${Object.values(paths).slice(0, 5).join(", ")}`);
  return found as AnyValues;
}

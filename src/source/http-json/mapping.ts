import { VitalsError } from "../../base/errors.ts";
import { quoted, unknownName } from "../../base/suggest.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";

/** The path of each field of a sample type in a response, by the field's key. */
export type FieldPaths = Readonly<Record<string, string>>;

/** Instead of a path: the duration of the request in seconds. */
const DURATION_PATH = "$duration";

const PATHS_IN_MESSAGE = 5;

/**
 * The paths of a sample type's fields. If none is configured, the response has the shape of the type: each field is at its key.
 *
 * @throws VitalsError `config_invalid` for a path of an unknown field
 */
export function pathsOf(type: SampleType, configured: FieldPaths): FieldPaths {
  const known = Object.keys(type.fields);
  const unknown = Object.keys(configured).find((field) => !known.includes(field));
  if (unknown !== undefined)
    throw new VitalsError("config_invalid", unknownName("field", unknown, known, `of sample type ${quoted(type.name)}`));
  return Object.keys(configured).length > 0 ? configured : Object.fromEntries(known.map((field) => [field, `/${field}`]));
}

/**
 * Extracts a sample type's fields from a response. A missing field is absent. Values are not converted, so text is not taken for a number
 * when the reading is validated.
 *
 * @throws VitalsError `reading_invalid` if no field was found
 */
export function pick(type: SampleType, document: unknown, paths: FieldPaths, durationSeconds: number): AnyValues {
  const mapped = Object.entries(paths).filter(([, path]) => path !== DURATION_PATH);
  const found: Record<string, unknown> = {};
  for (const [field, path] of mapped) {
    const value = withoutNulls(locate(document, path), type.fields[field]?.by.length ?? 0);
    if (value !== undefined) found[field] = value;
  }
  if (mapped.length > 0 && Object.keys(found).length === 0) throw nothingFound(mapped.map(([, path]) => path));
  for (const [field, path] of Object.entries(paths)) if (path === DURATION_PATH) found[field] = durationSeconds;
  return found as AnyValues;
}

/** Without the nulls of a breakdown, which were not measured either. @param depth number of axes of the field */
function withoutNulls(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const measured = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(measured.map(([key, inner]) => [key, withoutNulls(inner, depth - 1)]));
}

function nothingFound(paths: readonly string[]): VitalsError {
  const shown = paths.slice(0, PATHS_IN_MESSAGE).join(", ");
  const more = paths.length > PATHS_IN_MESSAGE ? ` and ${paths.length - PATHS_IN_MESSAGE} more` : "";
  return new VitalsError("reading_invalid", `the response contains none of the paths ${shown}${more}`);
}

/**
 * The value at a path: a JSON Pointer (RFC 6901) such as `/stats/nodes`, or keys joined by dots such as `stats.nodes`. Undefined if the path
 * leads nowhere or to `null`. The step `length` of a list is its number of items.
 */
export function locate(document: unknown, path: string): unknown {
  let value = document;
  for (const step of stepsOf(path)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value ?? undefined;
}

function stepsOf(path: string): readonly string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) return path.split(".");
  return path
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

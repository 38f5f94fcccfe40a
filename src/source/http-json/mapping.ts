import { VitalsError } from "../../base/errors.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";

/** Where each field of a sample type stands in an answer, by the field's key. */
export type FieldPaths = Readonly<Record<string, string>>;

/** Instead of a path: the seconds that this request took. */
const DURATION_PATH = "$duration";

const PATHS_IN_MESSAGE = 5;

/**
 * The paths of a sample type's fields. With none given, the answer itself has the shape of the type: each field stands at its key.
 *
 * @throws VitalsError `config_invalid` when a path is for a field that is not there
 */
export function pathsOf(type: SampleType, given: FieldPaths): FieldPaths {
  const there = Object.keys(type.fields);
  const unknown = Object.keys(given).find((field) => !there.includes(field));
  if (unknown !== undefined)
    throw new VitalsError("config_invalid", `sample type "${type.name}": no field "${unknown}"; there are ${there.join(", ")}`);
  return Object.keys(given).length > 0 ? given : Object.fromEntries(there.map((field) => [field, `/${field}`]));
}

/**
 * Picks a sample type's fields out of an answer. What is not there is absent; what is there is judged as it is, text included,
 * so that nothing is taken for a number that is none.
 *
 * @throws VitalsError `reading_invalid` when nothing was found at all
 */
export function pick(type: SampleType, document: unknown, paths: FieldPaths, durationSeconds: number): AnyValues {
  const sought = Object.entries(paths).filter(([, path]) => path !== DURATION_PATH);
  const found: Record<string, unknown> = {};
  for (const [field, path] of sought) {
    const value = withoutNulls(locate(document, path), type.fields[field]?.by.length ?? 0);
    if (value !== undefined) found[field] = value;
  }
  if (sought.length > 0 && Object.keys(found).length === 0) throw nothingFound(sought.map(([, path]) => path));
  for (const [field, path] of Object.entries(paths)) if (path === DURATION_PATH) found[field] = durationSeconds;
  return found as AnyValues;
}

/** A null in a breakdown is not measured either; deeper than the field's axes there is nothing to look for. */
function withoutNulls(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const measured = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(measured.map(([key, inner]) => [key, withoutNulls(inner, depth - 1)]));
}

function nothingFound(paths: readonly string[]): VitalsError {
  const said = paths.slice(0, PATHS_IN_MESSAGE).join(", ");
  const more = paths.length > PATHS_IN_MESSAGE ? ` and ${paths.length - PATHS_IN_MESSAGE} more` : "";
  return new VitalsError("reading_invalid", `none of the paths was found in the answer: ${said}${more}`);
}

/**
 * The value a path points at: a JSON Pointer (RFC 6901) such as `/stats/nodes`, or keys joined by dots such as `stats.nodes`.
 * Undefined where the way ends early; `null` counts as not there. The step `length` of a list is how many items it has.
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

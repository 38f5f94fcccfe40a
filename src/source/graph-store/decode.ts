import type { Field } from "../../sample/field.ts";
import type { AnyValues, SampleType } from "../../sample/sample-type.ts";
import type { Cell, Rows } from "../../store/store.ts";

/** What a result says that cannot be used. Its message continues a sentence about the query. */
export class ResultError extends Error {
  override readonly name = "ResultError";
}

/** The rows of a result by column. */
export const rowsOf = ({ columns, rows }: Rows): readonly Readonly<Record<string, Cell>>[] =>
  rows.map((row) => Object.fromEntries(columns.map((column, n) => [column, row[n] ?? null])));

/**
 * The values in a result whose columns are named as the fields of a sample type. A null is a value that is absent.
 *
 * @param only the field that the last column is, whatever its name
 */
export function valuesOf({ columns: named, rows }: Rows, type: SampleType, only?: string): AnyValues {
  const isNamed = only === undefined || named.at(-1) === only || named.at(-1)?.startsWith(`${only}/`) === true;
  const columns = isNamed ? named : [...named.slice(0, -1), only];
  const last = columns.at(-1) ?? "";
  const [key = "", ...fixed] = last.split("/");
  const field = fieldOf(type, key);
  const open = field.by.length - fixed.length;
  if (open > 0) return splitOf({ columns, rows }, key, [...fixed], open);
  const [row, ...more] = rows;
  if (more.length > 0) throw new ResultError(`returned ${rows.length} rows; expected one, because ${quotedField(key)} is not split`);
  const values: Record<string, unknown> = {};
  columns.forEach((column, n) => {
    const [name = "", ...path] = column.split("/");
    if (fieldOf(type, name).by.length !== path.length)
      throw new ResultError(`returned the column ${JSON.stringify(column)}; expected the field and one value for each of its axes`);
    put(values, [name, ...path], numberOf(row?.[n] ?? null, column));
  });
  return values as AnyValues;
}

/** Rows with one column for each axis, then the number. */
function splitOf({ columns, rows }: Rows, key: string, fixed: readonly string[], axes: number): AnyValues {
  if (columns.length !== axes + 1)
    throw new ResultError(
      `returned ${columns.length} columns; expected ${axes + 1}: one for each axis of ${quotedField(key)}, then the number`,
    );
  // Without a prototype: a name in the data can be that of any property.
  const values: Record<string, unknown> = { [key]: Object.create(null) };
  for (const row of rows) {
    const steps = row.slice(0, axes).map((cell) => (cell === null ? "" : textOf(cell)));
    put(values, [key, ...fixed, ...steps], numberOf(row[axes] ?? null, key));
  }
  return values as AnyValues;
}

function fieldOf({ name, fields }: SampleType, key: string): Field {
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (!field) throw new ResultError(`returned the column ${JSON.stringify(key.slice(0, 80))}; expected a field of ${name}`);
  return field;
}

/** @throws ResultError for what is not a number that is exact */
function numberOf(cell: Cell, column: string): number | undefined {
  if (cell === null) return undefined;
  if (typeof cell === "number") return cell;
  const found =
    typeof cell === "bigint"
      ? "an integer above 2^53"
      : Array.isArray(cell)
        ? "a list"
        : typeof cell === "object"
          ? "a map"
          : `a ${typeof cell}`;
  throw new ResultError(`returned ${found} in the column ${JSON.stringify(column)}; expected a number`);
}

function textOf(cell: Cell): string {
  if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean") return String(cell);
  throw new ResultError("returned a list, a map or an integer above 2^53 as the value of an axis; expected a text");
}

function put(values: Record<string, unknown>, path: readonly string[], number: number | undefined): void {
  if (number === undefined) return;
  let parent = values;
  for (const step of path.slice(0, -1)) parent = (parent[step] ??= Object.create(null)) as Record<string, unknown>;
  const last = path.at(-1) as string;
  parent[last] = ((parent[last] as number | undefined) ?? 0) + number;
}

const quotedField = (key: string): string => `the field ${JSON.stringify(key)}`;

/** Values by graph as values of each field by graph. */
export function byGraph(values: ReadonlyMap<string, Readonly<Record<string, unknown>>>): Record<string, unknown> {
  const split: Record<string, Record<string, unknown>> = {};
  for (const [graph, fields] of values) {
    for (const [field, value] of Object.entries(fields)) {
      const parts = (split[field] ??= Object.create(null) as Record<string, unknown>);
      parts[graph] = value;
    }
  }
  return split;
}

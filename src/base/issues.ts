import type * as z from "zod";
import { expectation } from "./expectation.ts";
import { interpreted, type Interpretations } from "./interpretation.ts";
import { didYouMean, quoted, unknownName } from "./suggest.ts";

export type Path = readonly PropertyKey[];

/** One problem with a value that a schema refused. */
export interface Issue {
  readonly path: Path;
  /** What was expected, what was found, and what may have been meant. */
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly data: T }
  /** All issues, in the schema's order, and the data as it was read. */
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly read?: unknown };

export interface ParseOptions {
  readonly isSecret?: ((path: Path) => boolean) | undefined;
  readonly keys?: string;
  readonly interpretations?: Interpretations | undefined;
}

/**
 * Parses data with a schema and words its issues: never zod's own messages. Messages that a schema gives itself begin with "expected";
 * the value found is added to them.
 *
 * @param options.isSecret whether the value at a path must not be shown; default `isSecretPath`
 * @param options.keys what a key of the data is called; default "setting"
 * @param options.interpretations other readings of values, which are tried where the first does not fit; default: none
 */
export function parse<T>(schema: z.ZodType<T>, data: unknown, options: ParseOptions = {}): Parsed<T> {
  const { interpretations = () => [] } = options;
  const first = schema.safeParse(data, { error: expectation });
  if (first.success) return { ok: true, data: first.data };
  const read = interpreted(schema, data, first.error.issues, interpretations);
  const parsed = read === data ? first : schema.safeParse(read, { error: expectation });
  if (parsed.success) return { ok: true, data: parsed.data };
  return { ok: false, issues: parsed.error.issues.flatMap((issue) => worded(issue, schema, read, options)), read };
}

/** The name that schemas drop silently, because assigning it would change an object's prototype. */
export const RESERVED_NAME = "__proto__";

export const RESERVED_MESSAGE = `the name "${RESERVED_NAME}" is reserved; choose another`;

/** An issue for each reserved name in plain data. Instances of classes are not searched. */
export function reservedNames(data: unknown, path: Path = [], seen = new Set<object>()): readonly Issue[] {
  if (typeof data !== "object" || data === null || seen.has(data)) return [];
  seen.add(data);
  const prototype: unknown = Object.getPrototypeOf(data);
  if (!Array.isArray(data) && prototype !== null && prototype !== Object.prototype) return [];
  return Object.entries(data).flatMap(([key, inner]) =>
    key === RESERVED_NAME ? [{ path: [...path, key], message: RESERVED_MESSAGE }] : reservedNames(inner, [...path, key], seen),
  );
}

/** At most three issues in one line, and how many more there are. @param root what an issue without a path is about */
export function summaryOf(issues: readonly Issue[], root: string): string {
  const shown = issues.slice(0, 3).map(({ path, message }) => `${path.length === 0 ? root : path.map(String).join(".")}: ${message}`);
  return shown.join("; ") + (issues.length > shown.length ? `; and ${issues.length - shown.length} more` : "");
}

/** What may be credentials, a query or a fragment of a URL, however badly it is written: secrets in whatever setting it is. */
const HAS_SECRET = /[:/\\].*@|:\/\/.*[?#]|\?.*=/s;

const SECRET_NAME = /token(?!_file)|passw|secret|credential|authorization|header|cookie|api_?-?key|private|webhook|^body$/i;

/** Whether the name of a setting, or of one around it, says that its value may be a secret. */
export const isSecretPath = (path: Path): boolean => path.some((step) => isSecretName(String(step)));

/** Whether a name, such as a setting's or an environment variable's, says that the value may be a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** A value as messages show it: quoted, or only its kind where it is a list, a map, or may hold a secret. */
export function shownValue(value: unknown, isSecret: boolean): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  switch (typeof value) {
    case "string":
      return isSecret || HAS_SECRET.test(value) ? "text (hidden)" : quoted(value);
    case "number":
    case "boolean":
    case "bigint":
      return isSecret ? `a ${typeof value}` : String(value);
    default:
      return typeof value === "object" ? "a map" : `a ${typeof value}`;
  }
}

function worded(issue: z.core.$ZodIssue, schema: z.ZodType, data: unknown, options: ParseOptions): readonly Issue[] {
  const { isSecret = isSecretPath, keys = "setting" } = options;
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownName(keys, key, known) }));
  }
  if (issue.code === "invalid_key") {
    const [inner] = issue.issues;
    return [{ path, message: `invalid name ${quoted(String(path.at(-1)))}: ${inner?.message ?? "expected another name"}` }];
  }
  if (issue.code === "invalid_element") return [{ path, message: `an entry: ${issue.issues[0]?.message ?? "expected another value"}` }];
  return [{ path, message: withFound(issue, valueAt(data, path), isSecret(path)) }];
}

function withFound({ message, ...issue }: z.core.$ZodIssue, value: unknown, isSecret: boolean): string {
  if (value === undefined) return issue.code === "custom" ? message : `required, but missing; ${message}`;
  // A condition across the parts of a map or a list names them itself.
  const isComplete =
    !message.startsWith("expected") || message.includes("found ") || (issue.code === "custom" && typeof value === "object");
  if (isComplete) return message;
  const meant = issue.code === "invalid_value" && typeof value === "string" ? didYouMean(value, issue.values.map(String)) : "";
  return `${message}${/[,;:(]/.test(message) ? ";" : ","} found ${shownValue(value, isSecret)}${meant}`;
}

/** What data holds at a path; undefined where it holds nothing. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
    data,
  );
}

/** A schema as far as its structure matters here. Not by class: a plug-in may bring another copy of zod. */
interface Definition {
  readonly shape?: Readonly<Record<PropertyKey, z.core.$ZodType>>;
  readonly keyType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  /** Of an enum. */
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly element?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
}

/** The keys that an object schema knows at a path; none where the path leads to something else. */
export function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  let at: Definition | undefined = definitionOf(schema);
  for (const step of path) {
    const inner: z.core.$ZodType | undefined = at?.shape?.[step] ?? at?.valueType ?? at?.element;
    at = inner && definitionOf(inner);
  }
  const closedKeys = at?.keyType && definitionOf(at.keyType).entries;
  return closedKeys ? Object.values(closedKeys).map(String) : Object.keys(at?.shape ?? {});
}

/** Without the wrappers that only say what happens to a value before or after. */
function definitionOf(schema: z.core.$ZodType): Definition {
  // Absent in the schemas of zod 3.
  const { def = {} } = schema as { readonly def?: Definition };
  const inner = def.innerType ?? def.in;
  return inner ? definitionOf(inner) : def;
}

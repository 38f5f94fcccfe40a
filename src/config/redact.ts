import type * as z from "zod";
import { harmless } from "../base/harmless.ts";
import { isSecretPath, type Path } from "../base/issues.ts";
import { builtInKinds } from "../collector/kinds.ts";

/** A configuration without what may be secret. */
export interface Redacted {
  /** Values whose schema says that they are harmless; every other value is replaced by its type, such as `(text)`. */
  readonly data: unknown;
  /** The texts that were replaced, to be removed from other texts as well. */
  readonly hidden: readonly string[];
}

type Schema = z.core.$ZodTypes;

/**
 * Replaces every value that its schema does not mark as harmless: numbers, booleans and the words of a list of words are, texts only where
 * the registry `harmless` has their schema. Settings that the schema does not know are counted.
 *
 * @param schema of a configuration file
 * @param variables names of the environment variables that the value at a path is made of
 */
export function redact(schema: z.ZodType, data: unknown, variables: (path: Path) => readonly string[]): Redacted {
  const hidden: string[] = [];
  const walk = (given: z.core.$ZodType | undefined, value: unknown, path: Path): unknown => {
    const names = variables(path);
    if (names.length > 0) return hide(value, ` from ${names.map((name) => `\${${name}}`).join(", ")}`);
    const found = given && bare(given);
    if (!found || isSecretPath(path)) return hide(value);
    if (isHarmless(found, value)) return value;
    const part = branchOf(found, value);
    const def = part && defOf(part);
    if (def?.type === "object" && isMap(value)) return walkObject(def, value, path);
    if (def?.type === "record" && isMap(value)) return walkRecord(def, value, path);
    if (def?.type === "array" && Array.isArray(value)) return value.map((item, n) => walk(def.element, item, [...path, n]));
    return hide(value);
  };
  const walkObject = (def: z.core.$ZodObjectDef, value: Map, path: Path): unknown => {
    const shape = isSource(path) ? { ...def.shape, ...shapeOfKind(value["kind"]) } : def.shape;
    const known = Object.entries(value).filter(([key]) => Object.hasOwn(shape, key));
    const unknown = Object.entries(value).filter(([key]) => !Object.hasOwn(shape, key));
    // A setting that does not exist may be a secret whose name is missing.
    for (const [key, inner] of unknown) hide([key, inner]);
    const entries = known.map(([key, inner]) => [key, isKind(path, key, inner) ? inner : walk(shape[key], inner, [...path, key])]);
    return { ...Object.fromEntries(entries), ...(unknown.length === 0 ? {} : { "(unknown settings)": unknown.length }) };
  };
  const walkRecord = ({ keyType, valueType }: z.core.$ZodRecordDef, value: Map, path: Path): unknown => {
    const entries = Object.entries(value).map(([key, inner], n) => {
      return [isHarmless(bare(keyType), key) ? key : `(name ${n + 1})`, walk(valueType, inner, [...path, key])];
    });
    return Object.fromEntries(entries);
  };
  const hide = (value: unknown, origin = ""): string => {
    for (const text of textsOf(value)) hidden.push(text);
    return `(${typeOf(value)}${origin})`;
  };
  return { data: walk(schema, data, []), hidden };
}

const defOf = ({ _zod: { def } }: Schema): Schema["_zod"]["def"] => def;

type Map = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Map => typeof value === "object" && value !== null && !Array.isArray(value);

/** Without what only says how a value may be left out, or what is done with it. */
function bare(schema: z.core.$ZodType): Schema {
  const known = schema as Schema;
  if (harmless.has(known)) return known;
  const def = defOf(known);
  if (def.type === "pipe") return bare(def.in);
  if ("innerType" in def) return bare(def.innerType);
  return def.type === "lazy" ? bare(def.getter()) : known;
}

/** Whether a value can be shown: one that its schema accepts, and the schema accepts no free text. */
function isHarmless(schema: Schema, value: unknown): boolean {
  if (value === null) return true;
  const def = defOf(schema);
  if (harmless.has(schema)) return typeof value !== "object" && isAccepted(schema, value);
  if (def.type === "union") {
    const options = def.options.map(bare);
    const isFree = options.some((option) => defOf(option).type === "string" && !harmless.has(option));
    return options.some((option) => isHarmless(option, value) && (!isFree || isWord(option)));
  }
  return (isWord(schema) || ["number", "boolean"].includes(def.type)) && isAccepted(schema, value);
}

const isWord = (schema: Schema): boolean => ["literal", "enum"].includes(defOf(schema).type);

const isAccepted = (schema: Schema, value: unknown): boolean => (schema as unknown as z.ZodType).safeParse(value).success;

/** The schema itself, or the one of several for a map or a list. */
function branchOf(schema: Schema, value: unknown): Schema | undefined {
  const def = defOf(schema);
  if (def.type !== "union") return schema;
  const types = Array.isArray(value) ? ["array"] : ["object", "record"];
  return def.options.map(bare).find((option) => types.includes(defOf(option).type));
}

const isSource = (path: Path): boolean => path.length === 3 && path[0] === "collector" && path[1] === "sources";

const kindOf = (name: unknown) => builtInKinds.find(({ kind }) => kind === name);

/** The name of a built-in kind. Any other is a path or a package. */
const isKind = (path: Path, key: string, value: unknown): boolean => isSource(path) && key === "kind" && kindOf(value) !== undefined;

/** The settings of a built-in kind; of another kind none are known. */
function shapeOfKind(name: unknown): z.core.$ZodShape {
  const kind = kindOf(name);
  const def = kind && defOf(bare(kind.options));
  return def?.type === "object" ? def.shape : {};
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (isMap(value)) return `map of ${Object.keys(value).length}`;
  return typeof value === "string" ? (value === "" ? "empty text" : "text") : typeof value;
}

/** Every text and number in a value. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isMap(value) ? Object.values(value).flatMap(textsOf) : [];
}

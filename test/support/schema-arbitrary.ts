import * as fc from "fast-check";
import type * as z from "zod";

/** What is generated at a path instead of what the schema describes; indices and free names are `*`. */
export type Overrides = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** A schema as far as its structure matters here. */
interface Definition {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
}

/** Names and texts that are refused, changed or escaped somewhere on their way. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z][a-z0-9._-]{0,5}$/) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "a.b",
      "a_b",
      "a-b",
      "1st",
      "__a__",
      "__name__",
      "le",
      "job",
      "vitals.collection.name",
      "a\nb",
      'a"b',
      "a\\",
      "\r",
      "é",
      "字",
      "#",
      "%41",
      "x=y",
      "~",
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
);

/** Input of a schema, by its own shape: most of it valid, some of it at or beyond its bounds. */
export function inputOf(schema: z.core.$ZodType, overrides: Overrides, path = ""): fc.Arbitrary<unknown> {
  const override = overrides[path];
  if (override) return override;
  const definition = (schema as unknown as { readonly def: Definition }).def;
  const { innerType, in: source, shape, element, valueType, options, values, entries } = definition;
  const within = (inner: z.core.$ZodType, step: string): fc.Arbitrary<unknown> =>
    inputOf(inner, overrides, path === "" ? step : `${path}.${step}`);
  switch (definition.type) {
    case "object":
      return fc.record(Object.fromEntries(Object.entries(shape ?? {}).map(([key, inner]) => [key, within(inner, key)])), {
        requiredKeys: Object.entries(shape ?? {}).flatMap(([key, { _zod: internals }]) => (internals.optin === "optional" ? [] : [key])),
      });
    case "array":
      return element ? fc.array(within(element, "*"), { maxLength: 2 }) : fc.constant([]);
    case "record":
      return valueType ? fc.dictionary(hostileText, within(valueType, "*"), { maxKeys: 2 }) : fc.constant({});
    case "union":
      if (isDuration(options ?? [])) return duration;
      return fc.oneof(...(options ?? []).map((each) => inputOf(each, overrides, path)));
    case "literal":
      return fc.constantFrom(...(values ?? []));
    case "enum":
      return fc.constantFrom(...Object.values(entries ?? {}));
    case "boolean":
      return fc.boolean();
    case "number":
      return numberOf(schema as z.ZodNumber);
    case "string":
      return hostileText;
    case "optional":
    case "default":
    case "prefault":
      return innerType ? inputOf(innerType, overrides, path) : fc.constant(undefined);
    case "nullable":
      return innerType
        ? fc.oneof({ weight: 4, arbitrary: inputOf(innerType, overrides, path) }, { weight: 1, arbitrary: fc.constant(null) })
        : fc.constant(null);
    case "pipe":
      return source ? inputOf(source, overrides, path) : fc.constant(undefined);
    default:
      return fc.constantFrom(null, {}, []);
  }
}

const typeOf = (schema: z.core.$ZodType): string => (schema as unknown as { readonly def: Definition }).def.type;

/** Text or a number, which in a configuration is a duration. */
const isDuration = (options: readonly z.core.$ZodType[]): boolean =>
  ["string", "number"].every((type) => options.map(typeOf).includes(type));

const duration = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("10ms", "1s", "1m", "5m", "1h", 500, 60_000) },
  { weight: 1, arbitrary: fc.constantFrom("0s", "-1s", "25d", 5, "x") },
);

function numberOf({ minValue, maxValue, format }: z.ZodNumber): fc.Arbitrary<number> {
  const min = Math.max(minValue ?? 0, -1e6);
  const max = Math.min(maxValue ?? 1e6, 1e6);
  const isInteger = format === "safeint" || format === "int32";
  const inside = fc.integer({ min: 0, max: 1_000 }).map((share) => (isInteger ? Math.round : Number)(min + (share / 1_000) * (max - min)));
  return fc.oneof({ weight: 12, arbitrary: inside }, { weight: 1, arbitrary: fc.constantFrom(min - 1, max * 1.5) });
}

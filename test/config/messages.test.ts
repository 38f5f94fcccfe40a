import { describe, expect, it } from "vitest";
import * as z from "zod";
import { parse } from "../../src/base/issues.ts";
import { builtInKinds } from "../../src/collector/kinds.ts";
import { fileSchema } from "../../src/config/file-schema.ts";
import { testFileOptions } from "../../src/rule-simulation/options.ts";

type Path = readonly (string | number)[];

/** What a schema is made of, whatever its class. */
interface Definition {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly keyType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
}

/** The path of every setting of a schema; `x` stands for any name. */
function* pathsOf(schema: z.core.$ZodType, path: Path = []): Generator<Path> {
  const { shape = {}, valueType, element, options = [], innerType, in: input } = (schema as z.ZodType).def as Definition;
  yield path;
  for (const [key, inner] of Object.entries(shape)) yield* pathsOf(inner, [...path, key]);
  if (valueType) yield* pathsOf(valueType, [...path, "x"]);
  if (element) yield* pathsOf(element, [...path, 0]);
  for (const inner of [...options, innerType, input]) if (inner) yield* pathsOf(inner, path);
}

/** Data with one value at a path, and nothing else. */
const at = ([step, ...rest]: Path, value: unknown): unknown => {
  if (step === undefined) return value;
  return typeof step === "number" ? [at(rest, value)] : { [step]: at(rest, value) };
};

const WRONG: readonly unknown[] = [
  undefined,
  null,
  true,
  "",
  "a b\n",
  "größe",
  "x".repeat(5_000),
  "5",
  "-1s",
  "99d",
  0,
  -1,
  0.5,
  5,
  1e12,
  -1e300,
  Number.NaN,
  [],
  [[]],
  Array.from({ length: 20 }, () => "1m"),
  {},
  { "no name": 1 },
  { größe: {} },
];

/** What zod, or YAML, would say. */
const FOREIGN =
  /\b(Invalid|Too|Unrecognized|Expected|received|record|input|undefined|nullish|regex|object Object|parseAllDocuments)\b|expected (string|boolean|array|object)\b(?!,)/;

/** How our messages start: what is expected, what is unknown, or which setting is wrong and why. */
const OURS =
  /^(required, but missing; )?(expected |unknown |invalid name "|type is required|the |token and |views? |quiet |not allowed|[a-z_/ ]+ (is|are) not supported|[a-z_]+ )/;

const SCHEMAS: readonly (readonly [string, z.ZodType])[] = [
  ["a configuration file", fileSchema],
  ["a file of rule tests", testFileOptions],
  ...builtInKinds.map(({ kind, options }) => [`the source kind ${kind}`, options] as const),
];

describe("the words of every problem that a schema can find", () => {
  it.each(SCHEMAS)("parse words each problem of %s itself: what is expected, and what was found", (_, schema) => {
    const codes = new Set<string>();
    for (const path of new Set([...pathsOf(schema)].map((each) => JSON.stringify(each)))) {
      for (const wrong of WRONG) {
        const data = at(JSON.parse(path) as Path, wrong);
        for (const { code } of schema.safeParse(data).error?.issues ?? []) codes.add(code);
        const parsed = parse(schema, data);
        if (parsed.ok) continue;
        for (const { message } of parsed.issues) {
          const place = `${path} = ${JSON.stringify(wrong)?.slice(0, 60)}: ${message}`;
          expect.soft(FOREIGN.test(message.replaceAll(/"[^"]*"/g, "")) ? place : "ours").toBe("ours");
          expect.soft(OURS.test(message) ? "ours" : place).toBe("ours");
        }
      }
    }
    // That the walk reaches what it is meant to reach.
    if (schema === fileSchema)
      expect([...codes].toSorted()).toEqual(
        expect.arrayContaining([
          "invalid_format",
          "invalid_key",
          "invalid_type",
          "invalid_union",
          "invalid_value",
          "too_big",
          "too_small",
          "unrecognized_keys",
        ]),
      );
  });

  /** Each code that zod has, so that a schema of a custom source kind is worded as well. */
  const EACH: readonly (readonly [code: z.core.$ZodIssue["code"], schema: z.ZodType, data: unknown, message: string])[] = [
    ["invalid_type", z.string(), 5, "expected text, found 5"],
    ["invalid_type", z.date(), 5, "expected a date, found 5"],
    ["invalid_value", z.enum(["gauge", "counter"]), "guage", 'expected gauge or counter, found "guage"; did you mean "gauge"?'],
    ["too_small", z.string().min(3), "ab", 'expected at least 3 characters, found "ab"'],
    ["too_small", z.array(z.number()).length(1), [], "expected exactly 1 entry, found an empty list"],
    ["too_big", z.number().lt(3), 3, "expected less than 3, found 3"],
    ["too_big", z.array(z.number()).max(2), [1, 2, 3], "expected at most 2 entries, found a list"],
    ["not_multiple_of", z.number().multipleOf(5), 7, "expected a multiple of 5, found 7"],
    ["invalid_format", z.string().regex(/^a+$/), "b", 'expected text that matches /^a+$/, found "b"'],
    ["invalid_format", z.string().startsWith("ab"), "b", 'expected text that starts with "ab", found "b"'],
    ["invalid_format", z.string().endsWith("ab"), "b", 'expected text that ends with "ab", found "b"'],
    ["invalid_format", z.string().includes("ab"), "b", 'expected text that contains "ab", found "b"'],
    ["invalid_format", z.string().lowercase(), "B", 'expected text in lower case, found "B"'],
    ["invalid_format", z.url(), "b", 'expected a URL, found "b"'],
    ["invalid_format", z.ipv4(), "b", 'expected text in the format ipv4, found "b"'],
    ["invalid_union", z.union([z.string(), z.number()]), true, "expected text or a number, found true"],
    ["invalid_union", z.union([z.strictObject({ a: z.string() }), z.number()]), true, "expected a map or a number, found true"],
    ["invalid_key", z.record(z.string().min(2), z.number()), { a: 1 }, 'invalid name "a": expected at least 2 characters'],
    ["invalid_element", z.map(z.unknown(), z.number()), new Map([[{}, "b"]]), "an entry: expected a number"],
    ["unrecognized_keys", z.strictObject({ name: z.string().optional() }), { nam: 1 }, 'unknown setting "nam"; did you mean "name"?'],
    ["custom", z.custom<string>(() => false), 5, "expected another value, found 5"],
    ["custom", z.number().refine((value) => value > 5, "expected luck"), 5, "expected luck, found 5"],
  ];

  it.each(EACH)("parse words an issue of code %s", (code, schema, data, message) => {
    expect(schema.safeParse(data).error?.issues.map((issue) => issue.code)).toEqual([code]);
    expect(parse(schema, data)).toMatchObject({ ok: false, issues: [{ message }] });
  });
});

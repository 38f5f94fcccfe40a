import * as z from "zod";

/** What a value of each type of attribute is, and whether one is. */
const TYPES: Readonly<Record<string, readonly [expected: string, holds: (value: unknown) => boolean]>> = {
  string: ["text in quotes", (value) => typeof value === "string"],
  bool: ["true or false", (value) => typeof value === "boolean"],
  int: ["a whole number", (value) => Number.isInteger(value)],
  double: ["a number", (value) => typeof value === "number"],
};

const attribute = z
  .strictObject({
    name: z.string().min(1),
    /** Null, such as an unset variable, for no attribute. */
    value: z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()), z.array(z.number()), z.array(z.boolean())], {
      error: "expected text, a number, true, false, or a list of values of one of these types",
    }),
    /** The type that the value must have. Default: that of the value as it is written. */
    type: z.enum(["string", "bool", "int", "double", "string_array", "bool_array", "int_array", "double_array"]).nullish(),
  })
  .check(({ value: { type, value }, issues }) => {
    if (type == null || value === null) return;
    const [expected, holds] = TYPES[type.replace("_array", "")] as (typeof TYPES)[string];
    const isList = type.endsWith("_array");
    if (isList ? Array.isArray(value) && value.every(holds) : holds(value)) return;
    const message = `expected ${isList ? `a list of values that are ${expected} each` : expected}, because its type is ${type}`;
    issues.push({ code: "custom", message, path: ["value"], input: value });
  });

/** `resource` of OpenTelemetry's declarative configuration. */
export const resourceOptions = z.strictObject({
  attributes: z.array(attribute).nullish(),
  /** Comma-separated `key=value`, percent-encoded, as `OTEL_RESOURCE_ATTRIBUTES`; entries of `attributes` take precedence. */
  attributes_list: z.string().nullish(),
  schema_url: z.string().nullish(),
  /** Ignored, with a warning. */
  "detection/development": z.unknown().optional(),
});

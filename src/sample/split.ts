import * as z from "zod";
import type { Axis, Field } from "./field.ts";
import { splitSchema, type AnyValues, type Fields, type SampleType } from "./sample-type.ts";

/**
 * A sample type in which every field is split by one more axis, the outermost, such as the graph of a store that has several. Its conditions
 * hold for each value of the axis by itself. A total is the sum of its parts for that value.
 */
export function splitBy(type: SampleType, axis: Axis): SampleType {
  const fields = Object.fromEntries(
    Object.entries(type.fields).map(([key, field]): [string, Field] => [key, { ...field, by: [axis, ...field.by] }]),
  );
  const shape = Object.fromEntries(
    Object.entries(fieldSchemas(type)).map(([key, schema]) => [key, splitSchema([axis], schema).optional()]),
  );
  return {
    name: type.name,
    fields,
    schema: z.strictObject(shape) as unknown as SampleType["schema"], // sound: the shape was made from the fields
    checks: type.checks.map((check) => ({
      name: check.name,
      holds: (values) => partsOf(values).every((part) => check.holds(part)),
    })),
  };
}

/** The schema of the value of each field. */
function fieldSchemas({ schema }: SampleType): Record<string, z.ZodType> {
  const { shape } = schema as unknown as z.ZodObject<Record<string, z.ZodOptional<z.ZodType>>>; // sound: every sample type's schema is an object
  return Object.fromEntries(Object.entries(shape).map(([key, each]) => [key, each.unwrap()]));
}

/** The values of each value of the axis, as values of the type before it was split. */
function partsOf(values: AnyValues): readonly AnyValues[] {
  const parts = new Map<string, Record<string, unknown>>();
  for (const [key, split] of Object.entries(values as Readonly<Record<string, Fields | undefined>>)) {
    for (const [name, value] of Object.entries(split ?? {})) {
      const part = parts.get(name) ?? {};
      part[key] = value;
      parts.set(name, part);
    }
  }
  return [...parts.values()] as readonly AnyValues[];
}

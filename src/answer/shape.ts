import * as z from "zod";
import type { NestedRecord } from "../sample/field.ts";
import type { Fields, ValuesOf } from "../sample/sample-type.ts";

/** A read-only list, as the collector returns it. */
export const listOf = <T extends z.ZodType>(item: T): z.ZodReadonly<z.ZodArray<T>> => z.array(item).readonly();

/** A schema of a key that may be absent, but never undefined. */
type Maybe<T extends z.ZodType> = z.ZodType<
  z.output<T>,
  z.input<T>,
  z.core.$ZodTypeInternals<z.output<T>, z.input<T>> & { readonly optin: "optional"; readonly optout: "optional" }
>;

/** A key that may be absent. Like `exactOptional`, which zod has only since 4.3. */
export const maybe = <T extends z.ZodType>(schema: T): Maybe<T> => schema.optional() as unknown as Maybe<T>; // sound: JSON has no undefined

/** A time in UTC. */
export const time = z.iso.datetime();

/** A whole number of at least 0. */
export const count = z.int().min(0);

/** A leaf, or records of leaves as deep as a field has axes, for fields whose axes are not known. */
export function nested<T>(leaf: z.ZodType<T>, description: string): z.ZodType<NestedRecord<T>> {
  // The recursion has to refer to the schema with the description: `describe` makes a new one.
  const here: z.ZodType<NestedRecord<T>> = z
    .union([
      leaf,
      z.record(
        z.string(),
        z.lazy(() => here),
      ),
    ])
    .describe(description);
  return here;
}

/** Leaves by field, for sample types whose fields are not known; any field may be absent. */
export const byField = <T>(leaf: z.ZodType<NestedRecord<T>>): z.ZodType<ValuesOf<Fields, T>> => z.record(z.string(), leaf);

import * as z from "zod";
import type { NestedRecord } from "../sample/field.ts";
import type { Fields, ValuesOf } from "../sample/sample-type.ts";

/** A list that nobody changes: what the collector hands out is read-only. */
export const listOf = <T extends z.ZodType>(item: T): z.ZodReadonly<z.ZodArray<T>> => z.array(item).readonly();

/** A schema of a key that may be absent, but never undefined. */
type Maybe<T extends z.ZodType> = z.ZodType<
  z.output<T>,
  z.input<T>,
  z.core.$ZodTypeInternals<z.output<T>, z.input<T>> & { readonly optin: "optional"; readonly optout: "optional" }
>;

/** A key that may be absent. Like `exactOptional`, which zod has only since 4.3. */
export const maybe = <T extends z.ZodType>(schema: T): Maybe<T> => schema.optional() as unknown as Maybe<T>; // sound: JSON has no undefined

/** A moment in UTC. */
export const time = z.iso.datetime();

/** A number of things. */
export const count = z.int().min(0);

/** One leaf, or records of leaves as deep as a field has axes, where the axes are not known. */
export function nested<T>(leaf: z.ZodType<T>, description: string): z.ZodType<NestedRecord<T>> {
  // What it refers to has to be what has the description: zod makes another schema of it.
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

/** Leaves by field, where the fields are not known; a field may always be absent. */
export const byField = <T>(leaf: z.ZodType<NestedRecord<T>>): z.ZodType<ValuesOf<Fields, T>> => z.record(z.string(), leaf);

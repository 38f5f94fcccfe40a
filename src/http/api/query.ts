import * as z from "zod";
import type { Context } from "hono";
import { DURATION, parseDuration, UNIT_MS } from "../../base/quantity.ts";
import { quoted } from "../../base/suggest.ts";
import { problem } from "./problem.ts";

// Each parameter is text that becomes a value: the first half of its schema says how it is written, the second which values it may
// have. The OpenAPI document describes the second half. A message says what is expected; what was found is added to it.

/** Names separated by commas. */
export const list = z
  .string()
  .max(2_000, "expected at most 2000 characters")
  .transform((text) => text.split(",").filter((name) => name !== ""))
  .pipe(z.array(z.string()));

/** One of these names. */
export const oneOf = <const N extends string>(...names: readonly N[]) => z.enum(names, { error: `expected one of ${names.join(", ")}` });

/** Some of these names, separated by commas. */
export const someOf = <const N extends string>(...names: readonly N[]) =>
  list.pipe(z.array(z.enum(names, { error: `expected some of ${names.join(", ")}` })));

/** A whole number within bounds, in decimal digits. */
export const wholeNumber = (min: number, max: number) => {
  const error = `expected a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, error)
    .transform(Number)
    .pipe(z.int().min(min, error).max(max, error));
};

/** A time in ISO 8601, with its offset from UTC. */
export const timestamp = z.iso
  .datetime({ offset: true, error: "expected a time such as 2026-01-31T12:00:00Z" })
  .transform((text) => new Date(text))
  .pipe(z.date());

const MAX_WINDOW_MS = UNIT_MS.d;

const WINDOW_BOUNDS = "expected a duration such as 5m, at most 1d";

/** A duration above zero. */
export const window = z
  .string()
  .regex(DURATION, WINDOW_BOUNDS)
  .refine((text) => (parseDuration(text) ?? 0) > 0 && (parseDuration(text) ?? 0) <= MAX_WINDOW_MS, WINDOW_BOUNDS);

/** Text of limited length. */
export const text = (maxLength: number) => z.string().max(maxLength, `expected at most ${maxLength} characters`);

export const noQuery = z.strictObject({});

/** The query as its schema says, or the problem that names each wrong parameter. A repeated or unknown parameter is wrong. */
export function parseQuery<T extends z.ZodObject>(c: Context, schema: T): { readonly query: z.output<T> } | { readonly wrong: Response } {
  const given = Object.entries(c.req.queries());
  const known = Object.keys(schema.shape);
  for (const [name, values] of given) {
    if (!known.includes(name)) return wrong(c, `unknown parameter ${quoted(name)}; expected ${known.join(", ") || "no parameter"}`);
    if (values.length > 1) return wrong(c, `${name}: expected one value, found ${values.length}`);
  }
  const query = Object.fromEntries(given.map(([name, [value = ""]]) => [name, value]));
  const parsed = schema.safeParse(query);
  if (parsed.success) return { query: parsed.data };
  const details = parsed.error.issues.map(
    ({ path: [name], message }) => `${String(name)}: ${message}, found ${quoted(query[String(name)] ?? "")}`,
  );
  return wrong(c, [...new Set(details)].join("; "));
}

const wrong = (c: Context, detail: string): { readonly wrong: Response } => ({ wrong: problem(c, "bad-query", detail) });

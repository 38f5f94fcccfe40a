import * as z from "zod";
import type { Context } from "hono";
import { parseDuration } from "../../base/quantity.ts";
import { problem } from "./problem.ts";

// Each parameter is text that becomes a value: the first half says how it is written, the second what it may be. From the second
// half comes what the OpenAPI document says of it.

/** Names joined by commas. */
export const list = z
  .string()
  .max(2_000)
  .transform((text) => text.split(",").filter((name) => name !== ""))
  .pipe(z.array(z.string()));

/** Some of these names, joined by commas. */
export const someOf = <const N extends string>(...names: readonly N[]) =>
  list.pipe(z.array(z.enum(names, { error: `expected some of ${names.join(", ")}` })));

/** A whole number within bounds, written in digits. */
export const wholeNumber = (least: number, most: number) => {
  const error = `expected ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, "expected a whole number")
    .transform(Number)
    .pipe(z.int().min(least, error).max(most, error));
};

/** A moment in ISO 8601, with its offset from UTC. */
export const moment = z.iso
  .datetime({ offset: true, error: "expected a moment such as 2026-01-31T12:00:00Z" })
  .transform((text) => new Date(text))
  .pipe(z.date());

const LONGEST_WINDOW_MS = 86_400_000;

/** A length of time above zero. */
export const window = z
  .string()
  .refine(
    (text) => (parseDuration(text) ?? 0) > 0 && (parseDuration(text) ?? 0) <= LONGEST_WINDOW_MS,
    "expected a length of time such as 5m, up to 1d",
  );

export const noQuery = z.strictObject({});

/** The query as its schema says, or the problem that names each wrong parameter. A parameter given twice, or not known, is wrong. */
export function parseQuery<T extends z.ZodObject>(c: Context, schema: T): { readonly query: z.output<T> } | { readonly wrong: Response } {
  const given = Object.entries(c.req.queries());
  const known = Object.keys(schema.shape);
  for (const [name, values] of given) {
    if (!known.includes(name)) return wrong(c, `${bounded(name)}: no parameter; there is ${known.join(", ") || "none"}`);
    if (values.length > 1) return wrong(c, `${name}: given more than once`);
  }
  const parsed = schema.safeParse(Object.fromEntries(given.map(([name, [value]]) => [name, value])));
  if (parsed.success) return { query: parsed.data };
  const said = new Set(parsed.error.issues.map(({ path: [name], message }) => `${String(name)}: ${message}`));
  return wrong(c, [...said].join("; "));
}

const wrong = (c: Context, detail: string): { readonly wrong: Response } => ({ wrong: problem(c, "bad-query", detail.slice(0, 500)) });

const bounded = (name: string): string => name.slice(0, 60);

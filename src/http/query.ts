import type { Context } from "hono";
import * as z from "zod";
import { problem } from "./problem.ts";

/** Names joined by commas. */
export const list = z
  .string()
  .max(2_000)
  .transform((text) => text.split(",").filter((name) => name !== ""));

/** A whole number within bounds, written in digits. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "expected a whole number")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `expected ${least} to ${most}`);

/** A moment in ISO 8601. */
export const moment = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), "expected a moment such as 2026-01-31T12:00:00Z")
  .transform((text) => new Date(text));

/** The query as its schema says, or the problem that names each wrong parameter. A parameter given twice, or not known, is wrong. */
export function parseQuery<T extends z.ZodType>(c: Context, schema: T): { readonly query: z.output<T> } | { readonly wrong: Response } {
  const given = c.req.queries();
  const repeated = Object.entries(given).find(([, values]) => values.length > 1)?.[0];
  if (repeated !== undefined) return { wrong: problem(c, "bad-query", `${repeated.slice(0, 60)}: given more than once`) };
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(given).map(([name, [value]]) => [name, value])));
  if (parsed.success) return { query: parsed.data };
  const said = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".") || "query"}: ${issue.message}`);
  return { wrong: problem(c, "bad-query", said.join("; ").slice(0, 500)) };
}

import * as z from "zod";
import type { ConfigDocument } from "./document.ts";
import { didYouMean } from "../base/suggest.ts";

/** Notes every issue a schema found, in our words: what was expected, what was found, where, and what may have been meant. */
export function noteIssues(document: ConfigDocument, error: z.core.$ZodError, schema: z.ZodType, base: readonly PropertyKey[] = []): void {
  for (const issue of error.issues) {
    const path = [...base, ...issue.path];
    if (issue.code !== "unrecognized_keys") document.note("error", path, wordsOf(issue) + meant(issue, document, path));
    else for (const key of issue.keys) document.note("error", [...path, key], unknownKey(key, keysAt(schema, issue.path)));
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  return `expected one of ${known.join(", ")}; found another name${didYouMean(key, known)}`;
}

/** The word that was meant where only some are allowed; the one that is there is not repeated. */
function meant(issue: z.core.$ZodIssue, document: ConfigDocument, path: readonly PropertyKey[]): string {
  const written = issue.code === "invalid_value" ? document.dataAt(path) : undefined;
  return issue.code === "invalid_value" && typeof written === "string" ? didYouMean(written, issue.values.map(String)) : "";
}

/** zod says "Invalid input: expected number, received string"; a value is never repeated, because it may be a secret. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `expected ${issue.values.map(String).join(" or ")}, found something else`;
  return issue.message
    .replace(/^Invalid input: /, "")
    .replace("received", "found")
    .replace("expected undefined", "expected nothing");
}

/** The keys an object schema knows at a path; none where the path leads to something else. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: z.ZodType | undefined = schema;
  for (const step of path) at = at && inner(bare(at), step);
  const end = at && bare(at);
  return end instanceof z.ZodObject ? Object.keys(end.shape) : [];
}

/** Without the wrappers that say what happens to a value before or after. */
function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return bare(schema.in as z.ZodType);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return bare(schema.unwrap() as z.ZodType);
  }
  return schema;
}

function inner(schema: z.ZodType, step: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, z.ZodType>)[step];
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return schema instanceof z.ZodArray ? (schema.element as z.ZodType) : undefined;
}

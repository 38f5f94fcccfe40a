import type * as z from "zod";
import { alternatives, quoted } from "./suggest.ts";

/** zod's error map: what a schema that names no expectation of its own expected. One form for each code that zod has. */
export function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${NOUNS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${alternatives(issue.values.map(String))}`;
    case "too_small":
      return `expected ${amount(issue.origin, issue.exact ? "exactly" : issue.inclusive === false ? "more than" : "at least", issue.minimum)}`;
    case "too_big":
      return `expected ${amount(issue.origin, issue.exact ? "exactly" : issue.inclusive === false ? "less than" : "at most", issue.maximum)}`;
    case "not_multiple_of":
      return `expected a multiple of ${issue.divisor}`;
    case "invalid_format":
      return `expected ${formatted(issue)}`;
    case "invalid_union":
      return unionExpectation(issue.errors);
    case "invalid_element":
      return `expected another value for ${quoted(String(issue.key))}`;
    case "invalid_key":
      return "expected another name";
    case "unrecognized_keys":
      return `expected no ${alternatives(issue.keys.map(quoted))}`;
    default:
      return "expected another value";
  }
}

/** What a text should look like. */
function formatted({ format, pattern = "a pattern", ...rest }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidStringFormat>): string {
  const part = (value: unknown): string => (typeof value === "string" ? quoted(value) : "a certain text");
  switch (format) {
    case "regex":
      return `text that matches ${pattern}`;
    case "starts_with":
      return `text that starts with ${part(rest["prefix"])}`;
    case "ends_with":
      return `text that ends with ${part(rest["suffix"])}`;
    case "includes":
      return `text that contains ${part(rest["includes"])}`;
    default:
      return FORMATS[format] ?? `text in the format ${format}`;
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
  tuple: "a list",
  null: "nothing",
  undefined: "nothing",
  void: "nothing",
  never: "nothing",
  nan: "NaN",
  bigint: "a whole number",
  date: "a date",
  map: "a map",
  set: "a list",
  function: "a function",
};

const FORMATS: Readonly<Record<string, string>> = {
  url: "a URL",
  email: "an email address",
  uuid: "a UUID",
  datetime: "an ISO 8601 time",
  lowercase: "text in lower case",
  uppercase: "text in upper case",
};

/** Words for what is counted where a value is too small or too large. */
const COUNTED: Readonly<Record<string, string>> = {
  string: "character",
  array: "entry",
  set: "entry",
  map: "entry",
  object: "entry",
  file: "byte",
};

function amount(origin: string, limit: string, bound: number | bigint): string {
  const counted = COUNTED[origin];
  if (counted === undefined) return `${limit} ${bound}`;
  return `${limit} ${bound} ${Number(bound) === 1 ? counted : counted === "entry" ? "entries" : `${counted}s`}`;
}

/** `expected text or a number`, where each alternative says in one word what it wants. */
function unionExpectation(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  const wanted = errors.flatMap(([first, ...others]) =>
    first && others.length === 0 && first.path.length === 0 ? [first.message.replace(/^expected /, "")] : [],
  );
  return wanted.length === errors.length && wanted.length > 0 ? `expected ${alternatives(new Set(wanted))}` : "expected another form";
}

import { shownValue } from "../../base/issues.ts";
import { conversion } from "../../base/quantity.ts";
import { alternatives, quoted } from "../../base/suggest.ts";
import type { Field } from "../../sample/field.ts";
import type { FieldMapping } from "./field-mapping.ts";

/** A number of a response in the unit of its field, or why there is none. */
export type Converted = { readonly value: number } | { readonly problem: string };

/** A number as text, in decimal notation, with or without a percent sign. */
const NUMBER = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*(%?)$/i;

/** A time by ISO 8601 with an offset: without one it would depend on the time zone of this machine. */
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d))?$/i;

/** Larger numbers, taken as seconds, are after the year 5000: they are milliseconds or less. */
const LATEST_UNIX_SECONDS = 1e11;

/** A factor that is exact where the number is divided instead, as by 1000. */
export function scaledBy(value: number, factor: number): number {
  const divisor = Math.round(1 / factor);
  return factor < 1 && 1 / divisor === factor ? value / divisor : value * factor;
}

/** Converts one value of a response. @param wallMs the time now, of which ages are measured */
export function toNumber(raw: unknown, mapping: FieldMapping, field: Field, wallMs: number): Converted {
  const converted = convert(raw, mapping, field, wallMs);
  return "problem" in converted ? converted : withinBounds(converted.value, field);
}

function convert(raw: unknown, mapping: FieldMapping, field: Field, wallMs: number): Converted {
  if (mapping.map) return mapped(raw, mapping.map);
  if (mapping.as === "age") return ageOf(raw, mapping, wallMs);
  const number = typeof raw === "string" ? fromText(raw, mapping, field) : { value: fromScalar(raw) };
  if ("problem" in number) return number;
  if (number.value === undefined) return { problem: `expected a number, found ${shownValue(raw, false)}` };
  return { value: scaledBy(number.value, mapping.factor) };
}

function mapped(raw: unknown, map: Readonly<Record<string, number>>): Converted {
  const isScalar = typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean";
  const value = isScalar && Object.hasOwn(map, String(raw)) ? map[String(raw)] : undefined;
  return value === undefined ? { problem: `expected ${alternatives(Object.keys(map))}, found ${shownValue(raw, false)}` } : { value };
}

function fromScalar(raw: unknown): number | undefined {
  if (typeof raw === "boolean") return raw ? 1 : 0;
  return typeof raw === "number" ? raw : undefined;
}

/** A number as text. A percent sign is a unit, so it is converted unless the mapping or the field says that the number is in percent. */
function fromText(
  text: string,
  { unit, isScaled }: FieldMapping,
  field: Field,
): { readonly value: number | undefined } | { readonly problem: string } {
  const [, digits, sign] = NUMBER.exec(text.trim()) ?? [];
  if (digits === undefined) return { value: undefined };
  const number = Number(digits);
  if (sign === "" || unit === "%" || isScaled) return { value: number };
  const factor = unit === undefined ? conversion("%", field.unit) : undefined;
  return factor === undefined
    ? { problem: `expected a number in ${quoted(unit ?? field.unit)}, found ${shownValue(text, false)}` }
    : { value: scaledBy(number, factor) };
}

function ageOf(raw: unknown, { unit, factor }: FieldMapping, wallMs: number): Converted {
  const unixMs = unixMsOf(raw, unit);
  return typeof unixMs === "string" ? { problem: unixMs } : { value: scaledBy((wallMs - unixMs) / 1_000, factor) };
}

/** The time in milliseconds since 1970, or the problem with it. */
function unixMsOf(raw: unknown, unit: string | undefined): number | string {
  const digits = typeof raw === "string" ? NUMBER.exec(raw.trim()) : undefined;
  const number = typeof raw === "number" ? raw : digits && digits[2] === "" ? Number(digits[1]) : undefined;
  if (number !== undefined) {
    if (unit === undefined && number > LATEST_UNIX_SECONDS)
      return `expected a Unix time in seconds, found ${shownValue(raw, false)}; set unit to ms, us or ns if it is in one of them`;
    return scaledBy(number, conversion(unit ?? "s", "ms") ?? 1_000);
  }
  const unixMs = typeof raw === "string" && TIME.test(raw.trim()) ? Date.parse(raw.trim().replace(",", ".")) : Number.NaN;
  return Number.isNaN(unixMs) ? `expected a Unix time, or an ISO 8601 time with an offset, found ${shownValue(raw, false)}` : unixMs;
}

function withinBounds(value: number, { min, max }: Field): Converted {
  if (!Number.isFinite(value)) return { problem: "expected a finite number, found one beyond 1e308" };
  if (value < min) return { problem: `expected at least ${min}, found ${value}` };
  return value > max ? { problem: `expected at most ${max}, found ${value}` } : { value };
}

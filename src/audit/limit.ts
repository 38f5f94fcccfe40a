import { parseDuration, quantity } from "../base/quantity.ts";
import { quoted, unknownName } from "../base/suggest.ts";
import { fieldOf, ITEMS, type Item } from "./items.ts";

/** What a number of an audit may be. */
export interface Limit {
  readonly item: Item;
  readonly bound: "min" | "max";
  /** In the unit of the item. */
  readonly value: number;
  /** As it was written, such as `max orphans=10`. */
  readonly text: string;
}

/**
 * A limit that is written as `name=number`: a count, a share such as `5%` or `0.05`, or a length of time such as `30d`.
 *
 * @returns the limit, or what is wrong with the text
 */
export function parseLimit(bound: Limit["bound"], text: string): Limit | string {
  const [, name, number = ""] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined) return `expected NAME=NUMBER, such as orphans=10, found ${quoted(text)}`;
  const item = ITEMS.find((each) => each.name === name);
  if (!item) return unknownName("number", name, NAMES);
  const value = numberOf(item, number);
  if (value === undefined) return `${name}: expected ${expectedOf(item)}, found ${quoted(number)}`;
  return { item, bound, value, text: `${bound} ${text}` };
}

const NAMES = ITEMS.map(({ name }) => name);

function numberOf(item: Item, text: string): number | undefined {
  const { unit, max } = fieldOf(item);
  if (unit === "s") return secondsOf(parseDuration(text));
  const [, digits, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text) ?? [];
  if (digits === undefined || (percent === "%" && max !== 1)) return undefined;
  const value = percent === "%" ? Number((Number(digits) / 100).toPrecision(15)) : Number(digits);
  return value <= max ? value : undefined;
}

const secondsOf = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

function expectedOf(item: Item): string {
  const { unit, max } = fieldOf(item);
  if (unit === "s") return "a length of time such as 30d";
  return max === 1 ? "a share such as 5% or 0.05" : "a number";
}

/** How a measured number compares with a limit. */
export interface LimitResult {
  readonly limit: Limit;
  readonly isKept: boolean;
  /** Why it is not kept; absent where it is. */
  readonly problem?: string;
}

/** Compares a number with a limit. A number that was not measured keeps no limit: nothing is known about it. */
export function compare(limit: Limit, measured: { readonly value?: number; readonly reason?: string }): LimitResult {
  const { item, bound, value: allowed } = limit;
  const { value, reason = "no value" } = measured;
  if (value === undefined) return { limit, isKept: false, problem: `not measured: ${reason}` };
  if (bound === "max" ? value <= allowed : value >= allowed) return { limit, isKept: true };
  const shown = (number: number): string => quantity(number, fieldOf(item).unit, { max: fieldOf(item).max, isExact: number === allowed });
  return { limit, isKept: false, problem: `${shown(value)}, ${bound === "max" ? "more" : "less"} than ${shown(allowed)}` };
}

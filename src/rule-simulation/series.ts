import { OUTCOMES, type Outcome } from "../sample/outcome.ts";
import { alternatives, didYouMean, quoted } from "../base/suggest.ts";

/** No sample at a tick, as when the collector does not run. */
export const SILENT = "silent";
/** The tick succeeds, but the field was not measured. */
export const GAP = "_";

/** One tick of a series: the field's value, a gap, or the outcome of the whole tick. */
export type Item = number | typeof GAP | typeof SILENT | Outcome;

export type ParsedSeries = { readonly ok: true; readonly items: readonly Item[] } | { readonly ok: false; readonly message: string };

/** Limit on the ticks of a series: the maximum that a buffer retains. */
export const MAX_TICKS = 100_000;

const WORDS: readonly string[] = [GAP, SILENT, ...OUTCOMES];

const NUMBER = String.raw`(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const TIMES = String.raw`(?:\s*x\s*(\d+))?(?=\s|$)`;

/** A number, optionally with a step, or a word; then a count: `0.5`, `0.5x30`, `0+10x60`, `failed x3`. */
const ENTRY = new RegExp(String.raw`^(?:([+-]?${NUMBER})([+-]${NUMBER})?|(_|[a-z]+?))${TIMES}`, "i");
/** Entries in parentheses, then a count. */
const GROUP = new RegExp(String.raw`^\(([^()]*)\)${TIMES}`);

/**
 * Expands a series to one item per tick:
 * - `0.5` one tick, `0.5x30` thirty ticks
 * - `0+10x60` sixty numbers starting at 0, each 10 larger; `100-1x60` each 1 smaller
 * - `_` not measured, `failed`, `timeout`, `invalid`, `rejected`, `missed`, `waiting`, `success`, or `silent` for no sample; each with an optional
 *   count, as in `failed x10`
 * - `(0.5x20 0.9x10)x6` the group six times
 *
 * Never throws.
 */
export function parseSeries(text: string): ParsedSeries {
  const items: Item[] = [];
  let rest = text.trimStart();
  if (rest === "") return { ok: false, message: "expected a series such as 0.5x30 0.9x60, found an empty text" };
  while (rest !== "") {
    const taken = rest.startsWith("(") ? takeGroup(rest, items) : takeEntry(rest, items);
    if (typeof taken === "string") return { ok: false, message: taken };
    rest = rest.slice(taken).trimStart();
  }
  return { ok: true, items };
}

/** Appends the items of the entry at the start of a text. @returns the entry's length, or the problem with it */
function takeEntry(text: string, items: Item[]): number | string {
  const match = ENTRY.exec(text);
  const problem = match
    ? problemOf(match, MAX_TICKS - items.length)
    : `expected a number or a word with a count, such as 0.5x30${meant(text)}`;
  if (!match || problem !== undefined) return `invalid entry ${quoted(text.split(/\s/, 1)[0] ?? "")}: ${problem}`;
  const [whole, first, step, word, times] = match;
  const count = Number(times ?? 1);
  for (let n = 0; n < count; n += 1) items.push(word === undefined ? Number(first) + Number(step ?? 0) * n : (word as Item));
  return whole.length;
}

/** Appends the items of the group at the start of a text. @returns the group's length, or the problem with it */
function takeGroup(text: string, items: Item[]): number | string {
  const match = GROUP.exec(text);
  if (!match)
    return `invalid group ${quoted(text)}: expected entries in parentheses, without a nested group, and a count, such as (0.5x20 0.9x10)x6`;
  const [whole, inner = "", times] = match;
  const group = parseSeries(inner);
  if (!group.ok) return group.message;
  const count = Number(times ?? 1);
  if (count === 0) return "expected a count of at least 1";
  if (count * group.items.length > MAX_TICKS - items.length) return `expected at most ${MAX_TICKS} ticks in total, found more`;
  for (let n = 0; n < count; n += 1) for (const item of group.items) items.push(item);
  return whole.length;
}

function problemOf([, first, step, word, times]: RegExpExecArray, room: number): string | undefined {
  if (word !== undefined && !WORDS.includes(word)) return `expected a number, ${alternatives(WORDS)}${didYouMean(word, WORDS)}`;
  if (step !== undefined && times === undefined) return "expected a count after the step, such as 0+10x60";
  const count = Number(times ?? 1);
  if (count === 0) return "expected a count of at least 1";
  if (count > room) return `expected at most ${MAX_TICKS} ticks in total, found more`;
  const last = Number(first ?? 0) + Number(step ?? 0) * (count - 1);
  return Number.isFinite(last) ? undefined : "expected finite numbers";
}

function meant(text: string): string {
  const word = /^[a-z]+/i.exec(text)?.[0];
  return word === undefined ? "" : didYouMean(word, WORDS);
}

import { OUTCOMES, type Outcome } from "../sample/outcome.ts";
import { didYouMean } from "../base/suggest.ts";

/** No sample at all at a tick, as when nothing runs. */
export const SILENT = "silent";
/** The tick succeeds, but this was not measured. */
export const GAP = "_";

/** What a series says of one tick: a number, a gap, or what became of the tick as a whole. */
export type Item = number | typeof GAP | typeof SILENT | Outcome;

export type ParsedSeries = { readonly ok: true; readonly items: readonly Item[] } | { readonly ok: false; readonly message: string };

/** Most ticks of a series: what a buffer retains at most. */
export const MOST_TICKS = 100_000;

const WORDS: readonly string[] = [GAP, SILENT, ...OUTCOMES];

const NUMBER = String.raw`(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const TIMES = String.raw`(?:\s*x\s*(\d+))?(?=\s|$)`;

/** A number or a word, for a number a step, then how often: `0.5`, `0.5x30`, `0+10x60`, `failed x3`. */
const ENTRY = new RegExp(String.raw`^(?:([+-]?${NUMBER})([+-]${NUMBER})?|(_|[a-z]+?))${TIMES}`, "i");
/** Entries in parentheses, then how often. */
const GROUP = new RegExp(String.raw`^\(([^()]*)\)${TIMES}`);

/**
 * Expands a series, one item a tick:
 * - `0.5` once, `0.5x30` thirty times
 * - `0+10x60` sixty numbers from 0 on, each 10 more; `100-1x60` each 1 less
 * - `_` not measured, `failed`, `timeout`, `invalid`, `rejected`, `missed`, `success`, or `silent` for no sample at all; each also with
 *   a count, as in `failed x10`
 * - `(0.5x20 0.9x10)x6` all of it six times
 *
 * Never throws.
 */
export function parseSeries(text: string): ParsedSeries {
  const items: Item[] = [];
  let rest = text.trimStart();
  if (rest === "") return { ok: false, message: "expected a series such as 0.5x30 0.9x60, found none" };
  while (rest !== "") {
    const taken = rest.startsWith("(") ? takeGroup(rest, items) : takeEntry(rest, items);
    if (typeof taken === "string") return { ok: false, message: taken };
    rest = rest.slice(taken).trimStart();
  }
  return { ok: true, items };
}

/** Both append what the text begins with; the length of that, or what is wrong with it. */
function takeEntry(text: string, items: Item[]): number | string {
  const match = ENTRY.exec(text);
  const slip = match ? slipIn(match, MOST_TICKS - items.length) : `expected a number or a word with a count, such as 0.5x30${meant(text)}`;
  if (!match || slip !== undefined) return `entry "${text.split(/\s/, 1)[0]?.slice(0, 40)}": ${slip}`;
  const [whole, first, step, word, times] = match;
  const count = Number(times ?? 1);
  for (let n = 0; n < count; n += 1) items.push(word === undefined ? Number(first) + Number(step ?? 0) * n : (word as Item));
  return whole.length;
}

function takeGroup(text: string, items: Item[]): number | string {
  const match = GROUP.exec(text);
  if (!match)
    return `group "${text.slice(0, 40)}": expected entries in parentheses, no group inside, and a count, such as (0.5x20 0.9x10)x6`;
  const [whole, inner = "", times] = match;
  const group = parseSeries(inner);
  if (!group.ok) return group.message;
  const count = Number(times ?? 1);
  if (count === 0) return "expected a count of at least 1";
  if (count * group.items.length > MOST_TICKS - items.length) return `expected at most ${MOST_TICKS} ticks in all, found more`;
  for (let n = 0; n < count; n += 1) for (const item of group.items) items.push(item);
  return whole.length;
}

function slipIn([, first, step, word, times]: RegExpExecArray, room: number): string | undefined {
  if (word !== undefined && !WORDS.includes(word)) return `expected a number or one of ${WORDS.join(", ")}${didYouMean(word, WORDS)}`;
  if (step !== undefined && times === undefined) return "expected a count after the step, such as 0+10x60";
  const count = Number(times ?? 1);
  if (count === 0) return "expected a count of at least 1";
  if (count > room) return `expected at most ${MOST_TICKS} ticks in all, found more`;
  const last = Number(first ?? 0) + Number(step ?? 0) * (count - 1);
  return Number.isFinite(last) ? undefined : "expected numbers that are not beyond all bounds";
}

function meant(text: string): string {
  const word = /^[a-z]+/i.exec(text)?.[0];
  return word === undefined ? "" : didYouMean(word, WORDS);
}

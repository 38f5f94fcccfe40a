import { UNIT_MS } from "../../base/quantity.ts";

/** How finely the times of writes are known, in milliseconds: a store returns which parts of an hour had one. */
export const SLOT_MS = 10 * UNIT_MS.m;

/** How far back the pauses between writes are examined, from the newest write on. */
const HISTORY_MS = 14 * UNIT_MS.d;
/** How far back writes are read: two weeks before the newest one, if that is at most two weeks ago. */
export const SINCE_MS = 2 * HISTORY_MS;

const WEEK_MS = 7 * UNIT_MS.d;
const HOURS_IN_WEEK = 168;

/** The shortest usual pause: a store that is written all the time may be interrupted for as long. */
const SHORTEST_MS = 15 * UNIT_MS.m;
/** The shortest usual pause while the habits of a whole week are not known: a weekend is no surprise then. */
const SHORTEST_AT_FIRST_MS = UNIT_MS.d;

/** One pause in as many is taken for an exception, such as a holiday or an outage, if it is the longest. */
const EXCEPTION_IN = 200;

/** How long nothing was written, against what is usual. */
export interface Silence {
  /** The usual longest pause between two writes. Milliseconds. */
  readonly usualMs: number;
  /** The pause since the newest write, as a multiple of the usual one. */
  readonly ratio: number;
}

/**
 * Compares the pause since the newest write with the pauses before it. Time is counted only in the hours of the week in which something was
 * written in the two weeks before the newest write, so that a night or a weekend is as short as it is in the habits of the writers. Where
 * less than a week is known, all time is counted.
 *
 * @param slots numbers of the slots of `SLOT_MS` since the Unix epoch that had a write, in any order
 * @param newestMs Unix time of the newest write
 */
export function silenceOf(slots: readonly number[], newestMs: number, nowMs: number): Silence {
  const newest = Math.floor(newestMs / SLOT_MS);
  const known = [...new Set([...slots, newest])]
    .filter((slot) => slot <= newest && slot > newest - HISTORY_MS / SLOT_MS)
    .toSorted((a, b) => a - b);
  const oldestMs = (known[0] ?? newest) * SLOT_MS;
  const isWeekKnown = newestMs - oldestMs >= WEEK_MS;
  const count = isWeekKnown ? activeTime(known) : (fromMs: number, toMs: number): number => toMs - fromMs;
  const pauses = known.slice(1).map((slot, n) => count((known[n] ?? slot) * SLOT_MS, slot * SLOT_MS));
  const longest = pauses.toSorted((a, b) => b - a)[Math.floor(pauses.length / EXCEPTION_IN)] ?? 0;
  const usualMs = Math.max(longest, isWeekKnown ? SHORTEST_MS : SHORTEST_AT_FIRST_MS);
  return { usualMs, ratio: Math.max(0, count(newestMs, Math.max(newestMs, nowMs))) / usualMs };
}

/** Measures time in the hours of the week that have a slot. */
function activeTime(slots: readonly number[]): (fromMs: number, toMs: number) => number {
  const hours = new Set(slots.map((slot) => Math.floor((slot * SLOT_MS) / UNIT_MS.h) % HOURS_IN_WEEK));
  return (fromMs, toMs) => {
    const weeks = Math.floor((toMs - fromMs) / WEEK_MS);
    let sum = weeks * hours.size * UNIT_MS.h;
    for (let atMs = fromMs + weeks * WEEK_MS; atMs < toMs;) {
      const hour = Math.floor(atMs / UNIT_MS.h);
      const endMs = Math.min(toMs, (hour + 1) * UNIT_MS.h);
      if (hours.has(hour % HOURS_IN_WEEK)) sum += endMs - atMs;
      atMs = endMs;
    }
    return sum;
  };
}

import { duration } from "../base/quantity.ts";

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** How long ago something was, in whole seconds: `3m 58s`. */
export const ageText = (ms: number): string => duration(Math.floor(ms / 1_000) * 1_000);

/** A time on the user's clock, with the date unless it is today. */
export function clockTime(ms: number, nowMs: number): string {
  const time = CLOCK.format(ms);
  return DAY.format(ms) === DAY.format(nowMs) ? time : `${DAY.format(ms)} ${time}`;
}

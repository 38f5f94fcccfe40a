import type { PauseReport } from "../answer/collection.ts";
import { byText } from "../base/pauser.ts";
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

/** `paused since 12:03:05 by Ada (10.0.0.7)`; a collector of an older version reports no pause. */
export const pausedSince = (pause: PauseReport | undefined, nowMs: number): string =>
  pause ? `paused since ${clockTime(Date.parse(pause.since), nowMs)}${byText(pause)}` : "paused";

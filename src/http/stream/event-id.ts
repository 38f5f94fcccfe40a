import type { Collector } from "../../collector.ts";

/** `id` of an event: the same number means another event after a restart, so the boot is part of it. */
export const eventId = (bootId: string, seq: number): string => `${bootId}-${seq}`;

/** Where a client goes on: after a number, or afresh, told why when it asked for something else. */
export type ResumePoint = { readonly after: number } | { readonly afresh: ResetReason | undefined };

export type ResetReason = "the collector has been restarted" | "the resume point is no longer kept";

/** What the last id that a client has comes to. */
export function resumePoint(lastEventId: string | undefined, { bootId, journal }: Pick<Collector, "bootId" | "journal">): ResumePoint {
  if (lastEventId === undefined || lastEventId === "") return { afresh: undefined };
  const at = lastEventId.lastIndexOf("-");
  const digits = lastEventId.slice(at + 1);
  if (lastEventId.slice(0, at) !== bootId || !/^\d{1,15}$/.test(digits)) return { afresh: "the collector has been restarted" };
  return journal.reaches(Number(digits)) ? { after: Number(digits) } : { afresh: "the resume point is no longer kept" };
}

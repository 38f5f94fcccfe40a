import { Journal, type Entry } from "../../src/journal/journal.ts";

export interface Event {
  readonly text: string;
}

/** Appends and commits one event. @returns its number */
export function add(journal: Journal<Event>, text: string): number {
  journal.append({ text });
  journal.commit();
  return journal.head;
}

export const numbers = (entries: readonly Entry<Event>[] | undefined): readonly number[] | undefined => entries?.map(({ seq }) => seq);

/** An encoding whose size is known: the limit counts only the text. */
export const small = (maxBytes: number): Journal<Event> => new Journal<Event>({ maxBytes, encode: ({ text }) => text });

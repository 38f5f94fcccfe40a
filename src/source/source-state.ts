import * as z from "zod";
import { elapsedMs, type Clock } from "../base/clock.ts";

/** What a source needs after a restart. */
export const savedSource = z.object({
  state: z.json(),
  /** Milliseconds that had passed since the source itself saved it: more than none if it has not been opened since. */
  ageMs: z.number(),
});
export type SavedSource = z.output<typeof savedSource>;

/** The part of a source kind that its state is about. */
export interface StatefulKind {
  /** As in `SourceKind`. @param connection the open connection */
  saveState?(connection: never): unknown;
  /** As in `SourceKind`. @param connection the connection, just opened @param state as it was saved @param ageMs milliseconds since then */
  restoreState?(connection: never, state: unknown, ageMs: number): void;
}

/** Saves and restores the state of a source's connection, which may not be open when it is to be restored. */
export class SourceState {
  readonly #kind: StatefulKind;
  readonly #clock: Clock;
  /** The open connection; undefined before the first. */
  #connection: { readonly value: unknown } | undefined;
  /** What an earlier process saved, until there is a connection. */
  #waiting: { readonly state: SavedSource["state"]; readonly atMs: number } | undefined;

  constructor(kind: StatefulKind, clock: Clock) {
    this.#kind = kind;
    this.#clock = clock;
  }

  save(): SavedSource | undefined {
    if (this.#waiting) return { state: this.#waiting.state, ageMs: elapsedMs(this.#clock) - this.#waiting.atMs };
    if (!this.#connection || !this.#kind.saveState) return undefined;
    return { state: this.#kind.saveState(this.#connection.value as never) as SavedSource["state"], ageMs: 0 };
  }

  /** @param savedMs when it was saved, on the clock that runs on during suspensions */
  restore({ state, ageMs }: SavedSource, savedMs: number): void {
    this.#waiting = { state, atMs: savedMs - ageMs };
  }

  /** A connection was opened. */
  opened(value: unknown): void {
    this.#connection = { value };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) this.#kind.restoreState?.(value as never, waiting.state, elapsedMs(this.#clock) - waiting.atMs);
  }
}

import { ApiError } from "./api.ts";
import type { Range } from "./columns.ts";
import type { Loader } from "./loader.ts";
import { UNIT_MS } from "../base/quantity.ts";
import { after, type Cancel } from "./timer.ts";

/** Time between two polls of what the stream does not carry; every third poll includes the reports of the collections. */
const POLL_MS = 5_000;
const REPORTS_EVERY = 3;

/** Requested beyond the end of a range: the collector's clock can be ahead of the estimate. */
const MARGIN_MS = UNIT_MS.m;

const UNAUTHORIZED = 401;

export interface PollingEvents {
  /** The ranges that need samples: first that of the present, then any other that is shown. */
  neededRanges(): readonly Range[];
  /** A poll ended, with or without success. */
  settled(): void;
  signedOut(): void;
}

type LoaderOfPolls = Pick<Loader, "current" | "reports" | "history" | "samples">;

/** Completes the model beside the stream: history, what the stream does not carry, and every sample in the shown range. */
export class Polling {
  readonly #loader: LoaderOfPolls;
  readonly #events: PollingEvents;
  /** Every sample since then is in the model. */
  #loadedFromMs = Number.POSITIVE_INFINITY;
  /** Fresh starts of the stream; the history is loaded once after each. */
  #starts = 0;
  #startsLoaded = 0;
  #polls = 0;
  #isLoading = false;
  /** When to poll after the one under way, in milliseconds; undefined: not at all. */
  #thenMs: number | undefined;
  #next: Cancel = () => {};

  constructor(loader: LoaderOfPolls, events: PollingEvents) {
    this.#loader = loader;
    this.#events = events;
  }

  /** Loads the history again, because the stream started afresh. */
  reload(): void {
    this.#starts += 1;
    this.pollIn(0);
  }

  /** Polls in so many milliseconds, but not before a poll that is under way has ended, and from then on regularly. */
  pollIn(ms: number): void {
    if (this.#isLoading) {
      this.#thenMs = Math.min(ms, this.#thenMs ?? POLL_MS);
      return;
    }
    this.#next();
    this.#next = after(ms, () => this.#poll());
  }

  stop(): void {
    this.#next();
    this.#thenMs = undefined;
  }

  /** Loads the samples that the shown range lacks. Never rejects: what fails is requested again with the next selection or start. */
  async loadSamples(): Promise<void> {
    await this.#samples().catch(() => undefined);
    this.#events.settled();
  }

  #poll(): void {
    if (this.#starts === 0) return this.pollIn(POLL_MS);
    this.#isLoading = true;
    this.#thenMs = POLL_MS;
    void this.#load()
      .catch((error: unknown) => {
        // The stream reports every other failure, and the next poll retries.
        if (error instanceof ApiError && error.status === UNAUTHORIZED) this.#events.signedOut();
      })
      .finally(() => {
        this.#isLoading = false;
        if (this.#thenMs !== undefined) this.pollIn(this.#thenMs);
        this.#events.settled();
      });
  }

  async #load(): Promise<void> {
    this.#polls += 1;
    await this.#loader.current();
    if (this.#polls % REPORTS_EVERY === 0) await this.#loader.reports();
    const starts = this.#starts;
    if (starts === this.#startsLoaded) return;
    this.#loadedFromMs = Number.POSITIVE_INFINITY;
    await Promise.all([this.#loader.history(), this.#samples()]);
    this.#startsLoaded = starts;
  }

  async #samples(): Promise<void> {
    const [present, ...others] = this.#events.neededRanges();
    if (present && present.fromMs < this.#loadedFromMs) {
      await this.#loader.samples({ fromMs: present.fromMs, toMs: Math.min(present.toMs + MARGIN_MS, this.#loadedFromMs) });
      this.#loadedFromMs = present.fromMs;
    }
    for (const range of others) if (range.fromMs < this.#loadedFromMs) await this.#loader.samples(range);
  }
}

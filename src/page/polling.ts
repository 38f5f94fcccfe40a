import { ApiError } from "./api.ts";
import type { Range } from "./columns.ts";
import type { Loader } from "./loader.ts";
import { AROUND_MS } from "./view-range.ts";
import { after, type Cancel } from "./timer.ts";

/** How often what the stream does not tell is asked for; reports of collections each third time. */
const ASK_MS = 5_000;
const REPORTS_EVERY = 3;

const UNAUTHORIZED = 401;

export interface UpkeepEvents {
  /** The ranges that samples are wanted of: of the present, and of what is shown. */
  wanted(): readonly Range[];
  /** Something was asked for and came, or did not. */
  settled(): void;
  signedOut(): void;
}

/** Keeps the model complete beside the stream: what has been, what the stream does not tell, and every sample in sight. */
export class Upkeep {
  readonly #loader: Loader;
  readonly #events: UpkeepEvents;
  /** From here on every sample is here. */
  #loadedFromMs = Number.POSITIVE_INFINITY;
  /** Fresh starts of the stream: after each the past has to be asked for. */
  #starts = 0;
  #startsCovered = 0;
  #asked = 0;
  #next: Cancel = () => {};

  constructor(loader: Loader, events: UpkeepEvents) {
    this.#loader = loader;
    this.#events = events;
  }

  /** The stream has started anew: what was before has to be asked for. */
  begin(): void {
    this.#starts += 1;
    this.soon(0);
  }

  /** Asks in so many milliseconds, and from then on from time to time. */
  soon(ms: number): void {
    this.#next();
    this.#next = after(ms, () => this.#ask());
  }

  stop(): void {
    this.#next();
  }

  /** Sees to it that every wanted sample is here. Never rejects: what did not come is asked for again with the next choice or start. */
  async see(): Promise<void> {
    await this.#samples().catch(() => undefined);
    this.#events.settled();
  }

  #ask(): void {
    this.soon(ASK_MS);
    if (this.#starts === 0) return;
    void this.#load()
      .catch((error: unknown) => {
        // Anything else is told by the stream, or asked for again.
        if (error instanceof ApiError && error.status === UNAUTHORIZED) this.#events.signedOut();
      })
      .finally(() => this.#events.settled());
  }

  async #load(): Promise<void> {
    this.#asked += 1;
    await this.#loader.present();
    if (this.#asked % REPORTS_EVERY === 0) await this.#loader.reports();
    const starts = this.#starts;
    if (starts === this.#startsCovered) return;
    this.#loadedFromMs = Number.POSITIVE_INFINITY;
    await Promise.all([this.#loader.past(), this.#samples()]);
    this.#startsCovered = starts;
  }

  async #samples(): Promise<void> {
    const [present, ...others] = this.#events.wanted();
    if (present && present.fromMs < this.#loadedFromMs) {
      await this.#loader.samples({ fromMs: present.fromMs, toMs: present.toMs + AROUND_MS });
      this.#loadedFromMs = present.fromMs;
    }
    for (const range of others) if (range.fromMs < this.#loadedFromMs) await this.#loader.samples(range);
  }
}

import type { Clock } from "../clock.ts";

/** Only what a source starts by itself: sockets may be the far ends of its own, in a test that serves what it reads. */
const WATCHED: Readonly<Record<string, string>> = {
  Timeout: "a timer",
  FSEventWrap: "a watched file",
  StatWatcher: "a watched file",
  ProcessWrap: "a child process",
};

const LOOK_AGAIN_MS = 10;

/** What keeps the process alive now and did not when this was made. By count: something of another's that ends meanwhile can hide one. */
export class LeftOver {
  readonly #clock: Clock;
  readonly #before = count();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks until nothing is left over, for so long at most: what ends needs a moment to be gone. */
  async problems(patienceMs: number): Promise<readonly string[]> {
    const endMs = this.#clock.monotonicMs() + patienceMs;
    let left = this.#look();
    while (left.length > 0 && this.#clock.monotonicMs() < endMs) {
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + LOOK_AGAIN_MS, new AbortController().signal);
      left = this.#look();
    }
    return left.map((what) => `close: leaves ${what} behind, which keeps the process alive`);
  }

  #look(): readonly string[] {
    return [...count()].filter(([what, now]) => now > (this.#before.get(what) ?? 0)).map(([what]) => what);
  }
}

function count(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const resource of process.getActiveResourcesInfo()) {
    const what = WATCHED[resource];
    if (what !== undefined) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}

import type { Draft } from "./engine.ts";

const DEFAULT_MAX_KEYS = 10_000;

/** Numbers of the newest entries by key, so that a batch that is appended again has the numbers that it had. */
export class RecentKeys {
  readonly #numbers = new Map<string, number>();
  readonly #maxKeys: number;

  /** @param maxKeys Default: 10 000, more than waits for a store that is reconnecting */
  constructor(maxKeys = DEFAULT_MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  numberOf({ key }: Pick<Draft, "key">): number | undefined {
    return key === "" ? undefined : this.#numbers.get(key);
  }

  add({ key }: Pick<Draft, "key">, seq: number): void {
    if (key === "" || this.#maxKeys === 0) return;
    this.#numbers.set(key, seq);
    if (this.#numbers.size <= this.#maxKeys) return;
    const [oldest] = this.#numbers.keys();
    this.#numbers.delete(oldest as string);
  }
}

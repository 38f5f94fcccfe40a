import { VitalsError } from "../base/errors.ts";
import type { Fence } from "./engine.ts";

/** Rejects writers whose ownership has passed to another. */
export class FenceGuard {
  #token = 0;

  /** @throws VitalsError `journal_fenced` */
  check(fence: Fence | undefined): void {
    if (!fence) return;
    if (fence.token < this.#token) {
      throw new VitalsError("journal_fenced", `writer ${fence.token} no longer owns the journal: writer ${this.#token} does`);
    }
    this.#token = fence.token;
  }
}

/** @throws VitalsError `aborted` */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new VitalsError("aborted", "the read of the journal was aborted", { cause: signal.reason });
}

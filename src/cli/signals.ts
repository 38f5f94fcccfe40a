import { isatty } from "node:tty";
import type { Logger } from "../base/logger.ts";
import { exit } from "./exit.ts";

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Whether a terminal is attached. Its end comes as SIGHUP; a daemon, which has none, gets the signal from a person or a supervisor. */
export const hasTerminal = (): boolean => [0, 1, 2].some((descriptor) => isatty(descriptor));

/** The signals of `run`, from its creation on. */
export class Signals {
  /** Resolves at the first signal that ends the command. A second SIGINT or SIGTERM exits at once, with the code a shell gives a signalled process. */
  readonly stopped: Promise<void>;
  #reload: (() => void) | undefined;
  #isReloadDue = false;

  /** @param isOnTerminal whether SIGHUP ends the command, as the others do; otherwise it asks for a reload */
  constructor(logger: Logger, isOnTerminal: boolean = hasTerminal()) {
    this.stopped = new Promise((resolve) => {
      let isStopping = false;
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.on(signal, () => {
          // A terminal that closes can send SIGHUP twice, directly and through its shell; the second one asks for no hurry.
          if (isStopping && signal === "SIGHUP") return;
          if (signal === "SIGHUP" && !isOnTerminal) return this.#hangUp();
          if (isStopping) exit(128 + NUMBERS[signal]);
          isStopping = true;
          logger.info("stopping", { signal });
          resolve();
        });
      }
    });
  }

  /** Calls `reload` at each SIGHUP that asks for it; at once for one that came before. */
  onReload(reload: () => void): void {
    this.#reload = reload;
    if (this.#isReloadDue) reload();
  }

  #hangUp(): void {
    if (this.#reload) this.#reload();
    else this.#isReloadDue = true;
  }
}

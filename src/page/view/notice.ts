import { byId, say, set } from "../dom.ts";
import type { Connection } from "../stream.ts";

/** Says what is wrong with the connection, and that it was restarted; nothing while all is well. */
export class Notice {
  readonly #element = byId("notice");
  readonly #text = byId("notice-text");
  readonly #retry = byId("retry");

  constructor(retry: () => void) {
    this.#retry.addEventListener("click", retry);
  }

  /** @param restartedAt when a restart of the collector was noticed, in words */
  update(connection: Connection, monotonicMs: number, restartedAt: string | undefined): void {
    const words =
      wordsOf(connection, monotonicMs) ??
      (restartedAt === undefined ? "" : `The collector was restarted; it is back since ${restartedAt}.`);
    say(this.#text, words);
    set(this.#element, "hidden", words === "");
    set(this.#element, "data-kind", connection.kind);
    set(this.#retry, "hidden", connection.kind !== "waiting");
  }
}

function wordsOf(connection: Connection, monotonicMs: number): string | undefined {
  if (connection.kind === "signed-out") return "Sign in to see anything.";
  if (connection.kind !== "waiting") return undefined;
  const seconds = Math.max(0, Math.ceil((connection.untilMs - monotonicMs) / 1_000));
  return `${connection.why}. Trying again ${seconds === 0 ? "now" : `in ${seconds} s`}.`;
}

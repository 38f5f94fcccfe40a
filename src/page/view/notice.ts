import { duration } from "../../base/quantity.ts";
import { byId, setAttribute, setText } from "../dom.ts";
import type { Connection } from "../../client/event-stream.ts";

/** Shows a problem of the connection, or that the collector restarted; hidden otherwise. */
export class Notice {
  readonly #element = byId("notice");
  readonly #text = byId("notice-text");
  readonly #retry = byId("retry");

  constructor(retry: () => void) {
    this.#retry.addEventListener("click", retry);
  }

  /** @param restartedAt when the page noticed a restart of the collector, as a clock time; undefined without one */
  update(connection: Connection, monotonicMs: number, restartedAt: string | undefined): void {
    const text = problemText(connection, monotonicMs) ?? (restartedAt === undefined ? "" : `The collector restarted at ${restartedAt}.`);
    setText(this.#text, text);
    setAttribute(this.#element, "hidden", text === "");
    setAttribute(this.#element, "data-kind", connection.kind);
    setAttribute(this.#retry, "hidden", connection.kind !== "waiting" && connection.kind !== "stopped");
  }
}

function problemText(connection: Connection, monotonicMs: number): string | undefined {
  if (connection.kind === "signed-out") return "Sign in to view this collector.";
  if (connection.kind === "stopped") return `${connection.why}.`;
  if (connection.kind !== "waiting") return undefined;
  const seconds = Math.max(0, Math.ceil((connection.untilMs - monotonicMs) / 1_000));
  return `${connection.why}. Retrying ${seconds === 0 ? "now" : `in ${duration(seconds * 1_000)}`}.`;
}

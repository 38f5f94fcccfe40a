import type { Counter, Meter } from "@opentelemetry/api";
import type { Done } from "./task.ts";

/** What a store costs its server, as metrics: queries, their seconds and their rows, by measure. */
export class Costs {
  readonly #attributes: Readonly<Record<string, string>>;
  readonly #queries: Counter | undefined;
  readonly #seconds: Counter | undefined;
  readonly #rows: Counter | undefined;

  /** @param meter nothing is recorded without one */
  constructor(meter: Meter | undefined, attributes: Readonly<Record<string, string>>) {
    this.#attributes = attributes;
    this.#queries = meter?.createCounter("vitals.store.queries", {
      unit: "{query}",
      description: "Queries to an observed store, by measure and outcome.",
    });
    this.#seconds = meter?.createCounter("vitals.store.query.time", {
      unit: "s",
      description: "Time spent waiting for queries to an observed store, by measure.",
    });
    this.#rows = meter?.createCounter("vitals.store.rows", { unit: "{row}", description: "Rows read from an observed store, by measure." });
  }

  record(measure: string, { seconds, rows, error, absent }: Omit<Done, "task">): void {
    const attributes = { ...this.#attributes, "vitals.store.measure": measure };
    const outcome = error === undefined ? (absent === undefined ? "success" : "not_measurable") : "failed";
    this.#queries?.add(1, { ...attributes, "vitals.outcome": outcome });
    this.#seconds?.add(seconds, attributes);
    if (rows) this.#rows?.add(rows.rows.length, attributes);
  }
}

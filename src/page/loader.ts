import {
  ask,
  type Aggregate,
  type Alert,
  type CollectionReport,
  type HealthReport,
  type HistoryAnswer,
  type SampleRows,
  type Stats,
} from "./api.ts";
import type { Range } from "./columns.ts";
import type { Model } from "./model.ts";

const MOST_ROWS = 100_000;

const pathOf = (collection: string, what: string): string => `api/v1/collections/${encodeURIComponent(collection)}/${what}`;

/** The samples of a collection in a range, as the collector has them. */
export function askSamples(collection: string, { fromMs, toMs }: Range): Promise<SampleRows> {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  return ask(pathOf(collection, `samples?last=${MOST_ROWS}&from=${from}&to=${to}`));
}

/** Asks the API for what the stream does not tell, and puts it into the model. Every method throws what `ask` throws. */
export class Loader {
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  /** Samples of every collection in a range. */
  async samples(range: Range): Promise<void> {
    await this.#each(async (name) => this.#model.rows(name, await askSamples(name, range)));
  }

  /** What has happened, and every window of every collection: after a fresh start of the stream. */
  async past(): Promise<void> {
    await Promise.all([
      ask<HistoryAnswer>("api/v1/health/history").then((history) => this.#model.takeHistory(history)),
      ask<{ alerts: readonly Alert[] }>("api/v1/alerts?state=all").then(({ alerts }) => this.#model.takeAlerts(alerts)),
      this.#each(async (collection) => {
        const { windows } = await ask<{ windows: readonly Aggregate[] }>(pathOf(collection, "aggregates"));
        for (const aggregate of windows) this.#model.aggregate({ collection, ...aggregate });
      }),
    ]);
  }

  /** What changes all the time. */
  async present(): Promise<void> {
    const [health, stats] = await Promise.all([ask<HealthReport>("api/v1/health"), ask<Stats>("api/v1/stats")]);
    this.#model.takeHealth(health);
    this.#model.takeStats(stats);
  }

  /** What changes seldom. */
  async reports(): Promise<void> {
    const { collections } = await ask<{ collections: readonly CollectionReport[] }>("api/v1/collections");
    this.#model.takeReports(collections);
  }

  async #each(act: (collection: string) => Promise<void>): Promise<void> {
    await Promise.all([...this.#model.collections.keys()].map(act));
  }
}

import type { Aggregate, Alert, CollectionReport, HealthReport, HistoryAnswer, Request, SampleRows, Stats } from "./api.ts";
import type { Range } from "./columns.ts";
import type { Model } from "./model.ts";
import { MAX_ROWS } from "./series.ts";

const pathOf = (collection: string, what: string): string => `api/v1/collections/${encodeURIComponent(collection)}/${what}`;

/** The samples of a collection in a range, as the API returns them: as many as there can be, but at most what a series keeps. */
export function fetchSamples(
  request: Request,
  { name, intervalMs }: Pick<CollectionReport, "name" | "intervalMs">,
  { fromMs, toMs }: Range,
): Promise<SampleRows> {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  const last = Math.min(MAX_ROWS, Math.max(1, Math.ceil((toMs - fromMs) / intervalMs) + 1));
  return request(pathOf(name, `samples?last=${last}&from=${from}&to=${to}`));
}

/** Requests from the API what the stream does not carry, and adds it to the model. Every method throws what `request` throws. */
export class Loader {
  readonly #model: Model;
  readonly #request: Request;

  constructor(model: Model, request: Request) {
    this.#model = model;
    this.#request = request;
  }

  /** Samples of every collection in a range. */
  async samples(range: Range): Promise<void> {
    await this.#each(async ({ name, intervalMs }) =>
      this.#model.rows(name, await fetchSamples(this.#request, { name, intervalMs }, range)),
    );
  }

  /** Transitions, alerts, and every window of every collection. */
  async history(): Promise<void> {
    await Promise.all([
      this.#request<HistoryAnswer>("api/v1/health/history").then((history) => this.#model.addHistory(history)),
      this.#request<{ alerts: readonly Alert[] }>("api/v1/alerts?state=all").then(({ alerts }) => this.#model.addAlerts(alerts)),
      this.#each(async ({ name: collection }) => {
        const { windows } = await this.#request<{ windows: readonly Aggregate[] }>(pathOf(collection, "aggregates"));
        for (const aggregate of windows) this.#model.aggregate({ collection, ...aggregate });
      }),
    ]);
  }

  /** Health and the statistics of the collector. */
  async current(): Promise<void> {
    const [health, stats] = await Promise.all([this.#request<HealthReport>("api/v1/health"), this.#request<Stats>("api/v1/stats")]);
    this.#model.setHealth(health);
    this.#model.setStats(stats);
  }

  /** The reports of the collections, which change rarely. */
  async reports(): Promise<void> {
    const { collections } = await this.#request<{ collections: readonly CollectionReport[] }>("api/v1/collections");
    this.#model.setReports(collections);
  }

  async #each(load: (report: CollectionReport) => Promise<void>): Promise<void> {
    await Promise.all([...this.#model.collections.values()].map(({ report }) => load(report)));
  }
}

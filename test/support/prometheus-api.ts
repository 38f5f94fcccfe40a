/** A series of a response: its labels, and its points as `[seconds, number as text]`. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: unknown;
}

/** Queries a running Prometheus. @throws with its message if it rejects a query */
export class PrometheusApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async range(
    query: string,
    { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
  ): Promise<readonly Series[]> {
    const data = await this.#ask("query_range", { query, start: String(start), end: String(end), step: String(step) });
    return (data as { readonly result: readonly Series[] }).result;
  }

  /** Values by series at a time, by default now. */
  async instant(query: string, time?: number): Promise<readonly { readonly metric: Series["metric"]; readonly value: number }[]> {
    const data = await this.#ask("query", { query, ...(time === undefined ? {} : { time: String(time) }) });
    const { result } = data as {
      readonly result: readonly { readonly metric: Series["metric"]; readonly value: readonly [number, string] }[];
    };
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** The result of Grafana's `label_values(selector, label)`. */
  async labelValues(selector: string, label: string): Promise<readonly string[]> {
    return (await this.#ask(`label/${label}/values`, { "match[]": selector })) as readonly string[];
  }

  async rules(): Promise<
    readonly { readonly name: string; readonly health: string; readonly lastError?: string; readonly state?: string }[]
  > {
    const data = await this.#ask("rules", {});
    return (data as { readonly groups: readonly { readonly rules: Awaited<ReturnType<PrometheusApi["rules"]>> }[] }).groups.flatMap(
      ({ rules }) => rules,
    );
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as Answer;
    if (answer.status !== "success") throw new Error(`Prometheus refuses ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }
}

/** Matchers of a selector, such as `job="a"`. */
export type Matchers = readonly string[];

/** A PromQL string literal. */
export const quoted = (text: string): string => JSON.stringify(text);

/** A selector of a metric's series, by all matchers. */
export const select = (family: string, ...matchers: readonly Matchers[]): string => {
  const all = matchers.flat();
  return all.length === 0 ? family : `${family}{${all.join(", ")}}`;
};

/** An aggregation by labels; over all series if there are none. */
export const aggregate = (how: "sum" | "avg" | "max", labels: readonly string[], expression: string): string =>
  labels.length === 0 ? `${how}(${expression})` : `${how} by (${labels.join(", ")}) (${expression})`;

/** A sum by labels. */
export const sumBy = (labels: readonly string[], expression: string): string => aggregate("sum", labels, expression);

/** The quantile `q` (0 to 1) by labels. @param rates the rates of a classic histogram's buckets */
export const quantile = (q: number, labels: readonly string[], rates: string): string =>
  `histogram_quantile(${q}, ${sumBy(["le", ...labels], rates)})`;

/** The rank of the state whose series is 1. The state at rank 0 is left out, because it would add 0. */
export function rankOf(labels: readonly string[], ranks: readonly string[], stateIs: (state: string) => string): string {
  const terms = ranks.map((state, rank) => (rank === 0 ? "" : `${rank} * ${stateIs(state)}`)).slice(1);
  return sumBy(labels, terms.join(" or "));
}

/**
 * The `q`-quantile of sorted numbers, interpolated linearly between the two nearest ranks
 * (definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996). NaN for an empty array.
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** The number that sorting would put at `rank`, counted from 0: Hoare's FIND (1961). Reorders `values`. */
export function orderStatistic(values: Float64Array, rank: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[rank] as number;
    let [i, j] = [low, high];
    while (i <= j) {
      while ((values[i] as number) < pivot) i += 1;
      while ((values[j] as number) > pivot) j -= 1;
      if (i > j) break;
      const moved = values[i] as number;
      values[i] = values[j] as number;
      values[j] = moved;
      i += 1;
      j -= 1;
    }
    if (j < rank) low = i;
    if (i > rank) high = j;
  }
  return values[rank] as number;
}

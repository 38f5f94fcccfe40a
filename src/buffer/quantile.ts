/**
 * The `q`-quantile of sorted numbers, interpolated linearly between the two nearest ranks
 * (definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996). NaN of none.
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/**
 * Ends of an axis for values within `[min, max]`: at zero where the values are near it, round, and with room above, so that they change
 * seldom while the values do.
 *
 * @param most the largest value there can be, which the axis does not exceed
 */
export function rangeOf(min: number, max: number, most = Number.POSITIVE_INFINITY): readonly [low: number, high: number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const fromZero = min >= 0 && (min <= 0.5 * max || max === min);
  const spread = (fromZero ? max : max - min) || Math.abs(max) || 1;
  const step = stepOf(spread / 4);
  const low = fromZero ? 0 : Math.floor((min - spread * 0.05) / step) * step;
  const high = Math.ceil((max + spread * 0.08) / step) * step;
  return [low >= 0 || min < 0 ? low : 0, Math.min(high, Math.max(max, most))];
}

/** The next of 1, 2, 5, 10, 20, 50 ... that is not below. */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least) ?? 10) * power;
}

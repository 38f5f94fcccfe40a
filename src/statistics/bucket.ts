/** Buckets per power of two. */
export const BUCKETS_PER_OCTAVE = 64;

/** Octave of zero: 2046 octaves of normal numbers of either sign lie below and above it. */
const ZERO_OCTAVE = 2047;
const EXPONENT_BIAS = 1023;

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
/** Index of the word with sign and exponent, which depends on the machine's byte order. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * Index of the bucket of a finite number; a greater number never has a lower index.
 *
 * A bucket is a sixty-fourth of a power of two: sign, exponent and the first six bits of the mantissa, read from the number's own bits
 * without a logarithm or rounding. Its middle is within 0.8 % (1/128) of every number in it. Zero and subnormal numbers (closer to zero
 * than 2.3e-308) share a bucket.
 */
export function bucketOf(value: number): number {
  scratch[0] = value;
  const high = words[HIGH] as number;
  const exponent = (high >>> 20) & 0x7ff;
  if (exponent === 0) return ZERO_OCTAVE * BUCKETS_PER_OCTAVE;
  const step = (high >>> 14) & 63;
  return high >>> 31 === 1
    ? (ZERO_OCTAVE - exponent) * BUCKETS_PER_OCTAVE + 63 - step
    : (ZERO_OCTAVE + exponent) * BUCKETS_PER_OCTAVE + step;
}

/** The middle of a bucket. */
export function middleOf(bucket: number): number {
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE) - ZERO_OCTAVE;
  if (octave === 0) return 0;
  const step = bucket % BUCKETS_PER_OCTAVE;
  const size = (1 + ((octave < 0 ? 63 - step : step) + 0.5) / BUCKETS_PER_OCTAVE) * 2 ** (Math.abs(octave) - EXPONENT_BIAS);
  return octave < 0 ? -size : size;
}

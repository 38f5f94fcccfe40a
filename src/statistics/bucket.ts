/** Buckets that each power of two is cut into. */
export const BUCKETS_PER_OCTAVE = 64;

/** Octaves there are: 2046 of normal numbers of either sign, and one for zero. */
const ZERO_OCTAVE = 2047;
const EXPONENT_BIAS = 1023;

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
/** Which of the two words holds sign and exponent depends on the machine. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * Number of the bucket that a finite number falls into; a greater number never falls into a lower bucket.
 *
 * A bucket is a sixty-fourth of a power of two: sign, exponent and the first six bits of the mantissa, read from the number's own
 * bits, so there is no logarithm to take and nothing to round. Its middle is within 0.8 % (1/128) of everything in it. Zero, and
 * what is nearer to zero than 2.3e-308, share a bucket.
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
